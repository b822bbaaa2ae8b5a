import type { CallContext } from '../context.ts';
import { changeMark } from './change-mark.ts';
import { getTemplate } from './get.ts';
import { onRevision } from './revision.ts';
import type { Template } from './schema.ts';
import { requireSoundTemplate } from './sound.ts';

/** Shows a template to everybody, once more checked: rules may have become stricter since it was saved. */
export async function publishTemplate(
  ctx: CallContext,
  id: string,
  expected: number | null = null,
): Promise<Template> {
  const { definition, name, description, changes, revision } = await getTemplate(ctx, id);
  requireSoundTemplate(definition, ctx.urlPolicy, { name, description, changes });
  return onRevision(expected, revision, (unchanged) =>
    changeMark(ctx, id, { status: 'published' }, unchanged),
  );
}
