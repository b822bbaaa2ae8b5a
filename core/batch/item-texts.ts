import * as z from 'zod';
import { findBodyFlaw } from '../json/storable.ts';
import { fieldErrorsOf } from '../problem/field-errors.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { MAX_BATCH_ITEMS } from './schema.ts';

/** The two forms of a batch's body. */
export type BatchForm = 'json' | 'ndjson';

/**
 * Cuts a batch's body into the texts of its items, without reading them: a body of 16 MiB that is parsed as a whole can
 * take ten times its size, which a Worker does not have. Each text is to be parsed by itself; whatever is no JSON in one
 * of them shows then.
 *
 * @throws Problem malformed_json or validation_failed
 */
export function itemTexts(body: string, form: BatchForm): string[] {
  const texts = form === 'json' ? ofDocument(body) : ofLines(body);
  if (texts.length < 1 || texts.length > MAX_BATCH_ITEMS) {
    throw invalid([NUMBER]);
  }
  return texts;
}

const NUMBER: FieldError = { pointer: '/items', detail: `must have 1 to ${MAX_BATCH_ITEMS} items` };

/** Blank lines are no items. Stops at one item too many. */
function ofLines(body: string): string[] {
  const texts: string[] = [];
  for (let start = 0; start < body.length && texts.length <= MAX_BATCH_ITEMS; ) {
    const end = body.indexOf('\n', start);
    const line = body.slice(start, end === -1 ? body.length : end);
    if (line.trim() !== '') texts.push(line);
    start = end === -1 ? body.length : end + 1;
  }
  return texts;
}

const Around = z.strictObject({ items: z.array(z.never()) });
/** What stands around the items is read as a whole: as much as any other body may have. */
const MAX_AROUND_CHARS = 1024 * 1024;

/** `{"items": [...]}`: what stands between the brackets is cut out, and the rest must be a document without it. */
function ofDocument(body: string): string[] {
  const list = findItems(body);
  const rest = list === undefined ? body : `${body.slice(0, list.start)}[]${body.slice(list.end + 1)}`;
  if (rest.length > MAX_AROUND_CHARS)
    throw invalid([{ pointer: '', detail: 'has too much besides its items' }]);
  const around = parsed(rest);
  const flaw = findBodyFlaw(around);
  if (flaw !== undefined) throw invalid([flaw]);
  const result = Around.safeParse(around);
  if (!result.success) throw invalid(fieldErrorsOf(result.error.issues));
  return list?.texts ?? [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text.
    throw new Problem('malformed_json', 'The body is not valid JSON in UTF-8.');
  }
}

function invalid(errors: FieldError[]): Problem {
  return new Problem('validation_failed', 'The body has invalid fields.', errors);
}

type ItemList = { start: number; end: number; texts: string[] };

const QUOTE = '"'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const [LIST, LIST_END, OBJECT, OBJECT_END] = [...'[]{}'].map((char) => char.charCodeAt(0));

/**
 * The list in the top-level field `items`, undefined when there is none. Looks at nesting and strings only: a body that is
 * no JSON shows when its parts are parsed.
 */
function findItems(body: string): ItemList | undefined {
  let list: ItemList | undefined;
  let depth = 0;
  let key = '';
  let itemStart = 0;
  for (let at = 0; at < body.length; at += 1) {
    const code = body.charCodeAt(at);
    const inItems = depth === 2 && list !== undefined && list.end === -1;
    if (code === QUOTE) {
      const end = endOfString(body, at);
      if (depth === 1) key = body.slice(at, end + 1);
      at = end;
    } else if (code === LIST || code === OBJECT) {
      depth += 1;
      if (depth !== 2 || code !== LIST || !isItems(key)) continue;
      if (list !== undefined) throw invalid([{ pointer: '/items', detail: 'stands there twice' }]);
      list = { start: at, end: -1, texts: [] };
      itemStart = at + 1;
    } else if (code === COMMA && inItems) {
      list?.texts.push(body.slice(itemStart, at));
      itemStart = at + 1;
      if (list !== undefined && list.texts.length > MAX_BATCH_ITEMS) throw invalid([NUMBER]);
    } else if (code === LIST_END || code === OBJECT_END) {
      depth -= 1;
      if (!inItems || list === undefined) continue;
      list.end = at;
      const last = body.slice(itemStart, at);
      if (list.texts.length > 0 || last.trim() !== '') list.texts.push(last);
    }
  }
  return list?.end === -1 ? undefined : list;
}

/** A key may be written with escapes; a long one is another. */
function isItems(key: string): boolean {
  if (key === '"items"') return true;
  if (!key.includes('\\') || key.length > '"items"'.length * 6) return false;
  try {
    return JSON.parse(key) === 'items';
  } catch {
    return false;
  }
}

/** Where the string that starts at `start` has its closing quote. */
function endOfString(body: string, start: number): number {
  for (let at = start; ; ) {
    at = body.indexOf('"', at + 1);
    if (at === -1) return body.length;
    let escapes = 0;
    while (body.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
}
