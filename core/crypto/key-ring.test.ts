import { describe, expect, it } from 'vitest';
import { KeyRingError, parseKeyRing } from './key-ring.ts';

const key = (seed: number, length = 32) =>
  btoa(String.fromCharCode(...Array.from({ length }, (_, index) => (seed + index * 7) % 256)));
const A = key(1);
const B = key(2);

describe('parseKeyRing', () => {
  it('reads keys newest first', () => {
    const ring = parseKeyRing(`2026-11:${A},old_1:${B}`, 'KEYS');
    expect(ring.newest.id).toBe('2026-11');
    expect(ring.keys.map(({ id, raw }) => [id, raw.length])).toEqual([
      ['2026-11', 32],
      ['old_1', 32],
    ]);
    expect(ring.newest.raw[1]).toBe(8);
  });

  it('tolerates spaces around entries and missing padding', () => {
    expect(parseKeyRing(` a:${A} , b:${B.replaceAll('=', '')}\n`, 'KEYS').keys).toHaveLength(2);
  });

  it.each([
    ['missing', undefined, /not set/],
    ['empty', '', /not set/],
    ['blank', ' \n', /not set/],
    ['no id', A, /entry 1 is not of the form/],
    ['empty id', `:${A}`, /entry 1 has an id/],
    ['upper-case id', `A:${A}`, /entry 1 has an id/],
    ['id with a dot', `a.b:${A}`, /entry 1 has an id/],
    ['long id', `${'a'.repeat(33)}:${A}`, /entry 1 has an id/],
    ['repeated id', `a:${A},a:${B}`, /"a" appears twice/],
    ['repeated key', `a:${A},b:${A}`, /"b" repeats the value/],
    ['short key', `a:${key(1, 31)}`, /31 bytes/],
    ['long key', `a:${key(1, 33)}`, /33 bytes/],
    ['empty key', 'a:', /0 bytes/],
    ['not base64', `a:${'!'.repeat(44)}`, /not valid base64/],
    ['broken padding', `a:${A}=`, /not valid base64/],
    ['all zeros', `a:${btoa('\0'.repeat(32))}`, /repeats one byte/],
    ['trailing comma', `a:${A},`, /entry 2/],
    ['second entry bad', `a:${A},b:${key(3, 16)}`, /"b" has 16 bytes/],
  ])('refuses a ring that is malformed: %s', (_name, text, problem) => {
    const parse = () => parseKeyRing(text, 'PATCHBAY_KEYS');
    expect(parse).toThrow(KeyRingError);
    expect(parse).toThrow(problem);
    expect(parse).toThrow(/^PATCHBAY_KEYS: /);
  });

  it.each([A, `Bad:${A}`, `a:${A}AAAA`, `a:${A},a:${A}`, `a:${A}=,b:${B}`])(
    'never shows key material (%#)',
    (text) => {
      try {
        parseKeyRing(text, 'KEYS');
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain(A.slice(0, 12));
        expect(JSON.stringify(error)).not.toContain(A.slice(0, 12));
      }
    },
  );
});
