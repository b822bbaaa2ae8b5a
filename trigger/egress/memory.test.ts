/** What hostile answers cost: each is asked for by a process of its own, whose memory is measured. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { ONE_MIB, startTcp } from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** As the engine asks: 5 MiB for an answer, ten calls at once. */
const MAX_RESPONSE_BYTES = 5 * ONE_MIB;
const CALLS = 10;
const MAX_CHILD_BYTES = 300 * ONE_MIB;

interface Seen {
  readonly outcomes: readonly (string | number)[];
  readonly mostBytes: number;
  /** Taken by the sockets of the server until they were closed. */
  readonly writtenBytes: number;
}

/** Answers with `head`, then with `part` over and over, until `bytes` are written or the peer has had enough. */
async function callWith(head: string, part: Buffer, bytes: number, timeoutMs = 20_000): Promise<Seen> {
  let writtenBytes = 0;
  const server = await startTcp((socket) =>
    socket.once('data', () => {
      socket.write(head);
      let left = bytes;
      const push = () => {
        while (!socket.destroyed && left > 0) {
          const chunk = part.subarray(0, Math.min(part.length, left));
          left -= chunk.length;
          writtenBytes += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', push);
      push();
    }),
  );
  cleanups.push(server.close);
  const child = new URL('./memory-child.testing.ts', import.meta.url).pathname;
  const parameters = [`${server.origin}/`, CALLS, MAX_RESPONSE_BYTES, timeoutMs].map(String);
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', child, ...parameters]);
  return { ...(JSON.parse(stdout) as Omit<Seen, 'writtenBytes'>), writtenBytes };
}

const OK = 'HTTP/1.1 200 OK\r\n';
const chunk = (data: Buffer) =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
const BLOCK = Buffer.alloc(64 * 1024, 'x');

/** A quarter of a gigabyte of nothing, and what compression makes of it. */
const ZEROES = Buffer.alloc(256 * ONE_MIB);
const BOMBS: readonly (readonly [encoding: string, body: Buffer])[] = [
  ['gzip', zlib.gzipSync(ZEROES)],
  ['deflate', zlib.deflateSync(ZEROES)],
  ['br', zlib.brotliCompressSync(ZEROES, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })],
  ['zstd', zlib.zstdCompressSync(ZEROES)],
  ['gzip, gzip', zlib.gzipSync(zlib.gzipSync(ZEROES))],
  [
    'br, gzip',
    zlib.gzipSync(zlib.brotliCompressSync(ZEROES, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })),
  ],
  ['gzip, zstd', zlib.zstdCompressSync(zlib.gzipSync(ZEROES))],
];

describe(`${CALLS} calls at once stay below ${MAX_CHILD_BYTES / ONE_MIB} MiB`, () => {
  it.each(BOMBS)('against a compression bomb in %s', async (encoding, body) => {
    const head = `${OK}content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
    const seen = await callWith(head, body, body.length);
    expect(seen.outcomes).toEqual(['response_too_large']);
    expect(seen.mostBytes).toBeLessThan(MAX_CHILD_BYTES);
  });

  it('against a body of 1 GB that is announced, which is not read', async () => {
    const seen = await callWith(`${OK}content-length: 1000000000\r\n\r\n`, BLOCK, 1e9);
    expect(seen.outcomes).toEqual(['response_too_large']);
    expect(seen.mostBytes).toBeLessThan(MAX_CHILD_BYTES);
    // What the buffers of the sockets take, and no more.
    expect(seen.writtenBytes).toBeLessThan(CALLS * 8 * ONE_MIB);
  });

  it.each([
    ['chunked', `${OK}transfer-encoding: chunked\r\n\r\n`, chunk(BLOCK)],
    ['that ends with its connection', `${OK}\r\n`, BLOCK],
  ])('against a body of 1 GB, %s, which is cut at the cap', async (_, head, part) => {
    const seen = await callWith(head, part, 1e9);
    expect(seen.outcomes).toEqual(['response_too_large']);
    expect(seen.mostBytes).toBeLessThan(MAX_CHILD_BYTES);
    expect(seen.writtenBytes).toBeLessThan(CALLS * (MAX_RESPONSE_BYTES + 16 * ONE_MIB));
  });

  it('against chunks of one byte', async () => {
    const one = Buffer.alloc(60_000, '1\r\nx\r\n');
    // Five million chunks for each call, which is within its cap.
    const seen = await callWith(
      `${OK}transfer-encoding: chunked\r\n\r\n`,
      one,
      12 * MAX_RESPONSE_BYTES,
      4_000,
    );
    expect(['response_too_large', 'body_timeout']).toEqual(expect.arrayContaining([...seen.outcomes]));
    expect(seen.mostBytes).toBeLessThan(MAX_CHILD_BYTES);
  });

  it.each([
    ['headers that never end', OK, Buffer.alloc(64 * 1024, 'x-h: 1\r\n'), 'too_many_headers'],
    ['one header that never ends', `${OK}x: `, BLOCK, 'too_many_headers'],
    [
      '10,000 headers',
      OK,
      Buffer.from(`${Array.from({ length: 10_000 }, (_, at) => `x-${at}: 1\r\n`).join('')}\r\n`),
      'too_many_headers',
    ],
    [
      'trailers that never end',
      `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`,
      Buffer.alloc(64 * 1024, 'x-t: 1\r\n'),
      'too_many_headers',
    ],
    [
      'interim answers that never end',
      '',
      Buffer.alloc(56_000, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      'invalid_response',
    ],
    ['a chunk extension that never ends', `${OK}transfer-encoding: chunked\r\n\r\n5;`, BLOCK, 'body_timeout'],
    ['a status line that never ends', 'HTTP/1.1 200 ', BLOCK, 'headers_timeout'],
  ])('against %s', async (_, head, part, code) => {
    // What ends by the clock is given little of it.
    const seen = await callWith(head, part, 1e10, code.endsWith('_timeout') ? 1_000 : 20_000);
    expect(seen.outcomes).toEqual([code]);
    expect(seen.mostBytes).toBeLessThan(MAX_CHILD_BYTES);
  });
});
