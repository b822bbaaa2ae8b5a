import type { Refusal } from './credentials.ts';

/** Bodies and statuses of what the front answers itself, in the words of the service that would have answered. */

/** PostgREST: https://docs.postgrest.org/en/stable/references/errors.html */
export function restError(status: number, code: string, message: string): Response {
  return Response.json({ code, message, details: null, hint: null }, { status });
}

/** GoTrue: https://supabase.com/docs/guides/auth/debugging/error-codes */
export function authError(status: number, code: string, message: string): Response {
  return Response.json(
    { code: status, error_code: code, msg: message },
    { status, headers: { 'X-Sb-Error-Code': code } },
  );
}

const UNAUTHORIZED = 401;

export function refuse(refusal: Refusal, service: 'rest' | 'auth'): Response {
  switch (refusal) {
    case 'no_api_key':
      return gateway('No API key found in request', 'No `apikey` request header or url param was found.');
    case 'invalid_api_key':
      return gateway('Invalid API key', 'Double check your Supabase `apikey`');
    case 'secret_key_in_browser':
      return gateway('Forbidden use of secret API key in browser', null);
    case 'expired_token':
      return service === 'rest'
        ? bearer('PGRST303', 'JWT expired')
        : authError(UNAUTHORIZED, 'bad_jwt', 'token is expired');
    case 'invalid_token':
      return service === 'rest'
        ? bearer('PGRST301', 'No suitable key or wrong key type')
        : authError(UNAUTHORIZED, 'bad_jwt', 'invalid JWT: unable to parse or verify signature');
  }
}

function gateway(message: string, hint: string | null): Response {
  return Response.json({ message, ...(hint === null ? {} : { hint }) }, { status: UNAUTHORIZED });
}

function bearer(code: string, message: string): Response {
  const response = restError(UNAUTHORIZED, code, message);
  // RFC 6750 section 3.
  response.headers.set('WWW-Authenticate', `Bearer error="invalid_token", error_description="${message}"`);
  return response;
}
