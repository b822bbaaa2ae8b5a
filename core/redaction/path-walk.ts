import type { Json } from '../json/json.ts';
import type { PathRule, RecordedPart, Segment } from './path-rules.ts';
import { isUrl, mapParameters } from './urls.ts';

/** What stands in the place of a hit. Called once for each. */
export type OnHit = (hidden: Json) => Json;

/** How much of a path has been gone: the rest is looked for below. */
type Open = readonly Segment[];

/** Recorded data is bounded far below this; what is deeper is hidden. */
const MAX_DEPTH = 500;

/**
 * Goes through one recorded part along all paths at once, and puts what `onHit` answers wherever one ends. What no path
 * leads into is handed back as it is, not copied; nothing is changed in place.
 */
export class PathWalk {
  /** Whether it has the fields of an HTTP message, not those of an author. */
  readonly #isMessage: boolean;
  readonly #begin: readonly Open[];
  readonly #anywhere: readonly Open[];
  readonly #onHit: OnHit;

  constructor(rules: readonly PathRule[], part: RecordedPart, onHit: OnHit) {
    this.#isMessage = part !== 'output';
    const meant = rules.filter((rule) => rule.part === undefined || rule.part === part);
    this.#anywhere = meant.filter(({ anywhere }) => anywhere).map(({ segments }) => segments);
    this.#begin = meant.filter(({ anywhere }) => !anywhere).map(({ segments }) => segments);
    this.#onHit = onHit;
  }

  /** A part keeps its shape, which readers rely on: the status stays, and of `headers` each value is hidden. */
  part(value: Json): Json {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.#value(value, '', this.#begin, 0);
    return mapFields(value, (field, key) => {
      if (this.#isMessage && key === 'status' && typeof field === 'number') return field;
      const open = this.#into(key, this.#begin);
      if (ends(open)) {
        const keepsNames = this.#isMessage && key === 'headers' && isObject(field);
        return keepsNames ? mapFields(field, this.#onHit) : this.#onHit(field);
      }
      if (key === 'url' && typeof field === 'string')
        return this.#url(field, this.#into('query', this.#begin));
      if (key === 'body' && typeof field === 'string') return this.#text(field, open);
      return this.#value(field, key, open, 1);
    });
  }

  #value(value: Json, key: string, open: readonly Open[], depth: number): Json {
    if (open.length === 0 && this.#anywhere.length === 0) return value;
    if (typeof value === 'string') return isUrl(value, key) ? this.#url(value, []) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return this.#onHit(value);
    return Array.isArray(value) ? this.#list(value, key, open, depth) : this.#object(value, open, depth);
  }

  #list(list: Json[], key: string, open: readonly Open[], depth: number): Json {
    const [name] = list;
    return mapItems(list, (item, index) => {
      const next = open.flatMap((path): Open[] => {
        const [segment, ...rest] = path;
        // Names go through a list item by item, so that a path need not say where the lists are.
        if (segment?.type === 'field') return [path];
        return segment?.type === 'each' || segment?.index === index ? [rest] : [];
      });
      // ["email", "x@example.com"], as pairs of a query or form are written.
      const named = list.length === 2 && index === 1 && typeof name === 'string' ? this.#into(name, []) : [];
      return ends([...next, ...named])
        ? this.#onHit(item)
        : this.#value(item, key, [...next, ...named], depth + 1);
    });
  }

  #object(object: Readonly<Record<string, Json>>, open: readonly Open[], depth: number): Json {
    // { name: "email", value: "..." }, as HAR files and some services list fields.
    const named = object.name ?? object.key;
    return mapFields(object, (field, key) => {
      const next = this.#into(key, open);
      if (key === 'value' && typeof named === 'string') next.push(...this.#into(named, []));
      return ends(next) ? this.#onHit(field) : this.#value(field, key, next, depth + 1);
    });
  }

  /** The paths that lead into this field, with those that begin here. */
  #into(key: string, open: readonly Open[]): Open[] {
    const name = key.toLowerCase();
    const found: Open[] = [];
    for (const [segment, ...rest] of [...open, ...this.#anywhere]) {
      if (segment?.type === 'each' || (segment?.type === 'field' && segment.name === name)) found.push(rest);
    }
    return found;
  }

  /** Parameters are fields of a URL; `request.query.email` means them too. */
  #url(url: string, query: readonly Open[]): string {
    return mapParameters(url, (name, value) =>
      ends(this.#into(name, query)) ? String(this.#onHit(value)) : null,
    );
  }

  /** A body that was sent or came as text may be JSON or a form all the same. */
  #text(text: string, open: readonly Open[]): Json {
    if (open.length === 0 && this.#anywhere.length === 0) return text;
    const json = /^\s*[[{]/.test(text) ? parsed(text) : undefined;
    if (json !== undefined) {
      const hidden = this.#value(json, 'body', open, 1);
      return hidden === json ? text : JSON.stringify(hidden);
    }
    if (isUrl(text, 'body')) return this.#url(text, []);
    return FORM.test(text) ? this.#url(`?${text}`, open).slice(1) : text;
  }
}

/** RFC 3986 characters only, with a name before the first `=`. */
const FORM = /^[\w%.~!$'()*+,;:@[\]-]+=[\w%.~!$'()*+,;:@/?&=[\]-]*$/;

function ends(paths: readonly Open[]): boolean {
  return paths.some((path) => path.length === 0);
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object itself when no field changes. */
function mapFields(
  object: { readonly [key: string]: Json },
  map: (field: Json, key: string) => Json,
): { [key: string]: Json } {
  let changed = false;
  const entries = Object.entries(object).map(([key, field]): [string, Json] => {
    const mapped = map(field, key);
    if (mapped !== field) changed = true;
    return [key, mapped];
  });
  return changed ? Object.fromEntries(entries) : object;
}

function mapItems(list: Json[], map: (item: Json, index: number) => Json): Json[] {
  const mapped = list.map(map);
  return mapped.some((item, index) => item !== list[index]) ? mapped : list;
}
