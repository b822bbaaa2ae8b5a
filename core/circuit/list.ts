import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { Circuit, type CircuitStatus } from './schema.ts';

/** Services that failed within the last day, the newest first. Needs the role viewer. */
export async function listCircuits(
  ctx: CallContext,
  page: PageRequest,
  state?: CircuitStatus,
): Promise<Page<Circuit>> {
  const rows = await ctx.db.call('list_circuits', {
    p_workspace_id: ctx.workspaceId,
    p_state: state ?? null,
    ...pageArguments(page),
  });
  return pageFrom(z.array(Circuit).parse(rows), page, (circuit) => circuit.id);
}
