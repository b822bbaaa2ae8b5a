import { findJsonFlaw, type Json, type JsonObject, pointerTo } from '../../json/json.ts';
import { checkPattern } from './pattern.ts';
import { type Report, shown } from './report.ts';
import {
  IN_PLACE_KEYWORDS,
  isObject,
  REFUSED_KEYWORDS,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  VALUE_KEYWORDS,
} from './schema-keywords.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
/** JSON text; a schema is compiled for each execution that the Worker accepts. */
const MAX_SCHEMA_CHARS = 65_536;
/** Names of properties are tried against these patterns up to this length; see `checkPattern`. */
export const MAX_PROPERTY_NAME_CHARS = 1_000;

/** As `checkSchema`; and an input is an object, so that its schema may ask for nothing else. */
export function checkInputSchema(schema: JsonObject, pointer: string, report: Report): void {
  checkSchema(schema, pointer, report);
  const { type } = schema;
  if (type !== undefined && type !== 'object')
    report.add(pointerTo(pointer, 'type'), 'an input is an object: the type must be "object"');
}

/**
 * Checks that `schema` is JSON Schema 2020-12 of the kind a value can be judged by without a network and in
 * bounded time: own references only (`#/...`), no reference in a circle, patterns that cannot run away.
 */
export function checkSchema(schema: JsonObject, pointer: string, report: Report): void {
  const flaw = findJsonFlaw(schema, pointer);
  if (flaw) {
    report.add(flaw.pointer, flaw.detail);
    return;
  }
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARS) {
    report.add(pointer, `the schema is longer than ${MAX_SCHEMA_CHARS} characters`);
    return;
  }
  new Walk(pointer, report).start(schema);
}

/** The place in the schema that a local `$ref` names, or undefined if it is not one. */
export function refTarget(ref: Json | undefined): string | undefined {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) return undefined;
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    return undefined;
  }
}

class Walk {
  readonly #base: string;
  readonly #report: Report;
  /** Every schema's own place below the root, with the places that judge the same value. */
  readonly #inPlace = new Map<string, string[]>();
  readonly #refs: { at: string; target: string }[] = [];

  constructor(base: string, report: Report) {
    this.#base = base;
    this.#report = report;
  }

  start(schema: JsonObject): void {
    this.#schema(schema, '');
    for (const { at, target } of this.#refs) {
      if (!this.#inPlace.has(target))
        this.#add(pointerTo(at, '$ref'), `there is no schema at ${shown(`#${target}`)}`);
    }
    for (const { at } of this.#refs) {
      if (this.#returnsTo(at)) this.#add(pointerTo(at, '$ref'), 'the reference leads back to itself');
    }
  }

  #add(at: string, detail: string): void {
    this.#report.add(this.#base + at, detail);
  }

  #schema(schema: Json, at: string): void {
    this.#inPlace.set(at, []);
    if (typeof schema === 'boolean') return;
    if (!isObject(schema)) {
      this.#add(at, 'a schema is an object, true or false');
      return;
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (this.#report.full) return;
      this.#keyword(keyword, value, at);
    }
  }

  #keyword(keyword: string, value: Json, at: string): void {
    const here = pointerTo(at, keyword);
    const hint = REFUSED_KEYWORDS.get(keyword);
    if (hint !== undefined) {
      this.#add(here, `${keyword} is not supported: ${hint}`);
    } else if (keyword === '$schema' || keyword === '$id') {
      this.#identity(keyword, value, at);
    } else if (keyword === '$ref') {
      this.#ref(value, at);
    } else if (SCHEMA_KEYWORDS.has(keyword)) {
      if (keyword === 'items' && Array.isArray(value))
        this.#add(here, 'use prefixItems for a list of schemas');
      else this.#child(keyword, value, here, at);
    } else if (SCHEMA_LIST_KEYWORDS.has(keyword)) {
      if (!Array.isArray(value) || value.length === 0)
        this.#add(here, 'a list with at least one schema is needed');
      else
        for (const [index, item] of value.entries()) this.#child(keyword, item, pointerTo(here, index), at);
    } else if (SCHEMA_MAP_KEYWORDS.has(keyword)) {
      if (!isObject(value)) this.#add(here, 'an object of schemas is needed');
      else for (const [name, item] of Object.entries(value)) this.#named(keyword, name, item, here, at);
    } else {
      this.#value(keyword, value, here);
    }
  }

  #identity(keyword: '$schema' | '$id', value: Json, at: string): void {
    const here = pointerTo(at, keyword);
    if (at !== '') this.#add(here, `${keyword} may stand at the top only`);
    else if (typeof value !== 'string') this.#add(here, 'a string is needed');
    else if (keyword === '$schema' && value.replace(/#$/, '') !== DIALECT)
      this.#add(here, `only JSON Schema 2020-12 is supported: ${DIALECT}`);
  }

  #ref(value: Json, at: string): void {
    const target = refTarget(value);
    if (target === undefined) {
      this.#add(
        pointerTo(at, '$ref'),
        'only references into this schema are supported, such as "#/$defs/address"',
      );
      return;
    }
    this.#refs.push({ at, target });
    this.#inPlace.get(at)?.push(target);
  }

  #named(keyword: string, name: string, schema: Json, here: string, at: string): void {
    const place = pointerTo(here, name);
    if (!name.isWellFormed()) {
      this.#add(here, 'a name is not well-formed Unicode');
      return;
    }
    if (keyword === 'patternProperties') {
      const check = checkPattern(name);
      if (!check.ok) this.#add(place, check.detail);
      else if (check.maxChars < MAX_PROPERTY_NAME_CHARS)
        this.#add(
          place,
          'the pattern is too costly for names of properties: anchor it with ^ or simplify it',
        );
    }
    this.#child(keyword, schema, place, at);
  }

  #child(keyword: string, schema: Json, place: string, at: string): void {
    if (IN_PLACE_KEYWORDS.has(keyword)) this.#inPlace.get(at)?.push(place);
    this.#schema(schema, place);
  }

  #value(keyword: string, value: Json, here: string): void {
    const rule = VALUE_KEYWORDS.get(keyword);
    if (rule === undefined) return;
    if (!rule.accepts(value)) {
      this.#add(here, `${keyword} needs ${rule.needs}`);
    } else if (keyword === 'pattern' && typeof value === 'string') {
      const check = checkPattern(value);
      if (!check.ok) this.#add(here, check.detail);
    }
  }

  /** Whether the schema at `start` is reached again while it judges one and the same value. */
  #returnsTo(start: string): boolean {
    const seen = new Set<string>();
    const pending = [...(this.#inPlace.get(start) ?? [])];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (at === start) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      pending.push(...(this.#inPlace.get(at) ?? []));
    }
    return false;
  }
}
