import { encodeForm, encodeQuery, type FormPair, FormPairError, flatPairs } from '../connector/form-pairs.ts';
import type { StepBody, StepRequest } from '../connector/schema.ts';
import type { Placement } from '../credential/schema.ts';
import type { Json } from '../json/json.ts';
import { MaskedText, variableName } from './masked-text.ts';
import { commandLine } from './quote.ts';
import { CurlRefused } from './refused.ts';
import type { ExportedCurl } from './schema.ts';
import { markVariable, withoutMarks } from './variables.ts';

/** What is known of the credential that `auth` names; a bearer token is taken for one that nobody stored. */
export type ExportCredential = {
  type: 'bearer' | 'api_key' | 'basic' | 'custom';
  placement: Placement | null;
  base_url: string | null;
};
const UNKNOWN: ExportCredential = { type: 'bearer', placement: null, base_url: null };

export type Args = string[][];

/**
 * A step's request as a curl command. Expressions stay as they are, but for those that read a credential: they, and what
 * `auth` sends, are variables of the shell. Throws `CurlRefused` for what no command can hold.
 */
export function exportStepRequest(request: StepRequest, credential: ExportCredential | null): ExportedCurl {
  const notes: string[] = [];
  const masked = new MaskedText();
  const auth = request.auth ? authOf(request.auth.credential, credential ?? UNKNOWN, notes) : NO_AUTH;
  if (request.auth && credential === null)
    notes.push(`No credential "${request.auth.credential}" is stored: it is written as a bearer token.`);
  const url = urlOf(request, credential?.base_url ?? null, auth.query, masked);
  const said = Object.keys(request.headers ?? {}).find((name) => name.toLowerCase() === 'content-type');
  const body = bodyArgs(request.body, said !== undefined, masked, notes);
  const headers = Object.entries(request.headers ?? {}).filter(
    ([name]) => !auth.headers.some(([own]) => own.toLowerCase() === name.toLowerCase()),
  );
  return {
    command: commandOf(
      request.method,
      url,
      [
        ...redirectArgs(request.max_redirects),
        ...auth.args,
        ...headers.map(([name, value]) => headerArg(name, masked.text(value))),
        ...auth.headers.map(([name, value]) => headerArg(name, value)),
        ...body,
      ],
      body.length > 0,
    ),
    notes,
  };
}

/** The command for these arguments. Throws `CurlRefused`. */
export function commandOf(method: string, url: string, args: Args, hasBody: boolean): string {
  const usual = hasBody ? 'POST' : 'GET';
  const methodArgs = method === 'HEAD' ? [['--head']] : method === usual ? [] : [['--request', method]];
  // curl would read patterns in it.
  const globoff = /[[\]{}]/.test(url) ? [['--globoff']] : [];
  const all = [url.startsWith('-') ? ['--url', url] : [url], ...globoff, ...methodArgs, ...args];
  if (all.flat().some((word) => word.includes('\0')))
    throw new CurlRefused('The request holds a NUL, which no command can.');
  return commandLine(all.map((words) => words.map((word) => word.toWellFormed())));
}

export function headerArg(name: string, value: string): string[] {
  return ['--header', value === '' ? `${name};` : `${name}: ${value}`];
}

function redirectArgs(max: number | undefined): Args {
  if (max === 0) return [];
  return max === undefined ? [['--location']] : [['--location'], ['--max-redirs', String(max)]];
}

type Auth = { args: Args; headers: [string, string][]; query: [string, string][] };
const NO_AUTH: Auth = { args: [], headers: [], query: [] };

function authOf(service: string, { type, placement }: ExportCredential, notes: string[]): Auth {
  const variable = (field: string) => markVariable(variableName(`${service}_${field}`));
  switch (type) {
    case 'bearer':
      return { ...NO_AUTH, headers: [['Authorization', `Bearer ${variable('token')}`]] };
    case 'basic':
      return { ...NO_AUTH, args: [['--user', `${variable('username')}:${variable('password')}`]] };
    case 'api_key': {
      const pair: [string, string] = [placement?.name ?? 'X-Api-Key', variable('api_key')];
      return placement?.in === 'query' ? { ...NO_AUTH, query: [pair] } : { ...NO_AUTH, headers: [pair] };
    }
    case 'custom':
      notes.push(`The credential "${service}" is a custom one, which auth itself does not send.`);
      return NO_AUTH;
  }
}

