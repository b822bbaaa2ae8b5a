import { CurlRefused } from './refused.ts';

export type DataPart = { kind: 'data' | 'urlencode'; text: string };
export type FormField = { text: string; literal: boolean };

/** What a curl command says, before anything is made of it. */
export type CurlCall = {
  urls: string[];
  method: string | undefined;
  head: boolean;
  get: boolean;
  json: boolean;
  /** As written: `Name: value`, `Name;` or `Name:`. */
  headers: string[];
  data: DataPart[];
  form: FormField[];
  user: string | undefined;
  bearer: string | undefined;
  follow: boolean;
  maxRedirects: number | undefined;
  maxSeconds: number | undefined;
  globs: boolean;
};

type Act = (call: CurlCall, value: string, option: string) => void;
/** What an option does; `takes` says whether a value follows it. */
type Option = { takes: boolean; act: Act };

const flag = (act: (call: CurlCall) => void): Option => ({ takes: false, act });
const value = (act: Act): Option => ({ takes: true, act });
const skipped: Option = { takes: false, act: () => {} };
const skippedValue: Option = { takes: true, act: () => {} };
const refused = (why: string, takes = false): Option => ({
  takes,
  act: (_, __, option) => {
    throw new CurlRefused(`${option}: ${why}`);
  },
});

const FILE = 'files of your computer cannot be read here; put the content into the command.';
const PROXY = 'calls go through no proxy of your own.';
const CLIENT_TLS = 'certificates of your own are not supported.';
const ADDRESS = 'calls go to the address that the name resolves to.';
const SCHEME = 'this way of signing in is not supported.';

function data(kind: DataPart['kind'], mayReadFile: boolean): Option {
  return value((call, text, option) => {
    if (mayReadFile && text.startsWith('@')) throw new CurlRefused(`${option} @file: ${FILE}`);
    // In `name@file` the first of the two marks counts.
    if (kind === 'urlencode' && /^[^=]*@/.test(text)) throw new CurlRefused(`${option} name@file: ${FILE}`);
    call.data.push({ kind, text });
  });
}
const number = (option: string, text: string): number => {
  const parsed = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(parsed)) throw new CurlRefused(`${option}: a number is needed.`);
  return parsed;
};
const header = (name: string) => value((call, text) => call.headers.push(`${name}: ${text}`));

const LONG: Readonly<Record<string, Option>> = {
  request: value((call, text) => {
    call.method = text;
  }),
  header: value((call, text, option) => {
    if (text.startsWith('@')) throw new CurlRefused(`${option} @file: ${FILE}`);
    call.headers.push(text);
  }),
  data: data('data', true),
  'data-ascii': data('data', true),
  'data-binary': data('data', true),
  'data-raw': data('data', false),
  'data-urlencode': data('urlencode', true),
  json: value((call, text, option) => {
    if (text.startsWith('@')) throw new CurlRefused(`${option} @file: ${FILE}`);
    call.json = true;
    call.data.push({ kind: 'data', text });
  }),
  form: value((call, text) => call.form.push({ text, literal: false })),
  'form-string': value((call, text) => call.form.push({ text, literal: true })),
  user: value((call, text) => {
    call.user = text;
  }),
  'oauth2-bearer': value((call, text) => {
    call.bearer = text;
  }),
  get: flag((call) => {
    call.get = true;
  }),
  head: flag((call) => {
    call.head = true;
  }),
  location: flag((call) => {
    call.follow = true;
  }),
  'location-trusted': refused('credentials go to no other host than the one they are bound to; use -L.'),
  'max-redirs': value((call, text, option) => {
    call.maxRedirects = number(option, text);
  }),
  'max-time': value((call, text, option) => {
    call.maxSeconds = number(option, text);
  }),
  'user-agent': header('User-Agent'),
  referer: header('Referer'),
  range: value((call, text) => call.headers.push(`Range: bytes=${text}`)),
  cookie: value((call, text, option) => {
    if (!text.includes('=')) throw new CurlRefused(`${option} file: ${FILE}`);
    call.headers.push(`Cookie: ${text}`);
  }),
  url: value((call, text) => call.urls.push(text)),
  globoff: flag((call) => {
    call.globs = false;
  }),
  insecure: refused('the certificate of the service is always checked.'),
  proxy: refused(PROXY, true),
  preproxy: refused(PROXY, true),
  'proxy-user': refused(PROXY, true),
  'proxy-header': refused(PROXY, true),
  'proxy-insecure': refused(PROXY),
  socks4: refused(PROXY, true),
  socks4a: refused(PROXY, true),
  socks5: refused(PROXY, true),
  'socks5-hostname': refused(PROXY, true),
  cert: refused(CLIENT_TLS, true),
  key: refused(CLIENT_TLS, true),
  pass: refused(CLIENT_TLS, true),
  cacert: refused(CLIENT_TLS, true),
  capath: refused(CLIENT_TLS, true),
  'upload-file': refused(FILE, true),
  config: refused(FILE, true),
  netrc: refused(FILE),
  'netrc-file': refused(FILE, true),
  next: refused('give one call.'),
  resolve: refused(ADDRESS, true),
  'connect-to': refused(ADDRESS, true),
  interface: refused(ADDRESS, true),
  'unix-socket': refused(ADDRESS, true),
  digest: refused(SCHEME),
  ntlm: refused(SCHEME),
  negotiate: refused(SCHEME),
  anyauth: refused(SCHEME),
  'aws-sigv4': refused(SCHEME, true),
};

