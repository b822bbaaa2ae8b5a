import type { StepBody } from '../connector/schema.ts';
import type { Placement } from '../credential/schema.ts';
import type { Json } from '../json/json.ts';
import { isSensitiveName, isSensitiveParameter } from '../redaction/sensitive-names.ts';
import type { Pair } from './read-url.ts';
import { holdsExpression } from './shield.ts';
import { loneVariable, variablesIn } from './variables.ts';

/** A secret that was taken out of a command. */
export type Found = {
  /** How a credential of its own would send it; undefined for one in a body. */
  auth: { type: 'bearer' | 'basic' | 'api_key'; placement?: Placement } | undefined;
  /** As a field of a custom credential. */
  field: string;
  /** What must not be told. */
  values: string[];
  variables: string[];
  /** Puts an expression where the secret stood. */
  put(reference: string): unknown;
};

/** Keys by the names that providers give them, besides those that are always redacted. */
const KEY_NAME =
  /(?:app|api|auth|access|account|admin|client|consumer|customer|dev|developer|licen[cs]e|master|partner|server|service|subscription|user|write)[-_]?key$/i;

const found = (
  name: string,
  value: string,
  values: string[],
  put: Found['put'],
  auth?: Found['auth'],
): Found => ({
  ...{ auth, values: [value, ...values].filter((text) => variablesIn(text).length === 0), put },
  variables: variablesIn(value),
  field: fieldName(name),
});

function fieldName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(plain) ? plain.slice(0, 60) : `field_${plain}`.slice(0, 60);
}

/** An expression is no secret, and neither is nothing. */
const isSecret = (value: string) => value !== '' && !holdsExpression(value);
const isSecretVariable = (value: string) => isSensitiveName(loneVariable(value) ?? '');

/** Takes those headers out that authenticate; what is left stays in `headers`. */
export function secretHeaders(headers: Pair[]): Found[] {
  const all: Found[] = [];
  for (const pair of [...headers]) {
    const [name, value] = pair;
    const named = isSensitiveName(name) || KEY_NAME.test(name);
    if (!isSecret(value) || !(named || isSecretVariable(value))) continue;
    headers.splice(headers.indexOf(pair), 1);
    const put = (reference: string) => headers.push([name, reference]);
    const scheme = name.toLowerCase() === 'authorization' ? /^(bearer|basic)\s+(.+)$/i.exec(value) : null;
    const token = scheme?.[2] ?? value;
    if (scheme?.[1]?.toLowerCase() === 'bearer')
      all.push(found(name, value, [token], put, { type: 'bearer' }));
    else if (scheme) all.push(found(name, value, [token, ...passwordOf(token)], put, { type: 'basic' }));
    else {
      // "Token abc", "a=b; c=d": the parts may stand elsewhere without the rest.
      const parts = value.split(/[\s;,=]+/).filter((part) => part.length >= MIN_PART_CHARS);
      all.push(found(name, value, parts, put, { type: 'api_key', placement: { in: 'header', name } }));
    }
  }
  return all;
}

/** Shorter parts of a header are words of its scheme. */
const MIN_PART_CHARS = 8;

function passwordOf(token: string): string[] {
  try {
    const text = atob(token);
    return [text, text.slice(text.indexOf(':') + 1)];
  } catch {
    return [];
  }
}

/** `-u user:password`. */
export function secretUser(user: string, headers: Pair[]): Found {
  const password = user.includes(':') ? user.slice(user.indexOf(':') + 1) : '';
  const put = (reference: string) => headers.push(['Authorization', reference]);
  return {
    ...found('authorization', user, password === '' ? [] : [password], put, { type: 'basic' }),
    values: variablesIn(user).length > 0 ? [] : [user, password],
  };
}

export function secretQuery(query: Pair[]): Found[] {
  return [...query].flatMap((pair) => {
    const [name, value] = pair;
    const named = isSensitiveParameter(name) || KEY_NAME.test(name);
    if (!isSecret(value) || !(named || isSecretVariable(value))) return [];
    const put = (reference: string) => {
      pair[1] = reference;
      query.push(pair);
    };
    query.splice(query.indexOf(pair), 1);
    return [found(name, value, [], put, { type: 'api_key', placement: { in: 'query', name } })];
  });
}

/** Fields of a body by their names; each is replaced where it stands. */
export function secretsInBody(body: StepBody): Found[] {
  if (body.type === 'json') return inside(body.content, '');
  if ((body.type === 'form' || body.type === 'multipart') && body.content) return inside(body.content, '');
  return [];
}

function inside(value: Json, nameOfList: string): Found[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const name = Array.isArray(value) ? nameOfList : key;
    const text = typeof item === 'number' ? String(item) : item;
    if (typeof text !== 'string') return inside(item, name);
    if (!isSecret(text) || !(isSensitiveName(name) || KEY_NAME.test(name))) return [];
    // The key is one of the value's own, so that this sets no prototype.
    return [found(name, text, [], (reference) => Reflect.set(value, key, reference))];
  });
}
