import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatApiKey, hashSecret, hintOf, looksLikeApiKey, newSecret, parseApiKey } from './format.ts';

const ID = '01950000-0000-7000-8000-00000000abcd';
const SECRET = 'A'.repeat(43);
const KEY = formatApiKey({ id: ID, secret: SECRET });

describe('an API key', () => {
  it('has a form that does not change', () => {
    expect(KEY).toBe(`pbk_0195000000007000800000000000abcd_${SECRET}_${KEY.slice(-8)}`);
    expect(KEY).toHaveLength(89);
    // CRC-32 of "123456789", the check value of the algorithm, goes through the same code for any text.
    expect(KEY.slice(-8)).toMatch(/^[0-9a-f]{8}$/);
  });

  it('is read back as it was made', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.uuid(), bytes, (id, random) => {
        const secret = newSecret(() => random);
        expect(secret).toHaveLength(43);
        const key = formatApiKey({ id, secret });
        expect(looksLikeApiKey(key)).toBe(true);
        expect(parseApiKey(key)).toEqual({ id, secret });
      }),
    );
  });

  it('with any one character changed is refused', () => {
    const at = fc.nat({ max: KEY.length - 1 });
    const other = fc.constantFrom(...'0123456789abcdefABCDEFXYZ_-.');
    fc.assert(
      fc.property(at, other, (index, character) => {
        fc.pre(KEY[index] !== character);
        expect(parseApiKey(KEY.slice(0, index) + character + KEY.slice(index + 1))).toBeNull();
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'pbk_'],
    ['a blank before it', ` ${KEY}`],
    ['a line after it', `${KEY}\n`],
    ['no checksum', KEY.slice(0, -9)],
    ['capitals in its id', KEY.replace('abcd', 'ABCD')],
    ['another prefix', KEY.replace('pbk_', 'sk_')],
    ['two keys', KEY + KEY],
    // 43 characters carry 258 bits, so the last one has two spare bits, which must be zero.
    ['a second spelling of the secret', formatApiKey({ id: ID, secret: `${'A'.repeat(42)}B` })],
  ])('is refused with %s', (_, text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  it('is kept as the SHA-256 of its secret, and told apart by the last four characters', async () => {
    expect(await hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hintOf(`${'x'.repeat(39)}wxyz`)).toBe('wxyz');
  });
});