/** They say how curl shows or stores the answer, or what happens here in any case. */
for (const name of [
  'basic',
  'compressed',
  'silent',
  'show-error',
  'verbose',
  'include',
  'fail',
  'fail-with-body',
])
  Object.assign(LONG, { [name]: skipped });
for (const name of [
  'no-buffer',
  'progress-bar',
  'no-progress-meter',
  'remote-name',
  'remote-header-name',
  'ipv4',
  'ipv6',
])
  Object.assign(LONG, { [name]: skipped });
for (const name of [
  'http1.0',
  'http1.1',
  'http2',
  'http2-prior-knowledge',
  'http3',
  'tlsv1',
  'tlsv1.2',
  'tlsv1.3',
])
  Object.assign(LONG, { [name]: skipped });
for (const name of [
  'output',
  'write-out',
  'dump-header',
  'cookie-jar',
  'connect-timeout',
  'retry',
  'retry-delay',
])
  Object.assign(LONG, { [name]: skippedValue });
for (const name of [
  'retry-max-time',
  'limit-rate',
  'keepalive-time',
  'max-filesize',
  'stderr',
  'speed-time',
  'speed-limit',
])
  Object.assign(LONG, { [name]: skippedValue });

const SHORT: Readonly<Record<string, string>> = {
  ...{ X: 'request', H: 'header', d: 'data', F: 'form', u: 'user', G: 'get', I: 'head', L: 'location' },
  ...{ m: 'max-time', A: 'user-agent', e: 'referer', r: 'range', b: 'cookie', g: 'globoff', k: 'insecure' },
  ...{ x: 'proxy', U: 'proxy-user', E: 'cert', T: 'upload-file', K: 'config', n: 'netrc', ':': 'next' },
  ...{
    s: 'silent',
    S: 'show-error',
    v: 'verbose',
    i: 'include',
    f: 'fail',
    N: 'no-buffer',
    '#': 'progress-bar',
  },
  ...{ O: 'remote-name', J: 'remote-header-name', '4': 'ipv4', '6': 'ipv6', '0': 'http1.0', '1': 'tlsv1' },
  ...{ o: 'output', w: 'write-out', D: 'dump-header', c: 'cookie-jar', Y: 'speed-limit', y: 'speed-time' },
};

/** Reads the words after `curl`. Throws `CurlRefused`. */
export function readOptions(words: readonly string[]): CurlCall {
  const call: CurlCall = {
    ...{
      urls: [],
      headers: [],
      data: [],
      form: [],
      head: false,
      get: false,
      json: false,
      follow: false,
      globs: true,
    },
    ...{
      method: undefined,
      user: undefined,
      bearer: undefined,
      maxRedirects: undefined,
      maxSeconds: undefined,
    },
  };
  let onlyUrls = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const following = (option: string) => {
      at += 1;
      const next = words[at];
      if (next === undefined) throw new CurlRefused(`${option}: a value is needed.`);
      return next;
    };
    if (onlyUrls || !word.startsWith('-') || word === '-') call.urls.push(word);
    else if (word === '--') onlyUrls = true;
    else if (word.startsWith('--')) {
      const option = optionNamed(word.slice(2), at);
      option.act(call, option.takes ? following(word) : '', word);
    } else readCluster(word, at, call, following);
  }
  return call;
}

/** `-sSXPOST`: the first option that takes a value takes the rest of the word, or else the next one. */
function readCluster(word: string, at: number, call: CurlCall, following: (option: string) => string): void {
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    const option = optionNamed(Object.hasOwn(SHORT, letter) ? (SHORT[letter] ?? '') : '', at);
    const name = `-${letter}`;
    if (!option.takes) option.act(call, '', name);
    else {
      const rest = word.slice(index + 1);
      option.act(call, rest === '' ? following(name) : rest, name);
      return;
    }
  }
}

/** One that is not known is told by its place: what looks like an option may be a part of a secret. */
function optionNamed(name: string, at: number): Option {
  const option = Object.hasOwn(LONG, name) ? LONG[name] : undefined;
  if (option) return option;
  throw new CurlRefused(`Word ${at + 2} of the command is an option that is not understood here.`);
}
