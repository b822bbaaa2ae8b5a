import type { CallContext } from '../context.ts';
import { type AddSaasAdmin, SaasAdmin } from './schema.ts';

/** Makes a user a SaaS admin; one who is already stays one. */
export async function addSaasAdmin(
  { db }: Pick<CallContext, 'db'>,
  { user_id }: AddSaasAdmin,
): Promise<SaasAdmin> {
  return SaasAdmin.parse(await db.call('admin_add_admin', { p_user_id: user_id }));
}
