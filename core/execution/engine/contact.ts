import type { ContactMapping } from '../../connector/schema.ts';
import type { Evaluator } from '../../expression/index.ts';
import type { JsonObject } from '../../json/json.ts';
import type { Redactor } from '../../redaction/index.ts';
import type { RunContext } from './context.ts';
import { MAX_CONTACT_CHARS } from './limits.ts';
import { isAtMost } from './recordable.ts';
import { StepRenderError } from './step-failure.ts';

/**
 * The contact that an execution learnt of, without secrets: its fields, and those of them by which it is found. A match
 * value that is empty, or that is hidden because it equals a secret, would find, and overwrite, a stranger.
 */
export async function mapContact(
  mapping: ContactMapping,
  evaluator: Evaluator,
  context: RunContext,
  redactor: Redactor,
): Promise<{ match: JsonObject; fields: JsonObject }> {
  const found = (await evaluator.value(mapping.fields)({ ...context })) as JsonObject;
  if (!isAtMost(found, MAX_CONTACT_CHARS)) {
    const message = `contact_mapping: the fields are larger than ${MAX_CONTACT_CHARS} characters.`;
    throw new StepRenderError('template', 'template_limit', message);
  }
  const fields = redactor.byValue(found);
  const match: JsonObject = {};
  for (const name of mapping.match) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (value === undefined || value === null || typeof value === 'object' || String(value).trim() === '') {
      throw noMatch(`"${name}" is empty`);
    }
    if (value !== found[name]) throw noMatch(`"${name}" holds a credential's value`);
    match[name] = value;
  }
  return { match, fields };
}

function noMatch(why: string): StepRenderError {
  const message = `contact_mapping: ${why}, so no contact can be matched by it.`;
  return new StepRenderError('template', 'template_value', message);
}
