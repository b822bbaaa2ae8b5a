import { CurlRefused } from './refused.ts';

export type Pair = [name: string, value: string];

/** A URL apart: what stays of it, and what a step says in other places. */
export type ReadUrl = {
  /** Scheme, host and path, and those parts of the query that have no `=` or no valid encoding. */
  rest: string;
  query: Pair[];
  /** `user:password` before the host. */
  user: string | undefined;
  /** It had none, and got curl's own. */
  schemeAdded: boolean;
};

/** `hidden` holds no expression any more. Throws `CurlRefused`. */
export function readUrl(hidden: string, globs: boolean): ReadUrl {
  if (globs && /[{}]|\[[^[\]]*-[^[\]]*\]/.test(hidden))
    throw new CurlRefused(
      'The URL holds a pattern that stands for several URLs: give one URL, or --globoff.',
    );
  const dynamic = /^[\ufdd0\ufdd2]/.test(hidden);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(hidden)?.[1];
  if (scheme !== undefined && !/^https?$/i.test(scheme))
    throw new CurlRefused('The URL must start with https:// or http://.');
  const schemeAdded = scheme === undefined && !dynamic;
  const [whole = ''] = (schemeAdded ? `http://${hidden}` : hidden).split('#');
  const { user, text } = withoutUser(whole);
  const mark = text.indexOf('?');
  if (mark < 0) return { rest: text, query: [], user, schemeAdded };
  const query: Pair[] = [];
  const kept: string[] = [];
  for (const part of text.slice(mark + 1).split('&')) {
    const pair = readPair(part);
    if (pair) query.push(pair);
    else if (part !== '') kept.push(part);
  }
  return {
    rest: text.slice(0, mark) + (kept.length > 0 ? `?${kept.join('&')}` : ''),
    query,
    user,
    schemeAdded,
  };
}

/** The last @ of the authority ends the user information (WHATWG URL, section 4.4). */
function withoutUser(text: string): { user: string | undefined; text: string } {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?]*)@(.*)$/is.exec(text);
  if (!parts) return { user: undefined, text };
  const [, scheme = '', user = '', rest = ''] = parts;
  return { user: decoded(user) ?? user, text: `${scheme}${rest}` };
}

/** One `name=value` of a query or a form; undefined for what is none, or would not be written so again. */
export function readPair(part: string): Pair | undefined {
  const at = part.indexOf('=');
  if (at < 1) return undefined;
  const name = decoded(part.slice(0, at).replaceAll('+', ' '));
  const value = decoded(part.slice(at + 1).replaceAll('+', ' '));
  return name === undefined || value === undefined ? undefined : [name, value];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
