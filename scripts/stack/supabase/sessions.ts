import * as z from 'zod';
import { authError } from './answers.ts';
import type { Database } from './database.ts';
import type { Tokens } from './tokens.ts';
import { ACCESS_TOKEN_SECONDS } from './tokens.ts';
import { endSession, getUser, sessionFacts } from './users.ts';

const InnerSession = z.looseObject({ access_token: z.string() });
const InnerClaims = z.object({ sub: z.uuid(), session_id: z.uuid() });

/**
 * Replaces the access token in an answer of lite's by one that the world can verify, with the claims hosted Supabase
 * sends. Answers without a session (errors, a user who must confirm first) pass unchanged.
 */
export async function exchangeSession(db: Database, tokens: Tokens, answer: Response): Promise<Response> {
  if (!answer.ok) return answer;
  const session = InnerSession.safeParse(await answer.clone().json());
  if (!session.success) return answer;

  const { sub, session_id } = InnerClaims.parse(await tokens.unseal(session.data.access_token));
  const [user, facts] = await Promise.all([getUser(db, sub), sessionFacts(db, session_id)]);
  if (!user || !facts) return authError(400, 'invalid_credentials', 'Invalid login credentials');
  if (facts.banned) {
    await endSession(db, session_id);
    return authError(400, 'user_banned', 'User is banned');
  }
  const { email, phone, app_metadata, user_metadata, is_anonymous } = user;
  const { token, expiresAt } = await tokens.issue(
    { sub, email, phone, app_metadata, user_metadata, session_id, is_anonymous },
    facts.signedInAt,
  );
  return Response.json(
    { ...session.data, access_token: token, expires_in: ACCESS_TOKEN_SECONDS, expires_at: expiresAt, user },
    { status: answer.status },
  );
}
