import { RE2JS } from 're2js';
import { EvaluationError, limitReached } from './failures.ts';

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
 * The part of RegExp that JSONata uses, on RE2: linear in the text, whatever the pattern. One search is bounded by
 * its steps; searching on from match to match is bounded by the clock.
 * @param maxSteps for one search: characters of the text times instructions of the pattern
 * @param deadline of the evaluation, in milliseconds since the epoch
 */
export function regexEngine(maxSteps: number, deadline: number): RegExpConstructor {
  class LinearRegex {
    lastIndex = 0;
    readonly #re2: RE2JS;

    constructor(pattern: unknown) {
      if (!(pattern instanceof RegExp)) throw new EvaluationError('template_syntax', 'has a malformed regex');
      this.#re2 = compile(pattern);
    }

    exec(text: unknown): Match | null {
      if (typeof text !== 'string') {
        throw new EvaluationError('template_evaluation', 'matches a regex on something that is not a string');
      }
      if ((text.length - this.lastIndex) * this.#re2.programSize() > maxSteps || Date.now() > deadline) {
        throw limitReached('needs too much regex work');
      }
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
