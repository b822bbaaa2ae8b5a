import type { CallContext } from '../../context.ts';
import { checkDefinition } from '../check/index.ts';
import { getConnector } from '../get.ts';
import { ConnectorDefinition } from '../schema.ts';
import type { LintReport } from './hint.ts';
import { lintDefinition } from './lint-definition.ts';

/** What is wrong with a definition, or what could be better of one that is sound. Nothing is stored. */
export function lint(definition: ConnectorDefinition, ctx: Pick<CallContext, 'urlPolicy'>): LintReport {
  const { errors } = checkDefinition(definition, ctx.urlPolicy);
  return { errors, hints: errors.length > 0 ? [] : lintDefinition(definition) };
}

/** The same of a connector's current version. A viewer may ask. */
export async function lintConnector(ctx: CallContext, id: string): Promise<LintReport> {
  const connector = await getConnector(ctx, id);
  // A connector is a definition with more beside it.
  return lint(ConnectorDefinition.strip().parse(connector), ctx);
}
