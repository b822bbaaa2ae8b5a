/**
 * | requirement (design 10) | test |
 * |---|---|
 * | each runtime reads what the other wrote | "reads what WebCrypto sealed, and the other way round" |
 * | tampering and moving fail here too | "refuses altered and moved values" |
 * | a nonce is never used twice | "never repeats an IV" |
 */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../core/crypto/base64.ts';
import { parseKeyRing } from '../../core/crypto/key-ring.ts';
import { createSealer } from '../../core/crypto/seal.ts';
import { webCrypto } from '../../core/crypto/web-crypto.ts';
import { nodeCrypto } from './node-crypto.ts';

const ring = parseKeyRing(`k1:${randomBytes(32).toString('base64')}`, 'KEYS');
const node = createSealer(ring, nodeCrypto);
const web = createSealer(ring, webCrypto);

describe('nodeCrypto', () => {
  it('reads what WebCrypto sealed, and the other way round', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.array(fc.string()), async (text, aad) => {
        expect(await node.open(await web.seal(text, aad), aad)).toBe(text);
        expect(await web.open(await node.seal(text, aad), aad)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses altered and moved values', async () => {
    const sealed = await node.seal('some secret text', ['a']);
    await expect(node.open(sealed, ['b'])).rejects.toMatchObject({ reason: 'authentication' });
    const [version, id, iv, data] = sealed.split('.');
    const bytes = fromBase64Url(data ?? '') ?? new Uint8Array();
    expect(bytes.length).toBe(32);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const forged = [version, id, iv, toBase64Url(flipped)].join('.');
      await expect(node.open(forged, ['a'])).rejects.toMatchObject({ reason: 'authentication' });
    }
  });

  it('refuses data shorter than a tag', async () => {
    const key = await nodeCrypto.importKey(ring.newest.raw);
    expect(await key.decrypt(new Uint8Array(12), new Uint8Array(15), new Uint8Array())).toBeNull();
  });

  it('never repeats an IV', async () => {
    const ivs = new Set<string | undefined>();
    for (let round = 0; round < 10_000; round += 1) ivs.add((await node.seal('', [])).split('.')[2]);
    expect(ivs.size).toBe(10_000);
  });
});
