import { promisify } from 'node:util';
import zlib from 'node:zlib';

export type DecodeResult =
  | { readonly ok: true; readonly body: Uint8Array }
  | {
      readonly ok: false;
      readonly code: 'response_too_large' | 'decompression_failed';
      readonly message: string;
    };

type Decoder = (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(zlib.gunzip)],
  ['x-gzip', promisify(zlib.gunzip)],
  ['deflate', decodeDeflate],
  ['br', promisify(zlib.brotliDecompress)],
  // From Node 22.15: on an older runtime the door still opens, without zstd.
  ...(typeof zlib.zstdDecompress === 'function' ? [['zstd', promisify(zlib.zstdDecompress)] as const] : []),
]);

export const ACCEPT_ENCODING = ['gzip', 'deflate', 'br', 'zstd']
  .filter((name) => DECODERS.has(name))
  .join(', ');

/** Nested encodings multiply a bomb's factor; real services send one. */
const MAX_LAYERS = 2;

/** As many as the runtime has threads for it. Further ones would hold what they have of their output while they wait. */
const DECODED_AT_ONCE = 4;
let decoding = 0;
const inLine: (() => void)[] = [];

async function whenThereIsRoom<T>(decode: () => Promise<T>): Promise<T> {
  if (decoding < DECODED_AT_ONCE) decoding += 1;
  // Whoever leaves gives its place on.
  else await new Promise<void>((resolve) => inLine.push(resolve));
  try {
    return await decode();
  } finally {
    const next = inLine.shift();
    if (next) next();
    else decoding -= 1;
  }
}

/**
 * Undoes Content-Encoding (RFC 9110 section 8.4), last applied first. Output is bounded while it is produced, at
 * every layer, so that a compression bomb costs at most `maxBytes` of memory.
 */
export async function decodeBody(
  body: Uint8Array,
  contentEncoding: string,
  maxBytes: number,
): Promise<DecodeResult> {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length > MAX_LAYERS) return failed('The answer is compressed too many times over.');

  let decoded = body;
  // An empty body has nothing to decode, whatever its headers say (HEAD, 204, 304).
  for (const name of decoded.length === 0 ? [] : names.toReversed()) {
    const decoder = DECODERS.get(name);
    if (decoder === undefined) return failed('The answer has a content encoding that is not supported.');
    const encoded = decoded;
    try {
      decoded = await whenThereIsRoom(() => decoder(encoded, { maxOutputLength: maxBytes }));
    } catch (error) {
      if (isTooLarge(error)) {
        return {
          ok: false,
          code: 'response_too_large',
          message: `The answer decompresses to over ${maxBytes} bytes.`,
        };
      }
      return failed('The answer could not be decompressed.');
    }
  }
  return { ok: true, body: decoded };
}

/** `deflate` means zlib framing, but some servers send the bare stream (RFC 9110 section 8.4.1.2, note). */
async function decodeDeflate(data: Uint8Array, options: { maxOutputLength: number }): Promise<Uint8Array> {
  const isZlib = ((data[0] ?? 0) & 0x0f) === 8 && (((data[0] ?? 0) << 8) | (data[1] ?? 0)) % 31 === 0;
  return isZlib ? inflate(data, options) : inflateRaw(data, options);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function failed(message: string): DecodeResult {
  return { ok: false, code: 'decompression_failed', message };
}
