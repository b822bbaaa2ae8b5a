import type { Json } from '../../json/json.ts';
import { MAX_RECORDED_CHARS, MAX_RECORDED_CHARS_OF_EXECUTION, MAX_RECORDED_TEXT_CHARS } from './limits.ts';

/**
 * JSON that Postgres can keep: jsonb refuses U+0000 and lone surrogates (PostgreSQL manual, section 8.14), and other
 * people's services send both.
 */
export function storable<T extends Json>(value: T): T {
  return mapStrings(value, wellFormed) as T;
}

function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}

function mapStrings(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [wellFormed(key), mapStrings(item, map)]),
  );
}

/**
 * As `storable`, cut to what a person can read: long texts, and what is left of a value when so much of it has been
 * recorded. Every cut says what is missing. The fields at the top all stay, so that the value keeps its shape.
 */
export function recordable<T extends Json>(value: T, maxChars = MAX_RECORDED_CHARS): T {
  return new Recorder(maxChars).top(value) as T;
}

/** What is recorded of a step: its request, its response and its fields. */
const VALUES_PER_STEP = 3;

/** How much of each recorded value is kept, so that all steps of an execution fit into one answer. */
export function recordedCharsFor(steps: number): number {
  return Math.min(
    MAX_RECORDED_CHARS,
    Math.floor(MAX_RECORDED_CHARS_OF_EXECUTION / (VALUES_PER_STEP * steps)),
  );
}

/** Whether JSON has at most about this many characters when it is written. */
export function isAtMost(value: Json, maxChars: number): boolean {
  return charsLeft(value, maxChars) >= 0;
}

/** How many of so many characters are left, about, when JSON is written. Stops counting below none. */
export function charsLeft(value: Json, maxChars: number): number {
  let left = maxChars;
  const pending: Json[] = [value];
  for (let at = pending.pop(); at !== undefined && left >= 0; at = pending.pop()) {
    left -= typeof at === 'string' ? at.length : SCALAR_CHARS;
    if (typeof at !== 'object' || at === null) continue;
    for (const [key, item] of Object.entries(at)) {
      if (!Array.isArray(at)) left -= key.length;
      pending.push(item);
    }
  }
  return left;
}

/** What a number, a boolean, or the punctuation around a value counts for. */
const SCALAR_CHARS = 4;

class Recorder {
  #left: number;

  constructor(maxChars: number) {
    this.#left = maxChars;
  }

  top(value: Json): Json {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#copy(value);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [wellFormed(key), this.#copy(item)]),
    );
  }

  #copy(value: Json): Json {
    this.#left -= SCALAR_CHARS;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? this.#list(value) : this.#object(value);
  }

  #text(text: string): string {
    const clean = wellFormed(text);
    const room = Math.max(0, Math.min(MAX_RECORDED_TEXT_CHARS, this.#left));
    this.#left -= clean.length;
    if (clean.length <= room) return clean;
    return `${clean.slice(0, room).toWellFormed()}… [cut: ${clean.length} characters in all]`;
  }

  #list(list: readonly Json[]): Json[] {
    const copy: Json[] = [];
    for (const item of list) {
      if (this.#left <= 0) return [...copy, `… [cut: ${list.length} items in all]`];
      copy.push(this.#copy(item));
    }
    return copy;
  }

  #object(object: Readonly<Record<string, Json>>): Json {
    const entries = Object.entries(object);
    const copy: [string, Json][] = [];
    for (const [key, item] of entries) {
      if (this.#left <= 0) {
        copy.push(['…', `[cut: ${entries.length} fields in all]`]);
        break;
      }
      this.#left -= key.length;
      copy.push([wellFormed(key), this.#copy(item)]);
    }
    return Object.fromEntries(copy);
  }
}
