import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { SaasAdmin } from './schema.ts';

/** All of them, oldest first: a platform has a handful. */
export async function listSaasAdmins({ db }: Pick<CallContext, 'db'>): Promise<SaasAdmin[]> {
  return z.array(SaasAdmin).parse(await db.call('admin_list_admins', {}));
}
