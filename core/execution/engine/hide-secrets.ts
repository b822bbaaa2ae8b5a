import { parseTemplate, templateReferences } from '../../expression/parse.ts';
import type { Json } from '../../json/json.ts';
import { REDACTED } from '../../redaction/index.ts';

/**
 * What a template makes of a credential may look like nothing that a redactor knows (`$uppercase(workspace.crm.key)`),
 * so that a recorded request hides by place: wherever a template reads `workspace`, nothing is shown.
 */
export function readsSecrets(template: unknown): boolean {
  if (typeof template === 'string') {
    // Most templates are told from their text alone; only an escape in a quoted name can write it in another way.
    return (
      /workspace|\\u/.test(template) && templateReferences(template).some(({ root }) => root === 'workspace')
    );
  }
  if (typeof template !== 'object' || template === null) return false;
  return Object.values(template).some(readsSecrets);
}

/** A template in which every expression that reads a credential is the text `[redacted]`. */
export function hideSecrets(template: string): string {
  if (!readsSecrets(template)) return template;
  return parseTemplate(template)
    .pieces.map((piece) => {
      if (piece.type === 'literal') return piece.text;
      const text = `{{${piece.source}}}`;
      return readsSecrets(text) ? REDACTED : text;
    })
    .join('');
}

/** Rendered JSON as it is shown: `[redacted]` for each string whose template reads a credential. */
export function hideRendered(template: Json, rendered: Json): Json {
  if (typeof template === 'string') return readsSecrets(template) ? REDACTED : rendered;
  if (typeof template !== 'object' || template === null) return rendered;
  if (typeof rendered !== 'object' || rendered === null) return rendered;
  if (Array.isArray(template)) {
    return Array.isArray(rendered)
      ? rendered.map((item, index) => hideRendered(template[index] ?? null, item))
      : rendered;
  }
  return Object.fromEntries(
    Object.entries(rendered).map(([key, item]) => [
      key,
      hideRendered((Object.hasOwn(template, key) ? template[key] : undefined) ?? null, item),
    ]),
  );
}
