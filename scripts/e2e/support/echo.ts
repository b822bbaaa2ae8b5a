import { gzipSync } from 'node:zlib';
import type { Call, Handler } from './upstream.ts';

/** How the other side answers, by the first segment of the path. */
export const MODES = [
  'json',
  'text',
  'xml',
  'binary',
  'gzip',
  'status500',
  'status404',
  'garbage',
  'redirect',
  'partial',
  'reset',
  'timeout',
] as const;
/**
 * `mirror` says back what came as it came, in no further encoding: for what is encoded already. `pages` is a list of three
 * pages, whose references to the next one say back the whole request, as real ones do.
 */
export type Mode = (typeof MODES)[number] | 'mirror' | 'pages';
const PAGES = 3;

const xml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const encoders: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  url: encodeURIComponent,
  form: (text) => new URLSearchParams({ echo: text }).toString(),
  json: (text) => JSON.stringify(text),
  xml,
  hex: (text) => Buffer.from(text).toString('hex'),
};

/** What the caller said, each part decoded: once encoded again by the echo, it is encoded once. */
export function partsOf(call: Call): { short: string[]; all: string[] } {
  const headers = Object.values(call.headers).flatMap((value) => value ?? []);
  const basic = headers.flatMap((value) => {
    const token = /^Basic (.+)$/.exec(value)?.[1];
    return token ? [Buffer.from(token, 'base64').toString()] : [];
  });
  const short = [decodeURIComponent(call.path), ...call.query.values(), ...headers, ...basic];
  return { short, all: [...short, ...textsOf(call)].filter((part) => part !== '') };
}

/** The texts in a body, without the escapes of its format. */
function textsOf({ headers, body }: Call): string[] {
  const text = body.toString();
  switch (headers['content-type']?.split(';')[0]) {
    case 'application/json':
      return leavesOf(JSON.parse(text));
    case 'application/x-www-form-urlencoded':
      return [...new URLSearchParams(text).values()];
    case 'application/xml':
      return [];
    default:
      return [text];
  }
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

/** A service that says back all that it was told, in every encoding, in its body and in its headers. */
export const echo: Handler = async (call, response) => {
  const mode = call.path.split('/')[1] ?? '';
  const { short, all } = partsOf(call);
  const type = (value: string) => response.setHeader('content-type', value);
  type('application/json');
  if (mode === 'mirror') return void response.end(JSON.stringify({ target: call.target, mirrored: all }));

  const inHeaders = short.join(' ');
  response.setHeader('x-echo-base64', Buffer.from(inHeaders).toString('base64'));
  response.setHeader('x-echo-url', encodeURIComponent(inHeaders));
  if (/^[\t\x20-\x7e\xa0-\xff]*$/.test(inHeaders)) response.setHeader('x-echo-raw', inHeaders);
  const echoed = Object.fromEntries(
    Object.entries(encoders).map(([name, encode]) => [name, all.map(encode)]),
  );
  const asTheyCame = { target: call.target, body: call.body.toString() };
  const body = JSON.stringify({ ...asTheyCame, echoed, [all.at(-1) ?? 'none']: 'as a key' });
  switch (mode) {
    case 'pages': {
      const n = Number(call.query.get('page') ?? call.query.get('cursor')?.split('.')[0] ?? 1);
      const next = new URL(call.target, `http://${call.headers.host}`);
      next.searchParams.set('page', String(n + 1));
      if (n < PAGES) response.setHeader('link', `<${next.href}>; rel="next"`);
      const cursor = `${n + 1}.${Buffer.from(inHeaders).toString('base64url')}`;
      const more = n < PAGES ? { next: next.href, cursor } : {};
      return void response.end(JSON.stringify({ items: [{ echoed }, { all }], ...more }));
    }
    case 'text':
      type('text/plain');
      return void response.end(body);
    case 'xml':
      type('application/xml');
      return void response.end(`<e>${all.map((part) => `<p>${xml(part)}</p>`).join('')}</e>`);
    case 'binary':
      type('application/octet-stream');
      return void response.end(`\u0000${all.join('\n')}`);
    case 'gzip':
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync(body));
    case 'status500':
      return void response.writeHead(500).end(body);
    case 'status404':
      return void response.writeHead(404).end(body);
    case 'garbage':
      return void response.end(`{"not json: ${body}`);
    case 'redirect':
      return void response.writeHead(307, { location: call.target.replace('/redirect', '/json') }).end();
    case 'partial':
      response.setHeader('content-length', Buffer.byteLength(body) + 10);
      response.write(body);
      return void setTimeout(() => response.destroy(), 5);
    case 'reset':
      return void response.destroy();
    case 'timeout':
      // An answer that begins and never ends.
      return void response.write(body.slice(0, 50));
    default:
      return void response.end(body);
  }
};
