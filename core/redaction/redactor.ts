import { escapedForm, formsOf } from './encodings.ts';
import { Scanner } from './scanner.ts';
import { isSensitiveName } from './sensitive-names.ts';
import { isUrl, redactUrl } from './urls.ts';

export const REDACTED = '[redacted]';

/** A shorter secret would blank out ordinary text; it is replaced only where it is a whole value. */
const MIN_SECRET_CHARS = 4;
/**
 * Of one redactor. Credentials are few and come first; the values that a step declares secret come from its answers, a
 * loop's by the thousand, at 14 KB and half a millisecond each in all forms. Further ones are looked for as they are and
 * escaped, but not in base64 or hexadecimal; and a service that sends ever more cannot fill the process with them.
 */
const MAX_SECRETS_IN_ALL_FORMS = 500;
const MAX_SECRETS = 2_000;
/** Recorded data is bounded far below this; what is deeper is not copied. */
const MAX_DEPTH = 500;

export interface Redactor {
  /** Hides these from now on as well. Costs what they cost, not what is known already. At most 2,000 in all. */
  add(secrets: Iterable<string>): void;
  /** Replaces every secret in a text, in each form of `formsOf`. */
  text(text: string): string;
  /** A deep copy of JSON data without secrets, found by value (also in keys) and by the name of the field. */
  value<T>(json: T): T;
  /** The same, by value only. */
  byValue<T>(json: T): T;
}

/** A copy has the shape of its original; only strings change, or a sensitive field becomes `[redacted]`. */
function sameShape<T>(copy: unknown): T {
  return copy as T;
}

class SecretRedactor implements Redactor {
  readonly #whole = new Set<string>();
  readonly #scanner = new Scanner();

  add(secrets: Iterable<string>): void {
    const found = new Set<string>();
    for (const secret of secrets) {
      found.add(secret);
      found.add(secret.trim()); // a header is sent without the line break at the end of a pasted key
    }
    found.delete('');
    for (const secret of found) {
      if (this.#whole.has(secret) || this.#whole.size >= MAX_SECRETS) continue;
      this.#whole.add(secret);
      if (secret.length < MIN_SECRET_CHARS) continue;
      const inAllForms = this.#whole.size <= MAX_SECRETS_IN_ALL_FORMS;
      this.#scanner.add(inAllForms ? formsOf(secret) : [escapedForm(secret)]);
    }
  }

  text(text: string): string {
    if (this.#whole.has(text)) return REDACTED;
    const spans = this.#scanner.spans(text);
    if (spans.length === 0) return text;
    let redacted = '';
    let at = 0;
    for (const span of spans) {
      redacted += text.slice(at, span.start) + REDACTED;
      at = span.end;
    }
    return redacted + text.slice(at);
  }

  value<T>(json: T): T {
    return sameShape<T>(this.#copy(json, true, '', 0));
  }

  byValue<T>(json: T): T {
    return sameShape<T>(this.#copy(json, false, '', 0));
  }

  #copy(json: unknown, byKey: boolean, key: string, depth: number): unknown {
    if (typeof json === 'string') {
      const url = byKey && isUrl(json, key) ? redactUrl(json, REDACTED) : json;
      return this.text(url);
    }
    if (typeof json === 'number' || typeof json === 'bigint')
      return this.#whole.has(String(json)) ? REDACTED : json;
    if (typeof json !== 'object' || json === null) return json;
    if (depth >= MAX_DEPTH) return REDACTED;
    if (Array.isArray(json)) return json.map((item: unknown) => this.#copy(item, byKey, key, depth + 1));
    if ('toJSON' in json && typeof json.toJSON === 'function') {
      return this.#copy(json.toJSON(), byKey, key, depth + 1);
    }
    return this.#object(json, byKey, depth);
  }

  #object(json: object, byKey: boolean, depth: number): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    // { name: "Authorization", value: "..." }, as HAR files and some APIs list headers and parameters.
    const named = 'name' in json ? json.name : 'key' in json ? json.key : undefined;
    const hidesValue = byKey && typeof named === 'string' && isSensitiveName(named);
    for (const [key, item] of Object.entries(json)) {
      if (key === '__proto__') continue;
      const hidden = (byKey && isSensitiveName(key)) || (hidesValue && key === 'value');
      const empty = item === null || item === undefined || typeof item === 'boolean';
      copy[this.#key(key, copy)] = hidden && !empty ? REDACTED : this.#copy(item, byKey, key, depth + 1);
    }
    return copy;
  }

  /** The redacted key; numbered if two keys of one object look the same without their secrets. */
  #key(key: string, taken: Readonly<Record<string, unknown>>): string {
    const redacted = this.text(key);
    if (redacted === key) return key;
    let unique = redacted;
    for (let number = 2; Object.hasOwn(taken, unique); number += 1) unique = `${redacted} ${number}`;
    return unique;
  }
}

/**
 * A redactor for the secrets of one execution.
 * @param secrets credential values; for Basic authentication also `user:password`. Secrets of fewer than 4
 *   characters are replaced only where they are a whole value.
 */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const redactor = new SecretRedactor();
  redactor.add(secrets);
  return redactor;
}
