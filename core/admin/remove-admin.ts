import type { CallContext } from '../context.ts';

/** Fails with `last_admin` rather than leave the platform without one. */
export async function removeSaasAdmin({ db }: Pick<CallContext, 'db'>, userId: string): Promise<void> {
  await db.call('admin_remove_admin', { p_user_id: userId });
}
