/**
 * | requirement (design 10) | test |
 * |---|---|
 * | stored form `v1.<key id>.<iv>.<ciphertext+tag>` | "writes the documented form" |
 * | a copied row fails to decrypt | "refuses a value whose parts differ", "cannot confuse one split of parts with another" |
 * | tampering fails | "refuses every value with one bit flipped" |
 * | a nonce is never used twice | "never repeats an IV" |
 * | rotation reads old values | "opens old values after rotation and seals with the newest key" |
 * | no content in errors | "tells a stable reason and no content" |
 * | malformed or missing ring refuses to start | key-ring.test.ts |
 * | runtimes read each other's values | trigger/crypto/node-crypto.test.ts |
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from './base64.ts';
import { parseKeyRing } from './key-ring.ts';
import type { CryptoPort } from './port.ts';
import { createSealer, DecryptError, type DecryptReason } from './seal.ts';
import { webCrypto } from './web-crypto.ts';

const randomKey = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
const OLD = `old:${randomKey()}`;
const NEW = `new:${randomKey()}`;
const sealerOf = (text: string, port: CryptoPort = webCrypto) =>
  createSealer(parseKeyRing(text, 'KEYS'), port);
const sealer = sealerOf(NEW);
const AAD = ['credential', 'workspace-1', 'numverify', 'credential-1'];

async function reasonOf(opening: Promise<string>): Promise<DecryptReason> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DecryptError)) throw new Error('expected a DecryptError');
  return error.reason;
}

describe('createSealer', () => {
  it('opens what it sealed, for any text and parts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.array(fc.string()), async (text, aad) => {
        expect(await sealer.open(await sealer.seal(text, aad), aad)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps a byte order mark and long text', async () => {
    const text = `\ufeff${'ä'.repeat(200_000)}`;
    expect(await sealer.open(await sealer.seal(text, AAD), AAD)).toBe(text);
  });

  it('refuses text that UTF-8 cannot carry instead of altering it', async () => {
    await expect(sealer.seal('\ud800', AAD)).rejects.toThrow(TypeError);
  });

  it('writes the documented form', async () => {
    const sealed = await sealer.seal('secret', AAD);
    // 6 bytes of text and 16 of tag are 30 characters of base64url.
    expect(sealed).toMatch(/^v1\.new\.[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{30}$/);
    expect(sealer.keyIdOf(sealed)).toBe('new');
    expect(sealer.newestKeyId).toBe('new');
  });

  it('refuses every value with one bit flipped', async () => {
    const sealed = await sealer.seal('a secret of some length, so that there are bits to flip', AAD);
    const [version, keyId, iv, data] = sealed.split('.');
    const bytes = [...(fromBase64Url(iv ?? '') ?? []), ...(fromBase64Url(data ?? '') ?? [])];
    const bits = bytes.length * 8;
    let refused = 0;
    for (let round = 0; round < 1000; round += 1) {
      const bit = round < bits ? round : Math.floor(Math.random() * bits);
      const flipped = bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const forged = [
        version,
        keyId,
        toBase64Url(Uint8Array.from(flipped.slice(0, 12))),
        toBase64Url(Uint8Array.from(flipped.slice(12))),
      ].join('.');
      if ((await reasonOf(sealer.open(forged, AAD))) === 'authentication') refused += 1;
    }
    expect(bits).toBeLessThanOrEqual(1000);
    expect(refused).toBe(1000);
  });

  it('refuses every value with one character changed', async () => {
    const sealed = await sealer.seal('secret', AAD);
    for (let index = 0; index < sealed.length; index += 1) {
      const other = sealed[index] === 'A' ? 'B' : 'A';
      await expect(
        sealer.open(sealed.slice(0, index) + other + sealed.slice(index + 1), AAD),
      ).rejects.toThrow(DecryptError);
    }
  });

  it.each([
    ['another workspace', ['credential', 'workspace-2', 'numverify', 'credential-1']],
    ['another service', ['credential', 'workspace-1', 'stripe', 'credential-1']],
    ['another credential', ['credential', 'workspace-1', 'numverify', 'credential-2']],
    ['another kind', ['oauth', 'workspace-1', 'numverify', 'credential-1']],
    ['fewer parts', ['credential', 'workspace-1', 'numverify']],
    ['more parts', [...AAD, '']],
    ['no parts', []],
    ['other order', AAD.toReversed()],
  ])('refuses a value whose parts differ: %s', async (_name, parts) => {
    expect(await reasonOf(sealer.open(await sealer.seal('secret', AAD), parts))).toBe('authentication');
  });

  it('cannot confuse one split of parts with another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), fc.array(fc.string()), async (left, right) => {
        fc.pre(JSON.stringify(left) !== JSON.stringify(right));
        expect(await reasonOf(sealer.open(await sealer.seal('x', left), right))).toBe('authentication');
      }),
    );
    expect(await reasonOf(sealer.open(await sealer.seal('x', ['a', 'bc']), ['ab', 'c']))).toBe(
      'authentication',
    );
    expect(await reasonOf(sealer.open(await sealer.seal('x', ['a","b']), ['a', 'b']))).toBe('authentication');
  });

  it('refuses a value of another key under the same id', async () => {
    const other = sealerOf(`new:${randomKey()}`);
    expect(await reasonOf(other.open(await sealer.seal('secret', AAD), AAD))).toBe('authentication');
  });

  it('refuses a value relabelled with another key id of the ring', async () => {
    const both = sealerOf(`${NEW},${OLD}`);
    const sealed = await both.seal('secret', AAD);
    expect(await reasonOf(both.open(sealed.replace('.new.', '.old.'), AAD))).toBe('authentication');
  });

  it('binds the key id, even where the same key has another id', async () => {
    const renamed = sealerOf(NEW.replace('new:', 'renamed:'));
    const sealed = (await sealer.seal('secret', AAD)).replace('.new.', '.renamed.');
    expect(await reasonOf(renamed.open(sealed, AAD))).toBe('authentication');
  });

  it('opens old values after rotation and seals with the newest key', async () => {
    const before = await sealerOf(OLD).seal('secret', AAD);
    const rotated = sealerOf(`${NEW},${OLD}`);
    expect(rotated.keyIdOf(before)).toBe('old');
    expect(await rotated.open(before, AAD)).toBe('secret');
    expect(rotated.keyIdOf(await rotated.seal('secret', AAD))).toBe('new');
    expect(await reasonOf(sealer.open(before, AAD))).toBe('unknown_key');
  });

  it.each([
    '',
    'v1',
    'v1...',
    'secret',
    'v1.new.AAAAAAAAAAAAAAAA',
    'v1.new.AAAAAAAAAAAAAAAA.',
    'v1.new.AAAAAAAAAAAAAAAA.AAAA',
    'v1.new.AAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA.x',
    'v2.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.NEW.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.new.AAAAAAAAAAAAAA==.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.new.AAAAAAAAAAAAAAA+.AAAAAAAAAAAAAAAAAAAAAA',
    'v1.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAB',
    'v1.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAA=',
    'v1.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA\n',
    ' v1.new.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
  ])('takes %j for malformed', async (sealed) => {
    expect(await reasonOf(sealer.open(sealed, AAD))).toBe('malformed');
    expect(() => sealer.keyIdOf(sealed)).toThrow(DecryptError);
  });

  it('tells a stable reason and no content', async () => {
    const sealed = await sealer.seal('secret', AAD);
    const error: unknown = await sealer.open(sealed, []).catch((reason: unknown) => reason);
    expect(String(error)).toBe('DecryptError: A sealed value could not be opened: authentication.');
    expect(JSON.stringify(error)).toBe('{"name":"DecryptError","reason":"authentication"}');
  });

  it('never repeats an IV', async () => {
    const ivs = new Set<string | undefined>();
    for (let round = 0; round < 10_000; round += 1) ivs.add((await sealer.seal('', [])).split('.')[2]);
    expect(ivs.size).toBe(10_000);
  });

  it('imports each key once, and again after a failed import', async () => {
    let imports = 0;
    const flaky = sealerOf(NEW, {
      ...webCrypto,
      importKey(raw) {
        imports += 1;
        return imports === 1 ? Promise.reject(new Error('no')) : webCrypto.importKey(raw);
      },
    });
    await expect(flaky.seal('a', AAD)).rejects.toThrow('no');
    const sealed = await Promise.all(['a', 'b', 'c'].map((text) => flaky.seal(text, AAD)));
    await Promise.all(sealed.map((value) => flaky.open(value, AAD)));
    expect(imports).toBe(2);
  });
});
