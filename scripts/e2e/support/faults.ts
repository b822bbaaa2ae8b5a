import zlib from 'node:zlib';
import type { StepInput } from '../../../core/connector/step-schema.ts';
import type { ErrorClass } from '../../../core/execution/schema.ts';
import type { Answer, Visit } from './fault-server.ts';
import { SECOND } from './size.ts';

/** What another service can do to a step that asks it for something, and what has to become of the execution. */
export type Fault = {
  name: string;
  /** Where the step calls: a server that answers so; or something that is not to be reached. */
  at: Answer | { tls: Answer } | 'deaf port' | 'closed port' | 'unknown name' | 'plain text to https';
  /** What the step says besides its request. */
  step?: Partial<StepInput>;
  /** How the execution ends: `class/code` of its error. */
  ends: 'succeeded' | `${ErrorClass}/${string}`;
  attempts: number;
  /** A success says what `body` is. */
  body?: unknown;
  /** Between the first two calls at least, ms. */
  apartMs?: number;
};

/** Of a step that is to end by its clock. */
const IMPATIENT = { timeout_ms: 1.5 * SECOND } as const;
const OK = 'HTTP/1.1 200 OK\r\n';
const JSON_TYPE = 'content-type: application/json\r\n';
const KIB = 1024;
const BLOCK = Buffer.alloc(64 * KIB, 'x');
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), BLOCK, Buffer.from('\r\n')]);
const GIGABYTE = 1e9;
const BOMB = zlib.gzipSync(Buffer.alloc(256 * KIB * KIB));
const DEEP = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;

