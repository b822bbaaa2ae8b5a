import type { OutputUnit } from '@cfworker/json-schema';
import { pointerTo } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';

/** Keywords whose error only says that an error below it exists. */
const WRAPPERS: ReadonlySet<string> = new Set([
  '$ref',
  'additionalProperties',
  'allOf',
  'dependentSchemas',
  'if',
  'items',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
/** Keywords that fail as a whole: what each branch found against the value would only confuse. */
const CHOICES: ReadonlySet<string> = new Set(['anyOf', 'contains', 'minContains', 'not', 'oneOf']);

/** The validator's findings as errors that point at the property itself. */
export function fieldErrors(units: readonly OutputUnit[], root: string): FieldError[] {
  const errors: FieldError[] = [];
  const branches = new Set<string>();
  for (const { keyword, keywordLocation } of units) {
    if (CHOICES.has(keyword)) branches.add(keywordLocation.replace(/\/minContains$/, '/contains'));
  }
  let hidden = false;
  for (const unit of units) {
    // A `false` schema's error says where the value is instead of where the keyword is; it follows its wrapper.
    if (unit.keyword !== 'false') hidden = isBelow(unit.keywordLocation, branches);
    if (!hidden && !WRAPPERS.has(unit.keyword)) errors.push(fieldError(unit, root));
    if (CHOICES.has(unit.keyword)) hidden = true;
  }
  return errors;
}

function isBelow(location: string, branches: ReadonlySet<string>): boolean {
  if (branches.size === 0) return false;
  for (let end = location.lastIndexOf('/'); end > 0; end = location.lastIndexOf('/', end - 1)) {
    if (branches.has(location.slice(0, end))) return true;
  }
  return false;
}

function fieldError(unit: OutputUnit, root: string): FieldError {
  const at = root + decodeURIComponent(unit.instanceLocation.slice(1));
  const inName = /\/propertyNames(?:\/|$)/.test(unit.keywordLocation) ? 'the name of this property ' : '';
  if (unit.keyword === 'required') {
    const name = between(unit.error, 'required property "');
    return { pointer: pointerTo(at, name), detail: 'is required' };
  }
  if (unit.keyword === 'dependentRequired') {
    const name = between(unit.error, '" but does not have "');
    return { pointer: pointerTo(at, name), detail: 'is required together with another property' };
  }
  return { pointer: at, detail: inName + detailOf(unit) };
}

/** The name at the end of the validator's message, between `before` and the closing `".`. */
function between(message: string, before: string): string {
  return message.slice(message.indexOf(before) + before.length, -'".'.length);
}

function detailOf({ keyword, error }: OutputUnit): string {
  switch (keyword) {
    case 'false':
      return 'is not allowed here';
    case 'type':
      return `must be of type ${error.slice(error.indexOf('Expected ') + 9, -1).replaceAll('"', '')}`;
    case 'enum':
      return `must be one of ${list(error, 'Instance does not match any of ')}`;
    case 'const':
      return `must be ${list(error, 'Instance does not match ')}`;
    case 'format':
      return `must be in the format ${between(error, 'match format "')}`;
    case 'pattern':
      return 'does not match the pattern that the schema asks for';
    case 'anyOf':
      return 'matches none of the forms that the schema allows (anyOf)';
    case 'oneOf':
      return 'must match exactly one of the forms that the schema allows (oneOf)';
    case 'not':
      return 'has a form that the schema excludes (not)';
    case 'contains':
    case 'minContains':
      return 'has too few items of the kind that the schema asks for';
    case 'maxContains':
      return 'has too many items of the kind that the schema limits';
    case 'uniqueItems':
      return 'must not hold the same item twice';
    case 'multipleOf':
      return `must be a multiple of ${error.slice(error.lastIndexOf(' of ') + 4, -1)}`;
    case 'minLength':
      return `must have at least ${bound(error)} characters`;
    case 'maxLength':
      return `must have at most ${bound(error)} characters`;
    case 'minItems':
      return `must have at least ${bound(error)} items`;
    case 'maxItems':
      return `must have at most ${bound(error)} items`;
    case 'minProperties':
      return `must have at least ${bound(error)} properties`;
    case 'maxProperties':
      return `must have at most ${bound(error)} properties`;
    case 'minimum':
      return `must be at least ${bound(error)}`;
    case 'maximum':
      return `must be at most ${bound(error)}`;
    case 'exclusiveMinimum':
      return `must be more than ${bound(error)}`;
    case 'exclusiveMaximum':
      return `must be less than ${bound(error)}`;
    default:
      return 'does not match the schema';
  }
}

/** The last number in the validator's message, which is the schema's; the one before it is the input's. */
function bound(message: string): string {
  return message.match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi)?.at(-1) ?? '';
}

const MAX_LISTED_CHARS = 200;
function list(message: string, before: string): string {
  const text = message.slice(before.length, -1);
  return text.length > MAX_LISTED_CHARS ? `${text.slice(0, MAX_LISTED_CHARS)}...` : text;
}
