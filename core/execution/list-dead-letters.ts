import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from '../page/page.ts';
import { DeadLetter } from './dead-letter-schema.ts';
import type { ErrorClass } from './schema.ts';
import { withRecovery } from './with-recovery.ts';

export interface DeadLetterFilter {
  readonly connectorId?: string | undefined;
  readonly errorClass?: ErrorClass | undefined;
}

/** Newest first. Tests, and executions that are part of another, are never on the list. */
export async function listDeadLetters(
  ctx: CallContext,
  page: PageRequest,
  filter: DeadLetterFilter,
): Promise<Page<DeadLetter>> {
  const rows = await ctx.db.call('list_dead_letters', {
    p_workspace_id: ctx.workspaceId,
    ...pageArguments(page),
    p_connector_id: filter.connectorId ?? null,
    p_error_class: filter.errorClass ?? null,
  });
  return pageFrom(z.array(DeadLetter).parse(rows).map(withRecovery), page, ({ id }) => id);
}
