import type { Json, JsonObject } from '../json/json.ts';
import type { ListStyle } from './request-schema.ts';

/** A value that the style has no form for. The message names the field. */
export class FormPairError extends Error {
  override readonly name = 'FormPairError';
}

/** One `name=value` of a query or a form. Several values are one list, written with commas. */
export type FormPair = {
  name: string;
  values: readonly string[];
  /** Which of the given entries it came from. */
  entry: number;
};

/** By name, or in an order of its own. */
export type FormValues = Readonly<Record<string, Json>> | readonly (readonly [name: string, value: Json])[];

export function entriesOf(values: FormValues): readonly (readonly [string, Json])[] {
  return isPairs(values) ? values : Object.entries(values);
}

function isPairs(values: FormValues): values is readonly (readonly [string, Json])[] {
  return Array.isArray(values);
}

/**
 * Name and value pairs of a query or a form, in the given order; null is left out, and so are empty lists and objects.
 * `brackets` and `indices` also write what is nested, as Rails and qs read it (`a[b]=1`). Throws `FormPairError` for what
 * the style has no form for, or what nobody could read back.
 */
export function flatPairs(values: FormValues, field: string, style: ListStyle = 'repeat'): FormPair[] {
  return entriesOf(values).flatMap(([name, value], entry) => {
    const pairs: FormPair[] = [];
    const refuse = (why: string): never => {
      throw new FormPairError(`${field}.${name}: ${why}`);
    };
    flatten(
      { style, refuse, add: (at, texts) => pairs.push({ name: at, values: texts, entry }) },
      name,
      value,
    );
    return pairs;
  });
}

type Writer = {
  style: ListStyle;
  add(name: string, values: readonly string[]): void;
  refuse(why: string): never;
};

const NO_FORM = 'an object cannot stand here; send it as text or in a JSON body.';

function flatten(writer: Writer, name: string, value: Json): void {
  if (value === null) return;
  if (Array.isArray(value)) list(writer, name, value);
  else if (typeof value === 'object') object(writer, name, value);
  else writer.add(name, [String(value)]);
}

function object(writer: Writer, name: string, fields: JsonObject): void {
  if (writer.style !== 'brackets' && writer.style !== 'indices') writer.refuse(NO_FORM);
  for (const [key, item] of Object.entries(fields)) {
    if (key === '' || /[[\]]/.test(key)) writer.refuse('a nested name cannot be empty or hold [ or ].');
    flatten(writer, `${name}[${key}]`, item);
  }
}

function list(writer: Writer, name: string, items: readonly Json[]): void {
  const present = items.filter((item) => item !== null);
  switch (writer.style) {
    case 'indices':
      for (const [index, item] of present.entries()) flatten(writer, `${name}[${index}]`, item);
      return;
    case 'brackets':
      requireReadable(writer, present);
      for (const item of present) flatten(writer, `${name}[]`, item);
      return;
    case 'repeat':
      for (const item of present) writer.add(name, [single(writer, item)]);
      return;
    case 'comma':
      if (present.length > 0)
        writer.add(
          name,
          present.map((item) => single(writer, item)),
        );
  }
}

function single(writer: Writer, item: Json): string {
  return typeof item === 'object' ? writer.refuse(NO_FORM) : String(item);
}

/**
 * `a[][b]=1&a[][c]=2` does not say where an object ends. Readers begin a new one when a plain field comes again, so that
 * all objects of a list have to begin with the same one.
 */
function requireReadable(writer: Writer, items: readonly Json[]): void {
  const firstFields = new Set(items.flatMap((item) => (typeof item === 'object' ? [firstField(item)] : [])));
  if (firstFields.size > 1 || firstFields.has(undefined)) {
    writer.refuse(
      'lists in a list, and objects that do not all begin with the same plain field, cannot be told apart with brackets; use indices.',
    );
  }
}

/** The name of the first thing that is written of an object; undefined where it is a list's, or nothing. */
function firstField(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (item === null || isEmpty(item)) continue;
    if (typeof item !== 'object') return key;
    const inner = firstField(item);
    return inner === undefined ? undefined : `${key}[${inner}]`;
  }
  return undefined;
}

/** Whether nothing at all is written of a value. */
function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.values(value).every(isEmpty));
}

/** `encode` leaves no comma as it is, so that a list's own commas can be told from those in its texts. */
export function writePairs(
  pairs: readonly Pick<FormPair, 'name' | 'values'>[],
  encode: (text: string) => string,
): string {
  return pairs.map(({ name, values }) => `${encode(name)}=${values.map(encode).join(',')}`).join('&');
}

/** WHATWG URL section 5.2, the application/x-www-form-urlencoded serialiser, of one text. */
export function encodeForm(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** Percent-encoded for a query (RFC 3986 section 3.4). */
export function encodeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
