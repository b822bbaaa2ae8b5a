import * as z from 'zod';
import { RateLimit } from '../connector/schema.ts';
import type { Sealer } from '../crypto/seal.ts';
import type { Db } from '../db/db.ts';
import type { Egress } from '../egress/port.ts';
import { type BuiltRequest, buildRequest } from '../execution/engine/build-request.ts';
import { requestContext } from '../execution/engine/context.ts';
import { credentialUse } from '../execution/engine/credential-use.ts';
import {
  CredentialUnreadable,
  type OpenCredentials,
  openCredentials,
  secretsOf,
} from '../execution/engine/credentials.ts';
import { recordable } from '../execution/engine/recordable.ts';
import {
  egressFailureOf,
  type StepFailure,
  StepRenderError,
  statusFailure,
} from '../execution/engine/step-failure.ts';
import { createEvaluator } from '../expression/index.ts';
import type { Clock, RandomBytes } from '../ids.ts';
import { createRedactor } from '../redaction/index.ts';
import { CredentialTest, CredentialType, Placement } from './schema.ts';
import { testStep } from './test-request.ts';
import type { CredentialTestPayload } from './test-schema.ts';

/** For the whole call; below the 10 s that the API waits for it. */
const CALL_TIMEOUT_MS = 8_000;

/** As `open_credential` answers; null when it was deleted in between. */
const Sealed = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    service_name: z.string(),
    type: CredentialType,
    placement: Placement.nullable(),
    allowed_hosts: z.array(z.string()),
    base_url: z.string().nullable(),
    rate_limit: RateLimit.nullable(),
    ciphertext: z.string(),
  })
  .nullable();

export interface CredentialTestDeps {
  readonly db: Db;
  readonly sealer: Sealer;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/**
 * Sends the call of a test through the same door, and bound to the same hosts, as a step's, and records how it went.
 * Of the answer, its status alone is kept.
 */
export async function runCredentialTest(
  deps: CredentialTestDeps,
  payload: CredentialTestPayload,
  signal: AbortSignal,
): Promise<CredentialTest | null> {
  const { testId, workspaceId, credentialId, request } = payload;
  const row = { p_workspace_id: workspaceId, p_id: credentialId };
  const sealed = Sealed.parse(await deps.db.call('open_credential', row));
  if (sealed === null) return null;
  const startedAt = deps.clock.now();
  const outcome = await attempt(deps, sealed, request, signal);
  const endedAt = deps.clock.now();
  const test = CredentialTest.parse({
    id: testId,
    at: new Date(endedAt).toISOString(),
    ok: outcome.error === null,
    ...outcome,
    duration_ms: endedAt - startedAt,
  });
  await deps.db.call('record_credential_test', { ...row, p_test: test });
  return test;
}

type Outcome = Pick<CredentialTest, 'status' | 'error'>;

async function attempt(
  deps: CredentialTestDeps,
  sealed: NonNullable<z.infer<typeof Sealed>>,
  request: CredentialTestPayload['request'],
  signal: AbortSignal,
): Promise<Outcome> {
  let credentials: OpenCredentials;
  try {
    const { workspace_id, ...credential } = sealed;
    credentials = await openCredentials({ workspace_id, credentials: [credential] }, deps.sealer);
  } catch (error) {
    if (!(error instanceof CredentialUnreadable)) throw error;
    return { status: null, error: UNREADABLE };
  }
  const redactor = createRedactor(secretsOf(credentials));
  const failed = (
    { class: errorClass, code, message }: StepFailure,
    status: number | null = null,
  ): Outcome => ({
    status,
    error: recordable(redactor.byValue({ class: errorClass, code, message })),
  });
  let built: BuiltRequest;
  try {
    built = await build(deps, sealed, request, credentials);
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failed(error.failure);
  }
  const sent = await deps.egress.send({ ...built.egress, timeoutMs: CALL_TIMEOUT_MS, signal });
  if (!sent.ok) return failed(egressFailureOf(sent.failure));
  const { status } = sent.response;
  const refused = statusFailure(status, undefined);
  return refused === undefined ? { status, error: null } : failed(refused, status);
}

function build(
  deps: CredentialTestDeps,
  sealed: NonNullable<z.infer<typeof Sealed>>,
  request: CredentialTestPayload['request'],
  credentials: OpenCredentials,
): Promise<BuiltRequest> {
  const step = testStep(sealed, request);
  const use = credentialUse(step.request);
  const context = requestContext({ input: {}, execution: {}, steps: {} }, use, credentials);
  return buildRequest({
    step,
    use,
    evaluator: createEvaluator(),
    context,
    credentials,
    randomBytes: deps.randomBytes,
    idempotencyKey: '',
  });
}

const UNREADABLE = {
  class: 'internal',
  code: 'credential_unreadable',
  message: 'The credential cannot be decrypted: store it again.',
};
