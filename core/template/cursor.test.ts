import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toBase64Url } from '../crypto/base64.ts';
import {
  decodeTemplateCursor,
  decodeVersionCursor,
  encodeTemplateCursor,
  encodeVersionCursor,
  type TemplateSort,
} from './cursor.ts';

const sorts = fc.constantFrom<TemplateSort>('newest', 'installs', 'rating');
const positions = fc.record({ id: fc.uuid(), value: fc.integer({ min: 0 }).map((cents) => cents / 100) });

describe('a cursor of templates', () => {
  test('leads back to its position in its own sort, and to none in another', () => {
    fc.assert(
      fc.property(sorts, sorts, positions, (made, asked, { id, value }) => {
        const position = { id, value: made === 'newest' ? null : value };
        const cursor = encodeTemplateCursor(made, position);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeTemplateCursor(cursor, asked)).toEqual(made === asked ? position : null);
        expect(decodeVersionCursor(cursor)).toBeNull();
      }),
    );
  });

  test('is refused when it was not made here', () => {
    fc.assert(fc.property(fc.string(), sorts, (text, sort) => decodeTemplateCursor(text, sort) === null));
    fc.assert(
      fc.property(fc.json(), sorts, (json, sort) => {
        const text = toBase64Url(new TextEncoder().encode(json));
        return decodeTemplateCursor(text, sort) === null && decodeVersionCursor(text) === null;
      }),
    );
  });
});

test('a cursor of versions leads back to its version', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_147_483_647 }), (version) => {
      expect(decodeVersionCursor(encodeVersionCursor(version))).toBe(version);
    }),
  );
});
