import * as z from 'zod';
import { RateLimit } from '../connector/step-schema.ts';
import { CredentialExpiry, ExpiresAt } from './expiry.ts';
import { ServiceName } from './service-name.ts';

export { ServiceName };

const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const Secret = z.string().min(1).max(16_384);
const AllowedHosts = z.array(z.string().min(1).max(253)).min(1).max(20);

/** Steps write `/v1/people` for what is below it. No secret. */
const BaseUrl = z
  .string()
  .min(1)
  .max(2000)
  .meta({ examples: ['https://api.example.com/v1'] });

/** Where an API key goes. A header name is a token (RFC 9110 section 5.6.2). */
export const Placement = z
  .strictObject({
    in: z.enum(['header', 'query']),
    name: z.string().min(1).max(100).regex(HTTP_TOKEN, 'a header or query name'),
  })
  .meta({ id: 'Placement' });
export type Placement = z.infer<typeof Placement>;

export const CredentialType = z.enum(['bearer', 'api_key', 'basic', 'custom']);
export type CredentialType = z.infer<typeof CredentialType>;

const common = {
  service_name: ServiceName,
  allowed_hosts: AllowedHosts,
  base_url: BaseUrl.nullable().optional(),
  /** Of all calls with it, besides those that steps name. */
  rate_limit: RateLimit.nullable().optional(),
  expires_at: ExpiresAt.nullable().optional(),
};

/** A credential as it is stored: its type decides how a step sends it. */
export const StoreCredential = z
  .discriminatedUnion('type', [
    z.strictObject({ ...common, type: z.literal('bearer'), fields: z.strictObject({ token: Secret }) }),
    z.strictObject({
      ...common,
      type: z.literal('api_key'),
      fields: z.strictObject({ api_key: Secret }),
      placement: Placement,
    }),
    z.strictObject({
      ...common,
      type: z.literal('basic'),
      fields: z.strictObject({ username: z.string().max(1000), password: z.string().max(16_384) }),
    }),
    z.strictObject({
      ...common,
      type: z.literal('custom'),
      fields: z
        .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), Secret)
        .refine((fields) => Object.keys(fields).length > 0, 'at least one field')
        .refine((fields) => Object.keys(fields).length <= 32, 'at most 32 fields'),
    }),
  ])
  .meta({ id: 'StoreCredential' });
export type StoreCredential = z.infer<typeof StoreCredential>;

/**
 * Each field that is given replaces the stored one as a whole; the rest stays. New secret fields are sealed for the same
 * credential, so that its id and what refers to it stay. They are checked against the type, the new one or the stored.
 * More hosts than before need the fields too: who may change a credential may not read it by sending it elsewhere.
 */
export const UpdateCredential = z
  .strictObject({
    type: CredentialType.optional(),
    fields: z.record(z.string().max(100), z.string().max(16_384)).optional(),
    placement: Placement.optional(),
    allowed_hosts: AllowedHosts.optional(),
    base_url: BaseUrl.nullable().optional(),
    rate_limit: RateLimit.nullable().optional(),
    expires_at: ExpiresAt.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'name at least one field to change')
  .refine((patch) => patch.type === undefined || patch.fields !== undefined, {
    path: ['fields'],
    message: 'is required with a type: stored secrets cannot be read into another form',
  })
  .meta({ id: 'UpdateCredential' });
export type UpdateCredential = z.infer<typeof UpdateCredential>;

/** How the newest test call went. */
export const CredentialTest = z
  .object({
    id: z.uuid(),
    at: z.string(),
    /** The service answered, and with no error. */
    ok: z.boolean(),
    /** The answer's HTTP status; null when none came. */
    status: z.int().nullable(),
    error: z.object({ class: z.string(), code: z.string(), message: z.string() }).nullable(),
    duration_ms: z.number(),
  })
  .meta({ id: 'CredentialTest' });
export type CredentialTest = z.infer<typeof CredentialTest>;

const metadata = {
  id: z.uuid(),
  service_name: ServiceName,
  type: CredentialType,
  placement: Placement.nullable(),
  allowed_hosts: z.array(z.string()),
  base_url: z.string().nullable(),
  rate_limit: RateLimit.nullable(),
  field_names: z.array(z.string()),
  revision: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
  last_used_at: z.string().nullable(),
  last_test: CredentialTest.nullable(),
};

/** What the API tells of a credential: never a value. */
export const Credential = z
  .object({ ...metadata, expiry: CredentialExpiry.nullable() })
  .meta({ id: 'Credential' });
export type Credential = z.infer<typeof Credential>;

const UsedBy = z.object({ id: z.uuid(), name: z.string() });

/** With the connectors whose current version uses it, newest first, at most 100. */
export const CredentialDetail = Credential.extend({ used_by: z.array(UsedBy) }).meta({
  id: 'CredentialDetail',
});
export type CredentialDetail = z.infer<typeof CredentialDetail>;

const check = {
  service_name: ServiceName,
  exists: z.boolean(),
  type: CredentialType.nullable(),
  updated_at: z.string().nullable(),
};
export const CredentialCheck = z
  .object({ ...check, expiry: CredentialExpiry.nullable() })
  .meta({ id: 'CredentialCheck' });
export type CredentialCheck = z.infer<typeof CredentialCheck>;

/** As the database answers, which does not know what the time means for a credential. */
const end = { expires_at: z.string().nullable() };
export const StoredCredential = z.object({ ...metadata, ...end });
export type StoredCredential = z.infer<typeof StoredCredential>;
export const StoredCredentialDetail = StoredCredential.extend({
  workspace_id: z.uuid(),
  used_by: z.array(UsedBy),
});
export type StoredCredentialDetail = z.infer<typeof StoredCredentialDetail>;
export const StoredCredentialCheck = z.object({ ...check, ...end });

/** The secret fields as they are sealed. */
export const CredentialFields = z.record(z.string(), z.string());
export type CredentialFields = z.infer<typeof CredentialFields>;
