import type { Limits } from '../limits.ts';
import { addDuration, dateHelpers, type JsonataDates } from './dates.ts';
import { hash, hmac } from './digest.ts';
import { base64decode, base64UrlEncode } from './encoding.ts';
import { fromJson, toJson } from './json.ts';

/** A function that every expression has and JSONata lacks. */
export interface Helper {
  /** The types of its parameters, as JSONata writes them (docs.jsonata.org/programming). */
  signature: string;
  /** For partial application, which goes by the names that it finds in a function's source. */
  parameters: readonly string[];
  /** How many of them must be given: `$map` and the like pass on no more. */
  required: number;
  run: (this: unknown, ...parameters: unknown[]) => unknown;
}

/** All helpers by their names, which `HELPER_FUNCTIONS` lists for those who only parse. */
export function createHelpers(limits: Limits, jsonata: JsonataDates): Readonly<Record<string, Helper>> {
  const { formatDate, parseDate } = dateHelpers(jsonata);
  const helper = (signature: string, parameters: string, required: number, run: Helper['run']): Helper => ({
    signature,
    parameters: parameters === '' ? [] : parameters.split(' '),
    required,
    run,
  });
  return {
    addDuration: helper('<(sn)ss?:s>', 'date duration timeZone', 2, addDuration),
    base64UrlDecode: helper('<s:s>', 'text', 1, base64decode),
    base64UrlEncode: helper('<s:s>', 'text', 1, base64UrlEncode),
    formatDate: helper('<(sn)s?s?:s>', 'date picture timeZone', 1, formatDate),
    fromJson: helper('<s:x>', 'text', 1, fromJson(limits)),
    hash: helper('<ss?s?:s>', 'text algorithm encoding', 1, hash),
    hmac: helper('<sss?s?s?:s>', 'key text algorithm encoding keyEncoding', 2, hmac),
    parseDate: helper('<ss?s?:s>', 'text picture timeZone', 1, parseDate),
    toJson: helper('<x:s>', 'value', 1, toJson(limits)),
    uuid: helper('<:s>', '', 0, () => crypto.randomUUID()),
  };
}
