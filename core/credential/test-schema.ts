import * as z from 'zod';
import { StepRequest } from '../connector/schema.ts';
import { ServiceName } from './schema.ts';

export const CREDENTIAL_TEST_TASK_ID = 'credential-test';

/**
 * One call with a credential, sent as a step would send it. Header values and the URL may hold
 * `{{workspace.<service>.<field>}}`, which is the only way to try a custom credential.
 */
export const TestCredential = z
  .strictObject({
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    url: StepRequest.shape.url,
    headers: StepRequest.shape.headers,
  })
  .meta({ id: 'TestCredential' });
export type TestCredential = z.infer<typeof TestCredential>;

/** What the task is started with: templates, and no secret. */
export const CredentialTestPayload = z.object({
  testId: z.uuid(),
  workspaceId: z.uuid(),
  credentialId: z.uuid(),
  request: TestCredential,
});
export type CredentialTestPayload = z.infer<typeof CredentialTestPayload>;

/** A test that has not come to its end yet has an id and nothing else: it is found as the credential's `last_test`. */
export const CredentialTestState = z
  .object({
    id: z.uuid(),
    service_name: ServiceName,
    at: z.string().nullable(),
    ok: z.boolean().nullable(),
    status: z.int().nullable(),
    error: z.object({ class: z.string(), code: z.string(), message: z.string() }).nullable(),
    duration_ms: z.number().nullable(),
  })
  .meta({ id: 'CredentialTestState' });
export type CredentialTestState = z.infer<typeof CredentialTestState>;
