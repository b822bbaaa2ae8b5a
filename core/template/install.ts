import * as z from 'zod';
import { StoredConnector } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { CredentialNeed, type InstallTemplate, type TemplateInstall } from './schema.ts';

const Installed = z.object({ connector: StoredConnector, credentials: z.array(CredentialNeed) });

/**
 * Makes a connector of a published template. Its credentials need not be stored yet; the answer tells which are. Without
 * them an execution fails at the step that needs one.
 */
export async function installTemplate(
  ctx: CallContext,
  id: string,
  { name, version }: InstallTemplate,
): Promise<TemplateInstall> {
  return Installed.parse(
    await ctx.db.call('install_template', {
      p_workspace_id: ctx.workspaceId,
      p_template_id: id,
      p_version: version ?? null,
      p_connector_id: ctx.newId(),
      p_name: name ?? null,
    }),
  );
}