const head = (status: string, headers = '') => `HTTP/1.1 ${status}\r\n${headers}`;
const full = (status: string, body: string, headers = JSON_TYPE) =>
  `${head(status, headers)}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const says =
  (text: string): Answer =>
  ({ socket }) =>
    socket.write(text);
/** Says it and hangs up. */
const last =
  (text: string): Answer =>
  ({ socket }) =>
    socket.end(text);
/** The first call gets this, every later one an answer. */
const atFirst =
  (first: (visit: Visit) => string): Answer =>
  (visit) =>
    visit.socket.write(visit.visit === 1 ? first(visit) : full('200 OK', '{"ok":true}'));
const tooMany = (retryAfter: string) =>
  full('429 Too Many Requests', '{}', `${JSON_TYPE}retry-after: ${retryAfter}\r\n`);

/** `start`, then `part` over and over as fast as the other side takes it, until it hangs up or has had `bytes`. */
function flood(start: string, part: Buffer, bytes = Number.POSITIVE_INFINITY): Answer {
  return ({ socket }) => {
    let left = bytes;
    const push = () => {
      while (!socket.destroyed && left > 0) {
        left -= part.length;
        if (!socket.write(part)) return;
      }
    };
    socket.write(start);
    socket.on('drain', push);
    push();
  };
}

/** `start`, then a byte a second. */
const drip =
  (start: string): Answer =>
  ({ socket }) => {
    socket.write(start);
    const timer = setInterval(() => socket.write('x'), SECOND);
    socket.once('close', () => clearInterval(timer));
  };

const silence: Answer = () => {};

export const FAULTS: readonly Fault[] = [
  {
    name: 'retry_after_seconds',
    at: atFirst(() => tooMany('2')),
    ends: 'succeeded',
    attempts: 2,
    apartMs: 2 * SECOND,
  },
  {
    name: 'retry_after_date',
    // Dates know no milliseconds.
    at: atFirst(() => tooMany(new Date(Date.now() + 3 * SECOND).toUTCString())),
    ends: 'succeeded',
    attempts: 2,
    apartMs: 2 * SECOND,
  },
  {
    name: 'retry_after_garbage',
    at: atFirst(() => tooMany('soon, 99999999999999999999')),
    ends: 'succeeded',
    attempts: 2,
  },
  {
    name: 'retry_after_too_long',
    at: says(tooMany('86400')),
    step: { retry: { max_attempts: 3, max_elapsed_ms: 60 * SECOND } },
    ends: 'rate_limit/http_429',
    attempts: 1,
  },
  { name: 'always_429', at: says(tooMany('0')), ends: 'rate_limit/http_429', attempts: 2 },
  { name: 'status_500', at: says(full('500 No', '{"e":1}')), ends: 'upstream/http_500', attempts: 2 },
  { name: 'status_503', at: says(full('503 No', '{}')), ends: 'upstream/http_503', attempts: 2 },
  { name: 'status_503_once', at: atFirst(() => full('503 No', '{}')), ends: 'succeeded', attempts: 2 },
  { name: 'status_504', at: says(full('504 No', '{}')), ends: 'timeout/http_504', attempts: 2 },
  { name: 'status_401', at: says(full('401 No', '{}')), ends: 'authentication/http_401', attempts: 1 },
  {
    name: 'reset_before_headers',
    at: ({ socket }) => socket.resetAndDestroy(),
    ends: 'network/connect_reset',
    attempts: 2,
  },
  {
    name: 'reset_after_headers',
    at: ({ socket }) => {
      socket.write(`${OK}content-length: 100\r\n\r\nxxx`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    },
    ends: 'network/connect_reset',
    attempts: 2,
  },
  { name: 'untrusted_certificate', at: { tls: silence }, ends: 'network/tls_failed', attempts: 2 },
  { name: 'no_tls_there', at: 'plain text to https', ends: 'network/tls_failed', attempts: 2 },
  { name: 'unknown_name', at: 'unknown name', ends: 'network/dns_failed', attempts: 2 },
  { name: 'refused', at: 'closed port', ends: 'network/connect_refused', attempts: 2 },
  {
    name: 'connect_hangs',
    at: 'deaf port',
    step: IMPATIENT,
    ends: 'timeout/connect_timeout',
    attempts: 2,
  },
  { name: 'never_answers', at: silence, step: IMPATIENT, ends: 'timeout/headers_timeout', attempts: 2 },
  {
    name: 'byte_a_second',
    at: drip(`${OK}content-length: 1000\r\n\r\n`),
    step: IMPATIENT,
    ends: 'timeout/body_timeout',
    attempts: 2,
  },
  {
    name: 'header_byte_a_second',
    at: drip(`${OK}x-slow: `),
    step: IMPATIENT,
    ends: 'timeout/headers_timeout',
    attempts: 2,
  },
  {
    name: 'truncated_chunk',
    at: last(`${OK}transfer-encoding: chunked\r\n\r\nff\r\nonly this`),
    ends: 'network/connect_reset',
    attempts: 2,
  },
  {
    name: 'truncated_body',
    at: last(`${OK}content-length: 1000\r\n\r\nonly this`),
    ends: 'network/connect_reset',
    attempts: 2,
  },
  {
    name: 'garbage_chunk_size',
    at: says(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\nx\r\n`),
    ends: 'upstream/invalid_response',
    attempts: 2,
  },
  {
    name: 'no_http',
    at: last('SSH-2.0-OpenSSH_9.6\r\n'),
    ends: 'upstream/invalid_response',
    attempts: 2,
  },
  {
    name: 'garbage_json',
    at: says(full('200 OK', '{"a": 1,,')),
    ends: 'upstream/invalid_json',
    attempts: 1,
  },
  { name: 'deep_json', at: says(full('200 OK', DEEP)), ends: 'upstream/response_too_deep', attempts: 1 },
  {
    name: 'html_called_json',
    at: says(full('200 OK', '<html>Sign in</html>')),
    ends: 'upstream/invalid_json',
    attempts: 1,
  },
  {
    name: 'json_called_html',
    at: says(full('200 OK', '{"ok":true}', 'content-type: text/html\r\n')),
    step: { response: { type: 'json' } },
    ends: 'succeeded',
    attempts: 1,
  },
  {
    name: 'gigabyte_announced',
    at: flood(`${OK}content-length: ${GIGABYTE}\r\n\r\n`, BLOCK, GIGABYTE),
    ends: 'upstream/response_too_large',
    attempts: 1,
  },
  {
    name: 'gigabyte_in_chunks',
    at: flood(`${OK}transfer-encoding: chunked\r\n\r\n`, CHUNK, GIGABYTE),
    ends: 'upstream/response_too_large',
    attempts: 1,
  },
  {
    name: 'gzip_bomb',
    at: ({ socket }) => {
      socket.write(`${OK}${JSON_TYPE}content-encoding: gzip\r\ncontent-length: ${BOMB.length}\r\n\r\n`);
      socket.write(BOMB);
    },
    ends: 'upstream/response_too_large',
    attempts: 1,
  },
  {
    name: 'broken_gzip',
    at: says(full('200 OK', 'no gzip at all', `${JSON_TYPE}content-encoding: gzip\r\n`)),
    ends: 'upstream/decompression_failed',
    attempts: 1,
  },
  {
    name: 'redirect_loop',
    at: says(full('302 Found', '', 'location: /again\r\n')),
    ends: 'upstream/too_many_redirects',
    attempts: 1,
  },
  {
    name: 'redirect_to_private',
    at: says(full('302 Found', '', 'location: http://10.0.0.1/\r\n')),
    ends: 'egress_blocked/blocked_address',
    attempts: 1,
  },
  {
    name: 'redirect_to_metadata',
    at: says(full('307 Found', '', 'location: http://169.254.169.254/latest\r\n')),
    ends: 'egress_blocked/blocked_address',
    attempts: 1,
  },
  {
    name: 'ten_thousand_headers',
    at: says(`${OK}${Array.from({ length: 10_000 }, (_, n) => `x-${n}: 1\r\n`).join('')}\r\n`),
    ends: 'upstream/too_many_headers',
    attempts: 1,
  },
  {
    name: 'header_of_a_megabyte',
    at: says(`${OK}x-large: ${'x'.repeat(KIB * KIB)}\r\n\r\n`),
    ends: 'upstream/too_many_headers',
    attempts: 1,
  },
  {
    name: 'headers_without_end',
    at: flood(OK, Buffer.alloc(64 * KIB, 'x-h: 1\r\n')),
    ends: 'upstream/too_many_headers',
    attempts: 1,
  },
  {
    name: 'interim_answers_without_end',
    at: flood('', Buffer.alloc(56_000, 'HTTP/1.1 103 Early Hints\r\n\r\n')),
    ends: 'upstream/invalid_response',
    attempts: 2,
  },
  {
    name: 'http_1_0_that_closes',
    at: last(`HTTP/1.0 200 OK\r\n${JSON_TYPE}\r\n{"ok":true}`),
    ends: 'succeeded',
    attempts: 1,
  },
  {
    name: 'status_204_with_a_body',
    at: says(full('204 No Content', '{"ok":false}')),
    ends: 'succeeded',
    attempts: 1,
    body: null,
  },
];
