import * as z from 'zod';
import { ApiKeyScope } from '../api-key/schema.ts';

export const Role = z.enum(['owner', 'admin', 'editor', 'viewer']).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

export const CreateWorkspace = z
  .strictObject({ name: z.string().trim().min(1).max(200) })
  .meta({ id: 'CreateWorkspace' });
export type CreateWorkspace = z.infer<typeof CreateWorkspace>;

/** Days for which ended executions are kept, with their steps. */
const RetentionDays = z.int().min(1).max(3650);

export const UpdateWorkspace = z
  .strictObject({
    name: CreateWorkspace.shape.name.optional(),
    /** Null: for ever. */
    retention_days: RetentionDays.nullable().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ id: 'UpdateWorkspace' });
export type UpdateWorkspace = z.infer<typeof UpdateWorkspace>;

/** `role` is the caller's; null when an API key calls, which has a scope in its place. */
export const WorkspaceSummary = z
  .object({ id: z.uuid(), name: z.string(), role: Role.nullable(), created_at: z.string() })
  .meta({ id: 'WorkspaceSummary' });
export type WorkspaceSummary = z.infer<typeof WorkspaceSummary>;

export const Workspace = WorkspaceSummary.extend({
  /** Grows with every change, as in the ETag. */
  revision: z.int(),
  /** Days for which ended executions are kept; null is for ever. */
  retention_days: RetentionDays.nullable(),
}).meta({ id: 'Workspace' });
export type Workspace = z.infer<typeof Workspace>;

export const AddMember = z.strictObject({ user_id: z.uuid(), role: Role }).meta({ id: 'AddMember' });
export type AddMember = z.infer<typeof AddMember>;

export const ChangeMember = z.strictObject({ role: Role }).meta({ id: 'ChangeMember' });
export type ChangeMember = z.infer<typeof ChangeMember>;

export const Member = z
  .object({ user_id: z.uuid(), role: Role, revision: z.int(), created_at: z.string() })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

export const Me = z
  .object({
    /** Of the user, or of the API key. */
    id: z.uuid(),
    /** Null for an API key. */
    email: z.string().nullable(),
    is_saas_admin: z.boolean(),
    /** The key that calls; null when a user does. */
    api_key: z.object({ id: z.uuid(), name: z.string(), scope: ApiKeyScope }).nullable(),
    workspaces: z.array(WorkspaceSummary),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;
