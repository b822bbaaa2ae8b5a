import { type Group, type Part, parsePattern, UnsupportedPattern } from './pattern-syntax.ts';

/**
 * Patterns of an input schema run in the Worker, by a backtracking engine and where no clock can stop them. This
 * judges, before a definition is saved, how the time to match could grow with the text: a pattern that could be
 * exponential is refused, and the others get a bound on the text they may be tried on.
 *
 * The judgement is conservative: it may refuse a pattern that is harmless, never the other way round.
 * - A repeated group of variable length must show where each round begins or ends: by a literal character that
 *   nothing else in the group can match. `(-[a-z]+)*` and `(\d{1,3}\.){3}` pass, `(a+)+` and `(a|a)*` do not.
 * - Two repetitions that can match the same text, with nothing between them that separates them, cost one more
 *   power of the length each.
 */
export type PatternCheck =
  | { readonly ok: true /** UTF-16 units of text it may be tried on. */; readonly maxChars: number }
  | { readonly ok: false; readonly detail: string };

const MAX_PATTERN_CHARS = 500;
/** Parts after counted repetitions are written out, as the engine does when it compiles. */
const MAX_EXPANDED_PARTS = 2_000;
const MAX_WRITTEN_OUT = 8;
/** By the power with which time grows: about ten million steps at most (some 50 ms), and no text over a body. */
const MAX_CHARS_BY_DEGREE: readonly number[] = [1_048_576, 1_048_576, 3_000, 220];

/** Whether a pattern compiles (ECMA-262, `u` flag) and cannot take long. */
export function checkPattern(source: string): PatternCheck {
  if (source.length > MAX_PATTERN_CHARS)
    return { ok: false, detail: `the pattern is longer than ${MAX_PATTERN_CHARS} characters` };
  try {
    new RegExp(source, 'u');
  } catch {
    return { ok: false, detail: 'the pattern is not a valid regular expression (ECMA-262, Unicode mode)' };
  }
  try {
    const { root, anchored } = parsePattern(source);
    if (expandedParts(root) > MAX_EXPANDED_PARTS)
      return { ok: false, detail: 'the pattern repeats too many parts' };
    if (hasAmbiguousRepeat(root)) {
      const detail = 'the pattern repeats a part of variable length, which can take exponential time';
      return { ok: false, detail };
    }
    const maxChars = MAX_CHARS_BY_DEGREE[degree(root, anchored)];
    if (maxChars === undefined)
      return { ok: false, detail: 'the pattern has too many repetitions that can match the same text' };
    return { ok: true, maxChars };
  } catch (thrown) {
    if (thrown instanceof UnsupportedPattern) return { ok: false, detail: `the pattern ${thrown.message}` };
    throw thrown;
  }
}

function expandedParts(group: Group): number {
  return group.alternatives.flat().reduce((sum, { min, max, body }) => {
    const times = Math.max(1, Number.isFinite(max) ? max : min);
    return sum + times * (body.type === 'atom' ? 1 : 1 + expandedParts(body));
  }, 0);
}

function isVariable(part: Part): boolean {
  return part.min !== part.max;
}

/** Whether what the group matches can differ in length or in the way it is matched. */
function isFlexible(group: Group): boolean {
  return (
    group.alternatives.length > 1 ||
    group.alternatives
      .flat()
      .some((part) => isVariable(part) || (part.body.type === 'group' && isFlexible(part.body)))
  );
}

/** A part that is repeated a few times exactly is judged as if it were written so often. */
function isWrittenOut({ min, max }: Part): boolean {
  return min === max && max <= MAX_WRITTEN_OUT;
}

function hasAmbiguousRepeat(group: Group): boolean {
  return group.alternatives.flat().some((part) => {
    const { body } = part;
    if (body.type === 'atom') return false;
    const looped = part.max > 1 && !isWrittenOut(part);
    return (looped && isFlexible(body) && !roundsAreMarked(body)) || hasAmbiguousRepeat(body);
  });
}

/** Whether every round of the group starts, or every round ends, with a literal that stands nowhere else in it. */
function roundsAreMarked(group: Group): boolean {
  return markers(group) !== 0n;
}

/** The literals that mark the rounds of a group; none if a round could be told in more than one way. */
function markers(group: Group): bigint {
  const others = atomSets(group);
  for (const edge of [0, -1]) {
    const sets = group.alternatives.map((alternative) => {
      const marker = alternative.at(edge);
      if (marker?.min !== 1 || marker.max !== 1 || marker.body.type !== 'atom' || !marker.body.literal)
        return 0n;
      const { set } = marker.body;
      return others.filter((other) => (other & set) !== 0n).length === 1 ? set : 0n;
    });
    if (sets.every((set) => set !== 0n)) return sets.reduce((union, set) => union | set, 0n);
  }
  return 0n;
}

function atomSets(group: Group): bigint[] {
  return group.alternatives
    .flat()
    .flatMap(({ body }) => (body.type === 'atom' ? [body.set] : atomSets(body)));
}

interface Stretch {
  readonly set: bigint;
  /** It can be shorter or longer; otherwise it is one character that must be there. */
  readonly flexible: boolean;
  /** Of these it matches at least one, whenever it matches anything. */
  readonly marked?: bigint;
}

/** The power with which time can grow: 1 for a scan, one more if not anchored, one more for each shared stretch. */
function degree(root: Group, anchored: boolean): number {
  const stretches = [...flatten(root, true)];
  let shared = 0;
  for (const [end, second] of stretches.entries()) {
    if (shared >= MAX_CHARS_BY_DEGREE.length) break;
    if (second.flexible && stretches.slice(0, end).some((_, start) => meets(stretches, start, end)))
      shared += 1;
  }
  const flexible = stretches.some((stretch) => stretch.flexible);
  return (flexible ? 1 : 0) + shared + (anchored ? 0 : 1);
}

/** Whether text that the first stretch matches could as well be matched by the second. */
function meets(stretches: readonly Stretch[], start: number, end: number): boolean {
  const first = stretches[start];
  const second = stretches[end];
  if (!first?.flexible || !second) return false;
  const both = first.set & second.set;
  if ([first, second].some(({ set, marked }) => ((marked ?? set) & both) === 0n)) return false;
  return stretches.slice(start + 1, end).every(({ set, flexible }) => flexible || (set & both) !== 0n);
}

/** The pattern as one line of stretches. `sure`: this part is matched whenever the pattern is. */
function* flatten(group: Group, sure: boolean): Generator<Stretch> {
  const onlyWay = sure && group.alternatives.length === 1;
  for (const part of group.alternatives.flat()) {
    if (part.body.type === 'atom') {
      const flexible = isVariable(part);
      if (flexible || (onlyWay && part.min > 0)) yield { set: part.body.set, flexible };
      continue;
    }
    const flexible = isVariable(part) || part.body.alternatives.length > 1;
    const looped = part.max > 1 && !isWrittenOut(part) && isFlexible(part.body);
    const rounds = isWrittenOut(part) ? part.max : 1;
    for (let round = 0; round < rounds; round += 1) {
      if (flexible || looped) {
        const set = atomSets(part.body).reduce((union, one) => union | one, 0n);
        yield { set, flexible: true, marked: markers(part.body) || set };
      }
      yield* flatten(part.body, onlyWay && !flexible && part.min > 0);
    }
  }
}