function urlOf(
  { url, query, query_lists, auth }: StepRequest,
  base: string | null,
  secrets: readonly [string, string][],
  masked: MaskedText,
): string {
  const below = base ?? markVariable(variableName(`${auth?.credential ?? 'service'}_base_url`));
  const written = masked.text(url).replace(/#.*$/s, (fragment) => (fragment.includes('}}') ? fragment : ''));
  const whole = url.startsWith('/') ? below + written : written;
  const pairs = pairsOf(query ?? {}, 'query', query_lists).filter(
    ({ name }) => !secrets.some(([own]) => own === name),
  );
  const texts = [
    ...pairs.map(
      ({ name, values }) =>
        `${encodeQuery(name)}=${values.map((text) => masked.text(text, encodeQuery)).join(',')}`,
    ),
    ...secrets.map(([name, variable]) => `${encodeQuery(name)}=${variable}`),
  ];
  if (texts.length === 0) return whole;
  return `${whole}${whole.includes('?') ? '&' : '?'}${texts.join('&')}`;
}

function pairsOf(
  values: Parameters<typeof flatPairs>[0],
  field: string,
  lists: StepRequest['query_lists'],
): FormPair[] {
  try {
    return flatPairs(values, field, lists);
  } catch (error) {
    if (error instanceof FormPairError) throw new CurlRefused(error.message);
    throw error;
  }
}

const contentType = (type: string, overruled: boolean): Args =>
  overruled ? [] : [headerArg('Content-Type', type)];

function bodyArgs(body: StepBody | undefined, overruled: boolean, masked: MaskedText, notes: string[]): Args {
  const raw = (type: string, text: string): Args => [...contentType(type, overruled), ['--data-raw', text]];
  switch (body?.type) {
    case undefined:
    case 'none':
      return [];
    case 'json':
      return raw('application/json', JSON.stringify(maskedJson(body.content, masked)));
    case 'form':
      return formArgs(pairsOf(body.content, 'body', body.lists), masked);
    case 'multipart':
      return multipartArgs(body, masked, notes);
    case 'xml':
      return raw('application/xml; charset=utf-8', masked.text(body.content));
    case 'raw':
      return raw(body.content_type ?? 'text/plain; charset=utf-8', masked.text(body.content));
    case 'binary':
      notes.push('Put the bytes of the body into the file body.bin: no command can hold them.');
      return [
        ...contentType(body.content_type ?? 'application/octet-stream', overruled),
        ['--data-binary', '@body.bin'],
      ];
  }
}

/** Strings are templates, keys are not. */
function maskedJson(value: Json, masked: MaskedText): Json {
  if (typeof value === 'string') return masked.text(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, masked));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [withoutMarks(key), maskedJson(item, masked)]),
  );
}

function formArgs(pairs: readonly FormPair[], masked: MaskedText): Args {
  if (pairs.length === 0) return [['--data-raw', '']];
  return pairs.map(({ name, values }) => {
    const [only = '', ...more] = values;
    if (more.length === 0) return ['--data-urlencode', `${encodeForm(name)}=${masked.text(only)}`];
    const list = values.map((text) => masked.text(text, encodeForm)).join(',');
    return ['--data-raw', `${encodeForm(name)}=${list}`];
  });
}

/** What curl reads back as it stands, parameters included. */
const PLAIN_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/;

function multipartArgs(
  { content, files }: Extract<StepBody, { type: 'multipart' }>,
  masked: MaskedText,
  notes: string[],
): Args {
  const fields = pairsOf(content ?? {}, 'body', undefined).map(({ name, values: [text = ''] }) => [
    '--form-string',
    `${partName(name)}=${masked.text(text)}`,
  ]);
  const parts = Object.entries(files ?? {}).map(([name, file]) => {
    const filename = masked.text(file.filename);
    if (file.base64 !== undefined)
      notes.push(
        `Put the bytes of the file of the field ${JSON.stringify(name)} where the command names it.`,
      );
    const source = file.base64 === undefined ? `${inQuotes(masked.text(file.content ?? ''))};filename=` : '@';
    const type = file.content_type ?? 'application/octet-stream';
    if (!PLAIN_TYPE.test(type))
      notes.push(`The content type of the field ${JSON.stringify(name)} is left out.`);
    return [
      '--form',
      `${partName(name)}=${source}${inQuotes(filename)}${PLAIN_TYPE.test(type) ? `;type=${type}` : ''}`,
    ];
  });
  const all = [...fields, ...parts];
  if (all.length === 0) throw new CurlRefused('A multipart body without a part is none that curl can send.');
  return all;
}

function partName(name: string): string {
  if (name.includes('=')) throw new CurlRefused('The name of a part holds =, which curl cannot send.');
  return withoutMarks(name);
}

function inQuotes(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
