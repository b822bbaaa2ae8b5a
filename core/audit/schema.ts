import * as z from 'zod';

const Row = z.record(z.string(), z.unknown());

/** One write, as the database noted it in the same transaction. Secrets, ciphertext and hashes are never in a row. */
export const AuditEntry = z
  .object({
    id: z.int(),
    actor_type: z.enum(['user', 'api_key', 'service']),
    /** The user's id or the API key's; null for the service itself. */
    actor_id: z.uuid().nullable(),
    action: z.enum(['insert', 'update', 'delete']),
    /** The table: `connectors`, `workspace_api_credentials`, `workspace_members`, `workspaces`, `api_keys`, ... */
    entity: z.string(),
    entity_id: z.string(),
    /** The row before; null for an insert. */
    before: Row.nullable(),
    /** The row after; null for a delete. */
    after: Row.nullable(),
    created_at: z.string(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
