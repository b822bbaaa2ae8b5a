import * as z from 'zod';

/** What a key may do, each including the ones before: read, start and cancel executions, change, administer. */
export const ApiKeyScope = z.enum(['read', 'execute', 'write', 'admin']).meta({ id: 'ApiKeyScope' });
export type ApiKeyScope = z.infer<typeof ApiKeyScope>;

export const CreateApiKey = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    scope: ApiKeyScope,
    /** RFC 3339. Without it the key works until it is revoked. */
    expires_at: z.iso.datetime({ offset: true, error: 'must be a date and time as in RFC 3339' }).optional(),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof CreateApiKey>;

export const ApiKey = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scope: ApiKeyScope,
    /** The last four characters of the secret. */
    secret_hint: z.string(),
    created_by: z.uuid().nullable(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    last_used_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

/** As it is answered once, to whoever made it: `key` is the only copy there is. */
export const CreatedApiKey = ApiKey.extend({ key: z.string() }).meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof CreatedApiKey>;
