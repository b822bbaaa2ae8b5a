import * as z from 'zod';
import type { CallContext } from '../../context.ts';
import { pageArguments, pageFrom } from '../../page/page.ts';
import type { FieldError } from '../../problem/problem.ts';
import { checkDefinition, type DefinitionCheck } from '../check/index.ts';
import { getConnector } from '../get.ts';
import { ConnectorDefinition } from '../schema.ts';
import type { LintReport } from './hint.ts';
import { lintDefinition } from './lint-definition.ts';

/** As many as one page of them holds; whoever has more is not told which are missing. */
const MOST_CREDENTIALS = 100;
const Stored = z.array(z.object({ id: z.uuid(), service_name: z.string() }));

/**
 * What would keep a definition from being stored, and what could be better about it. Nothing is stored. One query asks
 * for the workspace's credentials, which also is what says whether the caller belongs to it.
 */
export async function lintNewConnector(
  ctx: CallContext,
  definition: ConnectorDefinition,
): Promise<LintReport> {
  const page = { limit: MOST_CREDENTIALS, after: null };
  const rows = Stored.parse(
    await ctx.db.call('list_credentials', { p_workspace_id: ctx.workspaceId, ...pageArguments(page) }),
  );
  const { items, next } = pageFrom(rows, page, ({ id }) => id);
  const { errors, hints, check } = lint(definition, ctx);
  const missing = next === null ? missingCredentials(check, items) : [];
  return { errors: [...errors, ...missing], hints };
}

/** The same of a connector's current version, whose credentials were stored when it was. */
export async function lintConnector(ctx: CallContext, id: string): Promise<LintReport> {
  const connector = await getConnector(ctx, id);
  // A connector is a definition with more beside it.
  const { errors, hints } = lint(ConnectorDefinition.strip().parse(connector), ctx);
  return { errors, hints };
}

function lint(
  definition: ConnectorDefinition,
  { urlPolicy }: Pick<CallContext, 'urlPolicy'>,
): LintReport & { check: DefinitionCheck } {
  const check = checkDefinition(definition, urlPolicy);
  const { errors } = check;
  return { check, errors, hints: errors.length > 0 ? [] : lintDefinition(definition) };
}

function missingCredentials(
  { credentialPointers }: DefinitionCheck,
  stored: readonly { service_name: string }[],
): FieldError[] {
  const known = new Set(stored.map(({ service_name }) => service_name));
  return [...credentialPointers].flatMap(([service, pointers]) =>
    known.has(service)
      ? []
      : pointers.map((pointer) => ({ pointer, detail: `no credential is stored for ${service}` })),
  );
}
