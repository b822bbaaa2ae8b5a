/** RFC 1321 section 3.4: how far each step rotates. */
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
/** RFC 1321 section 3.4: the integer part of 2^32 times |sin(i)|. */
const SINES = Int32Array.from({ length: 64 }, (_, step) =>
  Math.floor(2 ** 32 * Math.abs(Math.sin(step + 1))),
);
const STEPS = Array.from({ length: 64 }, (_, step) => {
  const round = step >> 4;
  const word = [step, 5 * step + 1, 3 * step + 5, 7 * step][round] ?? 0;
  return { round, word: word % 16, shift: SHIFTS[round]?.[step % 4] ?? 0, sine: SINES[step] ?? 0 };
});
const BLOCK_BYTES = 64;

function mixed(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & d) | (c & ~d);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

/**
 * MD5 (RFC 1321), which WebCrypto does not have. Broken as protection: it is here for services that name their
 * records by it or ask for it as a checksum.
 */
export function md5(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n, true);
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let block = 0; block < padded.length; block += BLOCK_BYTES) {
    const start = [a, b, c, d] as const;
    for (const { round, word, shift, sine } of STEPS) {
      const sum = (a + mixed(round, b, c, d) + sine + view.getInt32(block + 4 * word, true)) | 0;
      const turned = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
      [a, b, c, d] = [d, turned, b, c];
    }
    a = (a + start[0]) | 0;
    b = (b + start[1]) | 0;
    c = (c + start[2]) | 0;
    d = (d + start[3]) | 0;
  }
  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of [a, b, c, d].entries()) digest.setInt32(4 * index, word, true);
  return new Uint8Array(digest.buffer);
}
