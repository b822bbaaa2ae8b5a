import { RE2JS } from 're2js';
import { EvaluationError } from './failures.ts';

interface Match extends Array<string | undefined> {
  index: number;
}

const compiled = new WeakMap<RegExp, RE2JS>();

function compile(pattern: RegExp): RE2JS {
  let re2 = compiled.get(pattern);
  if (!re2) {
    let flags = 0;
    if (pattern.ignoreCase) flags |= RE2JS.CASE_INSENSITIVE;
    if (pattern.multiline) flags |= RE2JS.MULTILINE;
    try {
      re2 = RE2JS.compile(RE2JS.translateRegExp(pattern.source), flags);
    } catch {
      throw new EvaluationError('template_syntax', `uses a regex that is not supported: /${pattern.source}/`);
    }
    compiled.set(pattern, re2);
  }
  return re2;
}

/**
 * The part of RegExp that JSONata uses, on RE2: linear in the text, whatever the pattern. A pattern can still be
 * run many times from each match on, so the steps of one instance (one regex literal in one evaluation) are
 * counted as well.
 * @param maxSteps characters scanned times compiled size
 */
export function regexEngine(maxSteps: number): RegExpConstructor {
  class LinearRegex {
    lastIndex = 0;
    readonly #re2: RE2JS;
    readonly #size: number;
    #steps = 0;

    constructor(pattern: unknown) {
      if (!(pattern instanceof RegExp)) throw new EvaluationError('template_syntax', 'has a malformed regex');
      this.#re2 = compile(pattern);
      this.#size = this.#re2.programSize();
    }

    exec(text: unknown): Match | null {
      if (typeof text !== 'string')
        throw new EvaluationError('template_evaluation', 'matches a regex on no string');
      this.#steps += (text.length - this.lastIndex + 1) * this.#size;
      if (this.#steps > maxSteps) throw new EvaluationError('template_limit', 'needs too much regex work');
      const matcher = this.#re2.matcher(text);
      if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
        this.lastIndex = 0;
        return null;
      }
      const groups: (string | undefined)[] = [];
      for (let group = 0; group <= matcher.groupCount(); group += 1)
        groups.push(matcher.group(group) ?? undefined);
      this.lastIndex = matcher.end();
      return Object.assign(groups, { index: matcher.start() });
    }
  }
  return asRegExpConstructor(LinearRegex);
}

/** JSONata declares its engine as RegExpConstructor but only ever calls `new`, `exec` and `lastIndex`. */
function asRegExpConstructor(engine: unknown): RegExpConstructor {
  return engine as RegExpConstructor;
}
