import type { ContactMapping } from '../../connector/schema.ts';
import type { Evaluator } from '../../expression/index.ts';
import type { JsonObject } from '../../json/json.ts';
import type { RunContext } from './context.ts';
import { StepRenderError } from './step-failure.ts';

/**
 * The contact that an execution learnt of: its fields, and those of them by which it is found. A match value that is
 * empty would find, and overwrite, a stranger.
 */
export async function mapContact(
  mapping: ContactMapping,
  evaluator: Evaluator,
  context: RunContext,
): Promise<{ match: JsonObject; fields: JsonObject }> {
  const fields = (await evaluator.value(mapping.fields)({ ...context })) as JsonObject;
  const match: JsonObject = {};
  for (const name of mapping.match) {
    const value = fields[name];
    if (value === undefined || value === null || value === '' || typeof value === 'object') {
      throw new StepRenderError(
        'template',
        'template_value',
        `contact_mapping: "${name}" is empty, so no contact can be matched by it.`,
      );
    }
    match[name] = value;
  }
  return { match, fields };
}
