import * as z from 'zod';
import { checkDefinition } from '../connector/check/index.ts';
import { ConnectorDefinition, StoredDefinition } from '../connector/schema.ts';
import { StoredConnector } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { fieldErrorsOf } from '../problem/field-errors.ts';
import type { Role } from '../workspace/schema.ts';
import { mergeDefinitions } from './merge.ts';
import { programOf } from './program.ts';
import { CredentialNeed, type MergeConflict, TemplateSummary } from './schema.ts';

const Program = StoredDefinition.transform(
  ({ format: _format, ...definition }): ConnectorDefinition => definition,
);

const UpdateSource = z.object({
  connector: StoredConnector,
  template: TemplateSummary,
  installed: z.object({ version: z.int(), definition: Program }),
  latest: z.object({
    version: z.int(),
    definition: Program,
    changes: z.string(),
    credentials: z.array(CredentialNeed),
  }),
});
export type UpdateSource = z.output<typeof UpdateSource> & { readonly mine: ConnectorDefinition };

/** The connector, its template as it was installed and as it is now. */
export async function readUpdate(
  ctx: CallContext,
  connectorId: string,
  atLeast: Role,
): Promise<UpdateSource> {
  const source = UpdateSource.parse(
    await ctx.db.call('get_template_update', {
      p_workspace_id: ctx.workspaceId,
      p_connector_id: connectorId,
      p_at_least: atLeast,
    }),
  );
  return { ...source, mine: programOf(source.connector) };
}

export type Upgrade =
  | { readonly ok: true; readonly definition: ConnectorDefinition; readonly credentialServices: string[] }
  | { readonly ok: false; readonly conflicts: MergeConflict[] };

/** The workspace's definition with the template's changes in it, sound as a whole; or why there is none. */
export function planUpgrade(
  { mine, installed, latest }: Pick<UpdateSource, 'mine' | 'installed' | 'latest'>,
  ctx: Pick<CallContext, 'urlPolicy'>,
  resolve?: 'mine' | 'template',
): Upgrade {
  const input = { base: installed.definition, mine, template: latest.definition };
  const { merged, conflicts } = mergeDefinitions({ ...input, resolve });
  if (conflicts.length > 0) return { ok: false, conflicts };
  const parsed = ConnectorDefinition.safeParse(merged);
  if (!parsed.success) return { ok: false, conflicts: flawsOf(fieldErrorsOf(parsed.error.issues)) };
  // Each side alone is sound; together they may not be: one reads a step that the other removed.
  const { errors, credentialServices } = checkDefinition(parsed.data, ctx.urlPolicy);
  if (errors.length > 0) return { ok: false, conflicts: flawsOf(errors) };
  return { ok: true, definition: parsed.data, credentialServices };
}

function flawsOf(errors: readonly { pointer: string; detail: string }[]): MergeConflict[] {
  return errors.map(({ pointer, detail }) => ({
    pointer,
    label: 'both changes together',
    detail: `with the changes of both sides, ${detail}`,
  }));
}
