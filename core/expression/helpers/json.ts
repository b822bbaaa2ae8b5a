import { EvaluationError, limitReached } from '../failures.ts';
import { FORBIDDEN_NAMES, type Limits } from '../limits.ts';
import { Measure } from '../measure.ts';
import { toPlainJson } from '../plain.ts';
import { refused, textArgument } from './arguments.ts';

function refuseForbiddenKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN_NAMES.has(key))
      throw new EvaluationError('template_forbidden', `must not build the key "${key}"`);
    refuseForbiddenKeys(item);
  }
}

/** `$toJson(value)`: compact JSON, where `$string` leaves a string as it is. */
export function toJson(limits: Limits) {
  return (value: unknown): unknown => {
    if (value === undefined) return undefined;
    new Measure(limits).check(value); // afresh: what is shared is written out as often as it is shared
    return JSON.stringify(toPlainJson(value));
  };
}

/** Characters that start a value in JSON, of which a text of that many values has one each; some may stand in strings. */
function starters(json: string): number {
  let count = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === BRACKET || code === BRACE) count += 1;
  }
  return count;
}
const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

/** `$fromJson(text)`: the value that a JSON text (RFC 8259) stands for. */
export function fromJson(limits: Limits) {
  return (text: unknown): unknown => {
    if (text === undefined) return undefined;
    const json = textArgument(text, 'the JSON text');
    // Before so many objects are made that measuring them comes too late.
    if (starters(json) > 2 * limits.nodes) throw limitReached('reads too large a value');
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (thrown) {
      if (thrown instanceof RangeError) throw thrown; // a stack that the nesting has filled
      throw refused('reads a text that is not JSON');
    }
    new Measure(limits).check(value);
    refuseForbiddenKeys(value);
    return value;
  };
}
