/**
 * JSONata's parser copies the left side of `??` and `?:`, so `(((a ?: b) ?: c) ?: d)` doubles the tree with each
 * bracket: 200 characters can ask for more memory than there is. This counts the doublings before parsing.
 */
const MAX_DOUBLINGS = 7;
/** Below this estimate of copied characters no exact count is needed. */
const CHEAP_COPIES = 300_000;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][-+]?[0-9]+)?/y;
const NAME = /[^ \t\n\r\v.[\]{}(),@#;:?+\-*/%|=<>^&!~]+/y;

/** Offset after the token at `at`, for tokens whose content must not be read as brackets or operators. */
function skipToken(source: string, at: number): number {
  const char = source[at];
  if (char === '"' || char === "'") {
    let end = at + 1;
    while (end < source.length && source[end] !== char) end += source[end] === '\\' ? 2 : 1;
    return end + 1;
  }
  if (char === '`') {
    const end = source.indexOf('`', at + 1);
    return end < 0 ? source.length : end + 1;
  }
  for (const token of [NUMBER, NAME]) {
    token.lastIndex = at;
    const length = token.exec(source)?.[0].length ?? 0;
    if (length > 0) return at + length;
  }
  return at + 1;
}

/**
 * True if the parser can take `source` without its tree exploding. A slash outside a string may start a regex or
 * divide, which only the parser knows; there the answer is a plain "no" once the cheap estimate is exceeded.
 */
export function defaultsAreBounded(source: string): boolean {
  const operators = source.match(/\?[?:]/g)?.length ?? 0;
  if (operators === 0 || source.length * 2 ** operators <= CHEAP_COPIES) return true;
  const open = [{ left: 0, most: 0 }];
  let at = 0;
  while (at < source.length) {
    const frame = open[open.length - 1] ?? { left: 0, most: 0 };
    const char = source[at] ?? '';
    if (source.startsWith('/*', at)) {
      const end = source.indexOf('*/', at + 2);
      at = end < 0 ? source.length : end + 2;
    } else if (char === '/') {
      return false;
    } else if (char === '?' && /[?:]/.test(source[at + 1] ?? '')) {
      frame.most = Math.max(frame.most, frame.left + 1);
      frame.left = 0; // everything after the operator belongs to its right side
      at += 2;
    } else if ('([{'.includes(char)) {
      open.push({ left: 0, most: 0 });
      at += 1;
    } else if (')]}'.includes(char)) {
      const closed = Math.max(frame.left, frame.most);
      if (closed > MAX_DOUBLINGS) return false;
      open.pop();
      const parent = open[open.length - 1];
      if (parent) parent.left = Math.max(parent.left, closed);
      at += 1;
    } else {
      at = skipToken(source, at);
    }
  }
  return open.every((frame) => Math.max(frame.left, frame.most) <= MAX_DOUBLINGS);
}
