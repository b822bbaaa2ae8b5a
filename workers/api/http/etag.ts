import type { Context, MiddlewareHandler } from 'hono';
import { Problem } from '../../../core/problem/problem.ts';

/**
 * Conditional requests (RFC 9110 section 13) by the revision that the database counts for each row.
 *
 * | in a route | does |
 * |---|---|
 * | `return c.json({ data: tagged(c, connector) })` | sets `ETag: "r<revision>-<digest>"` |
 * | `expectedRevision(c)` | what `If-Match` asks for, to hand to the verb: 412 when the row has another revision |
 * | `conditionalGet()`, once for the app | answers 304 to a GET whose `If-None-Match` names the answer's tag |
 *
 * Counters and times of use are part of an answer, but no change of the object: they do not grow its revision. So the
 * digest tells answers apart (a 304 never hides a new count), and `If-Match` looks at the revision alone (an execution
 * in between does not make an update fail).
 */
const OURS = /^"r([1-9]\d{0,8})(?:-[0-9a-z]{1,16})?"$/;
const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
/** Revisions count from 1: a tag that was never given out matches nothing. */
const NEVER = 0;

/** Strong: equal tags mean the same representation. */
export function etagOf(resource: { readonly revision: number }): string {
  return `"r${resource.revision}-${digest(JSON.stringify(resource))}"`;
}

const FNV_PRIME = 0x01000193;

/** Two lanes of FNV-1a, 64 bits in all. Against chance, not against intent: whoever could choose both texts owns both. */
function digest(text: string): string {
  let left = 0x811c9dc5;
  let right = 0x1b873593;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    left = Math.imul(left ^ code, FNV_PRIME);
    right = Math.imul(right ^ (code + i), FNV_PRIME);
  }
  return (left >>> 0).toString(36) + (right >>> 0).toString(36).padStart(7, '0');
}

/** Sets the answer's `ETag` and hands the object on. */
export function tagged<Resource extends { readonly revision: number }>(
  c: Context,
  resource: Resource,
): Resource {
  c.header('ETag', etagOf(resource));
  return resource;
}

/**
 * The revision that `If-Match` insists on; null when there is none, or `*`, which every row that exists matches. Weak and
 * foreign tags match nothing (section 13.1.1), which the database finds after it has found the row, so that a caller
 * learns no more from 412 than from 404.
 *
 * @throws Problem invalid_request when it cannot be read, or names several of our tags
 */
export function expectedRevision(c: Context): number | null {
  const header = c.req.header('If-Match')?.trim();
  if (header === undefined || header === '*') return null;
  const tags = header.split(',').map((tag) => tag.trim());
  const revisions = tags.flatMap((tag) => OURS.exec(tag)?.slice(1).map(Number) ?? []);
  const [only] = revisions;
  if (!tags.every((tag) => TAG.test(tag)) || revisions.length > 1) {
    throw new Problem('invalid_request', 'The If-Match header is not valid.', [
      { pointer: '#header/If-Match', detail: 'must be one entity tag of this API, such as "r3", or *' },
    ]);
  }
  return only ?? NEVER;
}

/** Weak comparison (section 13.1.2). */
function matches(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** Saves a caller the body that they have already. */
export function conditionalGet(): MiddlewareHandler {
  return async function conditionalGet(c, next) {
    await next();
    const asked = c.req.header('If-None-Match');
    const etag = c.res.headers.get('ETag');
    if (asked === undefined || etag === null || c.res.status !== 200) return;
    if ((c.req.method === 'GET' || c.req.method === 'HEAD') && matches(asked, etag)) {
      const headers = new Headers(c.res.headers);
      headers.delete('content-type');
      headers.delete('content-length');
      c.res = undefined;
      c.res = new Response(null, { status: 304, headers });
    }
  };
}
