import type { Form, Spelling, Unit } from './encodings.ts';

export interface Span {
  start: number;
  end: number;
}

/** Characters of a form's beginning that decide whether the full pattern is tried. */
const PREFIX_CHARS = 3;
const TABLE_BITS = 16;

/** Position in the prefix table of three UTF-16 units; collisions only cost a try. */
function slot(a: number, b: number, c: number): number {
  return (Math.imul(a, 0x9e3b) + Math.imul(b, 0x85eb) + Math.imul(c, 0xc2b3)) & ((1 << TABLE_BITS) - 1);
}

function escapeRegex(text: string, anyCase: boolean): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]|[a-z]/gi, (char) => {
    if (!/[a-z]/i.test(char)) return `\\${char}`;
    return anyCase ? `[${char.toLowerCase()}${char.toUpperCase()}]` : char;
  });
}

function unitPattern(unit: Unit): string {
  const spellings = unit.map((spelling) => escapeRegex(spelling.text, spelling.anyCase === true));
  return spellings.length === 1 ? (spellings[0] ?? '') : `(?:${spellings.join('|')})`;
}

/** Every way the first characters of a form can look. */
function prefixes(form: Form): Set<string> {
  let open = new Set(['']);
  const done = new Set<string>();
  for (const unit of form) {
    const next = new Set<string>();
    for (const start of open) {
      for (const text of unit.flatMap(casesOf)) {
        const prefix = (start + text).slice(0, PREFIX_CHARS);
        (prefix.length === PREFIX_CHARS ? done : next).add(prefix);
      }
    }
    open = next;
    if (open.size === 0) break;
  }
  return done;
}

function casesOf(spelling: Spelling): string[] {
  const start = spelling.text.slice(0, PREFIX_CHARS);
  if (spelling.anyCase !== true) return [start];
  let cases = [''];
  for (const char of start) {
    const variants = new Set([char.toLowerCase(), char.toUpperCase()]);
    cases = cases.flatMap((head) => [...variants].map((variant) => head + variant));
  }
  return cases;
}

/** A longer form would make a pattern that no regex engine compiles; it is followed unit by unit instead. */
const MAX_PATTERN_UNITS = 400;

/**
 * Whether a unit is read in one way only: no way to write it begins another. Of such units a pattern never goes back;
 * of others (a backslash is also two of them) it would try all combinations, which has no end in sight after twenty.
 */
function isPlain(unit: Unit): boolean {
  const texts = unit.map(({ text }) => text.toLowerCase());
  return texts.every((text, at) => texts.every((other, index) => at === index || !other.startsWith(text)));
}

/** In order of preference: the longest first. */
function compile(forms: readonly Form[]): { pattern: RegExp; long: Form[] } {
  const fitsPattern = (form: Form) => form.length <= MAX_PATTERN_UNITS && form.every(isPlain);
  const ordered = forms.toSorted((a, b) => b.length - a.length);
  const short = ordered.filter(fitsPattern).map((form) => form.map(unitPattern).join(''));
  return {
    pattern: new RegExp(short.join('|') || '(?!)', 'y'),
    long: ordered.filter((form) => !fitsPattern(form)),
  };
}

/** Spellings that may be tried for each character that is scanned, and before the first one. */
const WORK_PER_CHAR = 16;
const INITIAL_WORK = 1_000_000;

/** Some of the forms that may start with the same three characters, and the pattern of those short enough for one. */
interface Group {
  readonly forms: Form[];
  /** Made when a text first comes this far: of thousands of beginnings, most are never seen. */
  compiled: { readonly pattern: RegExp; readonly long: readonly Form[] } | undefined;
}

/** Secrets of one service begin alike, and one more must not mean to compile the pattern of all of them again. */
const FORMS_PER_GROUP = 64;

/**
 * Finds every form in a text: a table of three-character beginnings rejects nearly all positions, and one compiled
 * alternation of the forms that begin so decides at the rest. Matches may overlap; they are returned as one span.
 *
 * Whoever chooses the secret may choose the text too, so work is bounded by the length of what is scanned. A text that
 * would take more is one span as a whole.
 */
export class Scanner {
  readonly #table = new Uint8Array(1 << TABLE_BITS);
  readonly #groups = new Map<number, Group[]>();
  #work = INITIAL_WORK;

  /** Costs what the new forms cost, however many are there. */
  add(forms: readonly Form[]): void {
    for (const form of forms) {
      const slots = new Set<number>();
      for (const prefix of prefixes(form)) {
        slots.add(slot(prefix.charCodeAt(0), prefix.charCodeAt(1), prefix.charCodeAt(2)));
      }
      for (const entry of slots) {
        this.#table[entry] = 1;
        const groups = this.#groups.get(entry) ?? [];
        this.#groups.set(entry, groups);
        let last = groups.at(-1);
        if (last === undefined || last.forms.length >= FORMS_PER_GROUP) {
          last = { forms: [], compiled: undefined };
          groups.push(last);
        }
        last.forms.push(form);
        last.compiled = undefined;
      }
    }
  }

  spans(text: string): Span[] {
    const found: Span[] = [];
    let last: Span | undefined;
    this.#work += WORK_PER_CHAR * text.length;
    for (let at = 0; at + PREFIX_CHARS <= text.length; at += 1) {
      const entry = slot(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2));
      if (this.#table[entry] === 0) continue;
      const end = this.#endAt(text, at, entry);
      if (this.#work < 0) {
        this.#work = 0;
        return [{ start: 0, end: text.length }];
      }
      if (end < 0) continue;
      if (last && at < last.end) {
        last.end = Math.max(last.end, end);
      } else {
        last = { start: at, end };
        found.push(last);
      }
    }
    return found;
  }

  #endAt(text: string, at: number, entry: number): number {
    let end = -1;
    for (const group of this.#groups.get(entry) ?? []) {
      group.compiled ??= compile(group.forms);
      const { pattern, long } = group.compiled;
      pattern.lastIndex = at;
      if (pattern.test(text)) end = Math.max(end, pattern.lastIndex);
      for (const form of long) end = Math.max(end, this.#endOfForm(form, text, at));
    }
    return end;
  }

  /** Where a form that starts at `start` ends, following every way to write each unit at once; -1 for nowhere. */
  #endOfForm(form: Form, text: string, start: number): number {
    let ends = new Set([start]);
    for (const unit of form) {
      const next = new Set<number>();
      this.#work -= ends.size * unit.length;
      if (this.#work < 0) return -1;
      for (const at of ends) {
        for (const { text: spelling, anyCase } of unit) {
          const end = at + spelling.length;
          const there =
            text.startsWith(spelling, at) ||
            (anyCase === true && text.slice(at, end).toLowerCase() === spelling.toLowerCase());
          if (there) next.add(end);
        }
      }
      if (next.size === 0) return -1;
      ends = next;
    }
    return Math.max(...ends);
  }
}
