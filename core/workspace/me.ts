import type { Db } from '../db/db.ts';
import { Me } from './schema.ts';

/** The caller, as the token and the database know them, with the workspaces that they may act in. */
export async function readMe(db: Db, caller: { id: string; email: string | null }): Promise<Me> {
  const known = await db.call('me', {});
  return Me.parse({ ...Object(known), ...caller });
}
