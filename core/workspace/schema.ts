import * as z from 'zod';

export const Role = z.enum(['owner', 'admin', 'editor', 'viewer']).meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

export const CreateWorkspace = z
  .strictObject({ name: z.string().trim().min(1).max(200) })
  .meta({ id: 'CreateWorkspace' });
export type CreateWorkspace = z.infer<typeof CreateWorkspace>;

export const Workspace = z
  .object({ id: z.uuid(), name: z.string(), role: Role, created_at: z.string() })
  .meta({ id: 'Workspace' });
export type Workspace = z.infer<typeof Workspace>;

export const AddMember = z.strictObject({ user_id: z.uuid(), role: Role }).meta({ id: 'AddMember' });
export type AddMember = z.infer<typeof AddMember>;

export const ChangeMember = z.strictObject({ role: Role }).meta({ id: 'ChangeMember' });
export type ChangeMember = z.infer<typeof ChangeMember>;

export const Member = z
  .object({ user_id: z.uuid(), role: Role, created_at: z.string() })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

export const Me = z
  .object({
    id: z.uuid(),
    email: z.string().nullable(),
    is_saas_admin: z.boolean(),
    workspaces: z.array(Workspace),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;
