import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromBase64Url, toBase64, toBase64Url } from './base64.ts';

describe('base64', () => {
  it('round-trips any bytes as base64url, without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
        expect(fromBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  it.each(['A', 'AAAAA', 'AA==', 'A+', 'A/', 'A A', 'AB', 'AAB', 'AA\n', 'Ä'])(
    'refuses %j as base64url',
    (text) => {
      expect(fromBase64Url(text)).toBeNull();
    },
  );

  it.each(['A', 'AA=', 'AAA==', '=', 'A=A=', 'A-', 'A_', 'AAAA=', 'AA ==', 'AAAAA'])(
    'refuses %j as base64',
    (text) => {
      expect(fromBase64(text)).toBeNull();
    },
  );

  it('round-trips bytes longer than one chunk as base64', () => {
    const bytes = Uint8Array.from({ length: 200_001 }, (_, index) => index * 31);
    const text = toBase64(bytes);
    expect(text).toMatch(/^[A-Za-z0-9+/]*={0,2}$/);
    expect(text.length % 4).toBe(0);
    expect(fromBase64(text)?.join()).toBe(bytes.join());
  });

  it('reads base64 with and without padding', () => {
    expect(fromBase64('+/8=')).toEqual(Uint8Array.from([251, 255]));
    expect(fromBase64('+/8')).toEqual(Uint8Array.from([251, 255]));
  });
});
