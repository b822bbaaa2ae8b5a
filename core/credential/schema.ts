import * as z from 'zod';

export const ServiceName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, starting with a letter, at most 64')
  .meta({ id: 'ServiceName', examples: ['numverify'] });

const HTTP_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const Secret = z.string().min(1).max(16_384);
const AllowedHosts = z.array(z.string().min(1).max(253)).min(1).max(20);

/** Where an API key goes. A header name is a token (RFC 9110 section 5.6.2). */
export const Placement = z
  .strictObject({
    in: z.enum(['header', 'query']),
    name: z.string().min(1).max(100).regex(HTTP_TOKEN, 'a header or query name'),
  })
  .meta({ id: 'Placement' });
export type Placement = z.infer<typeof Placement>;

const common = { service_name: ServiceName, allowed_hosts: AllowedHosts };

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

/** What the API tells of a credential: never a value. */
export const Credential = z
  .object({
    id: z.uuid(),
    service_name: ServiceName,
    type: z.enum(['bearer', 'api_key', 'basic', 'custom']),
    placement: Placement.nullable(),
    allowed_hosts: z.array(z.string()),
    field_names: z.array(z.string()),
    created_at: z.string(),
    updated_at: z.string(),
    last_used_at: z.string().nullable(),
  })
  .meta({ id: 'Credential' });
export type Credential = z.infer<typeof Credential>;

export const CredentialCheck = z
  .object({
    service_name: ServiceName,
    exists: z.boolean(),
    type: z.enum(['bearer', 'api_key', 'basic', 'custom']).nullable(),
    updated_at: z.string().nullable(),
  })
  .meta({ id: 'CredentialCheck' });
export type CredentialCheck = z.infer<typeof CredentialCheck>;

/** The secret fields as they are sealed. */
export const CredentialFields = z.record(z.string(), z.string());
export type CredentialFields = z.infer<typeof CredentialFields>;
