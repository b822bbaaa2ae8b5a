/** What is recorded of a step, and where a declared path begins. */
export type RecordedPart = 'request' | 'response' | 'output';

export const RECORDED_PARTS: readonly RecordedPart[] = ['request', 'response', 'output'];

export type Segment =
  /** In lower case: names are compared without case, since headers have none. */
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'item'; readonly index: number }
  /** Each item of a list, each field of an object. */
  | { readonly type: 'each' };

export interface PathRule {
  /** The only part it applies to; undefined for all three. */
  readonly part: RecordedPart | undefined;
  /** A bare name: it may begin at any depth. */
  readonly anywhere: boolean;
  readonly segments: readonly [Segment, ...Segment[]];
}

/** A quoted name, with or without brackets; an index; `[]`, `[*]` or `*`; a plain name. */
const SEGMENT =
  /\[?(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]*)`)\]?|\[\s*(?:(\d{1,9})|\*?)\s*\]|(\*)|([^.[\]"'`*]+)/g;

/** Reads one path; null for one that names nothing. What is none of the above is passed over. */
export function parsePath(path: string): PathRule | null {
  const segments: Segment[] = [];
  for (const [, double, single, tick, index, , plain] of path.matchAll(SEGMENT)) {
    const name = double ?? single ?? tick ?? plain?.trim();
    if (name !== undefined) {
      if (name !== '') segments.push({ type: 'field', name: name.replace(/\\(.)/g, '$1').toLowerCase() });
    } else segments.push(index === undefined ? { type: 'each' } : { type: 'item', index: Number(index) });
  }
  const [first, second, ...more] = segments;
  if (first === undefined) return null;
  const names = segments.filter(({ type }) => type === 'field').length;
  if (second === undefined) return { part: undefined, anywhere: names === 1, segments: [first] };
  const part =
    first.type === 'field' ? RECORDED_PARTS.find((candidate) => candidate === first.name) : undefined;
  if (part !== undefined) return { part, anywhere: false, segments: [second, ...more] };
  return {
    part: undefined,
    anywhere: names === 1 && first.type === 'field',
    segments: [first, second, ...more],
  };
}
