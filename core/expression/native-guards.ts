import { distinct, sort } from './collections.ts';
import { EvaluationError, limitReached } from './failures.ts';
import { offsetText } from './helpers/dates.ts';
import { base64decode, base64encode } from './helpers/encoding.ts';
import { FORBIDDEN_NAMES, type Limits } from './limits.ts';
import { isFunctionObject, Measure } from './measure.ts';
import { checkParsingPicture, checkPicture } from './pictures.ts';

/** What one built-in needs beyond the checks that all of them get. */
export interface Guard {
  /** Refuses arguments; `spend` counts characters about to be built. */
  before?: (parameters: unknown[], spend: (characters: number) => void) => void;
  /** Does the work instead of JSONata. */
  instead?: (...parameters: unknown[]) => unknown;
  /** Sees the result, which for most built-ins is counted if it is a string. */
  after?: (result: unknown) => void;
}

type Matcher = (text: unknown) => unknown;

function isCallable(value: unknown): value is (...parameters: unknown[]) => unknown {
  return typeof value === 'function';
}

/** A matcher that reports every match, also those reached through `next`. */
function reporting(matcher: Matcher, report: (match: string) => void): Matcher {
  const report1 = async (found: unknown): Promise<unknown> => {
    const match = await found;
    if (typeof match !== 'object' || match === null) return match;
    if ('match' in match && typeof match.match === 'string') report(match.match);
    const next: unknown = 'next' in match ? match.next : undefined;
    return isCallable(next) ? { ...match, next: () => report1(next()) } : match;
  };
  return (text) => report1(matcher(text));
}

const length = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : 0;

/** The number of `$` in a replacement: each may insert the whole match. */
const insertions = (replacement: string): number => replacement.split('$').length - 1;

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0 && part !== ''; at = text.indexOf(part, at + part.length))
    count += 1;
  return count;
}

/** `-0330` as JSONata has to be told, which takes it for `-0430`. */
function halfHours(timeZone: unknown): unknown {
  const [, hours, minutes] = /^-(\d\d)([0-5]\d)$/.exec(String(timeZone)) ?? [];
  return hours === undefined ? timeZone : (offsetText(-60 * Number(hours) - Number(minutes)) ?? timeZone);
}

/** What each built-in needs beyond the general checks. */
export function guards(limits: Limits, clones: WeakSet<object>): Record<string, Guard> {
  const fits = (items: number, what: string) => {
    if (items > limits.sequence) throw limitReached(`${what} too long a list`);
  };
  const picture: Guard = { before: ([, second]) => checkPicture(second) };
  const writtenOut: Guard = {
    before: ([value, pretty]) => {
      // Measured afresh: sharing must be counted, and a transform may have changed what was measured before.
      const nodes = pretty === true ? limits.nodes / limits.nesting : limits.nodes;
      new Measure({ ...limits, nodes }).check(value);
    },
  };
  const remember = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    clones.add(value);
    for (const item of Object.values(value)) remember(item);
  };
  return {
    string: writtenOut,
    clone: { ...writtenOut, after: remember },
    pad: {
      before: ([, width, char], spend) => spend(Math.abs(Number(width)) * Math.max(1, length(char))),
    },
    join: {
      before: ([strings, separator], spend) => {
        if (!Array.isArray(strings)) return;
        let total = strings.length * length(separator);
        for (const item of strings) total += length(item);
        spend(total);
      },
    },
    replace: {
      before: (parameters, spend) => {
        const [text, pattern, replacement] = parameters;
        if (typeof text !== 'string') return;
        if (typeof pattern === 'string' && typeof replacement === 'string') {
          spend(occurrences(text, pattern) * replacement.length);
        } else if (isCallable(pattern) && typeof replacement === 'string') {
          const inserts = insertions(replacement);
          parameters[1] = reporting(pattern, (match) => spend(replacement.length + inserts * match.length));
        } else if (isCallable(replacement)) {
          parameters[2] = async (match: unknown) => {
            const written = await replacement(match);
            spend(length(written));
            return written;
          };
        }
      },
    },
    split: {
      before: ([text, separator]) => {
        if (separator === '') fits(length(text), 'splits into');
      },
      after: (result) => fits(length(result), 'splits into'),
    },
    append: { before: ([first, second]) => fits(length(first) + length(second), 'builds') },
    lookup: {
      before: ([, key]) => {
        if (typeof key === 'string' && FORBIDDEN_NAMES.has(key)) {
          throw new EvaluationError('template_forbidden', `must not look up "${key}"`);
        }
      },
    },
    spread: {
      before: ([value]) => {
        // JSONata would hand out the fields of its own function objects.
        if (isCallable(value) || (typeof value === 'object' && value !== null && isFunctionObject(value)))
          throw new EvaluationError('template_value', 'spreads a function');
      },
    },
    base64encode: { instead: base64encode },
    base64decode: { instead: base64decode },
    fromJson: { before: ([text], spend) => spend(length(text)) }, // what it builds is about as large as the text
    sort: { instead: sort },
    distinct: { instead: distinct },
    formatNumber: picture,
    formatInteger: picture,
    parseInteger: picture,
    fromMillis: {
      before: (parameters) => {
        checkPicture(parameters[1]);
        parameters[2] = halfHours(parameters[2]);
      },
    },
    now: { before: ([first]) => checkPicture(first) },
    toMillis: { before: ([timestamp, second]) => checkParsingPicture(timestamp, second) },
  };
}
