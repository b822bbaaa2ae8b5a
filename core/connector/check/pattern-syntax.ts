/** One repeatable part of a pattern. `max` is Infinity for `*`, `+` and `{n,}`. */
export interface Part {
  readonly min: number;
  readonly max: number;
  /** What the part matches once: one character, or a group of alternatives. */
  readonly body: Atom | Group;
}
export interface Atom {
  readonly type: 'atom';
  /** The characters it can match, as bits: 0 to 127 are ASCII, bit 128 stands for everything else. */
  readonly set: bigint;
  /** True for a single literal character. */
  readonly literal: boolean;
}
export interface Group {
  readonly type: 'group';
  readonly alternatives: readonly (readonly Part[])[];
}
export interface Pattern {
  readonly root: Group;
  /** Every alternative starts with `^`, so that a match is tried at one place only. */
  readonly anchored: boolean;
}

export class UnsupportedPattern extends Error {}

const BEYOND_ASCII = 1n << 128n;
const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
/** Shapes of an atom that can only match ASCII characters. */
const ASCII_ONLY =
  /^(?:[\x20-\x7e]|\\[dwtnrfv]|\\[^\w\s]|\[(?:[^^\\[\]]|\\[dwtnrfv]|\\[^\w\s])(?:[^\\[\]]|\\[dwtnrfv]|\\[^\w\s])*\])$/;
const ESCAPE = /\\(?:u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|c[a-z]|[pP]\{[^}]*\}|[\s\S])/iy;
const CLASS = /\[(?:[^\\\]]|\\[\s\S])*\]/y;
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;

/**
 * Reads a pattern of JSON Schema (ECMA-262 with the `u` flag) that `new RegExp(source, 'u')` has accepted.
 * @throws UnsupportedPattern for lookaround, backreferences and inline flags, whose cost cannot be judged here
 */
export function parsePattern(source: string): Pattern {
  return new Parser(source).pattern();
}

class Parser {
  readonly #source: string;
  #at = 0;
  #anchors = 0;

  constructor(source: string) {
    this.#source = source;
  }

  pattern(): Pattern {
    const root = this.#alternatives(0);
    return { root, anchored: this.#anchors === root.alternatives.length };
  }

  #alternatives(depth: number): Group {
    const alternatives: Part[][] = [];
    do alternatives.push(this.#sequence(depth));
    while (this.#take('|'));
    return { type: 'group', alternatives };
  }

  #sequence(depth: number): Part[] {
    const parts: Part[] = [];
    const start = this.#at;
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at))) {
      if (this.#take('^')) {
        if (depth === 0 && this.#at === start + 1) this.#anchors += 1;
      } else if (!this.#take('$') && !this.#match(/\\[bB]/y)) {
        const body = this.#body(depth);
        parts.push({ ...this.#quantifier(), body });
      }
    }
    return parts;
  }

  #body(depth: number): Atom | Group {
    if (!this.#take('(')) return this.#atom();
    if (this.#source.charAt(this.#at) === '?' && !this.#match(/\?(?::|<(?![=!])[^>]*>)/y)) {
      throw new UnsupportedPattern('uses lookaround or inline flags, which are not supported');
    }
    const group = this.#alternatives(depth + 1);
    this.#take(')');
    return group;
  }

  #atom(): Atom {
    const text = this.#match(CLASS) ?? this.#match(ESCAPE) ?? this.#match(/[\s\S]/uy) ?? '';
    if (/^\\[1-9k]/.test(text)) throw new UnsupportedPattern('uses a backreference, which is not supported');
    return { type: 'atom', set: characterSet(text), literal: /^(?:[^\\[.]|\\[^\w\s])$/u.test(text) };
  }

  #quantifier(): { min: number; max: number } {
    QUANTIFIER.lastIndex = this.#at;
    const found = QUANTIFIER.exec(this.#source);
    if (found === null) return { min: 1, max: 1 };
    this.#at = QUANTIFIER.lastIndex;
    const [, symbol, least, comma, most] = found;
    if (symbol === '?') return { min: 0, max: 1 };
    if (symbol !== undefined) return { min: symbol === '*' ? 0 : 1, max: Number.POSITIVE_INFINITY };
    const min = Number(least);
    if (comma === undefined) return { min, max: min };
    return { min, max: most === '' || most === undefined ? Number.POSITIVE_INFINITY : Number(most) };
  }

  #take(char: string): boolean {
    if (this.#source.charAt(this.#at) !== char) return false;
    this.#at += 1;
    return true;
  }

  #match(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const text = token.exec(this.#source)?.[0];
    if (text !== undefined) this.#at += text.length;
    return text;
  }
}

function characterSet(atom: string): bigint {
  const one = new RegExp(`^${atom}$`, 'u');
  let set = ASCII_ONLY.test(atom) && atom !== '.' ? 0n : BEYOND_ASCII;
  for (const [code, char] of ASCII.entries()) if (one.test(char)) set |= 1n << BigInt(code);
  return set;
}
