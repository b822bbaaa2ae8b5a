import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { itemTexts } from './item-texts.ts';
import { MAX_BATCH_ITEMS } from './schema.ts';

const read = (body: string) => itemTexts(body, 'json').map((text) => JSON.parse(text));
function refused(act: () => unknown): { code: string; pointer: string | undefined } {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, pointer: error.errors[0]?.pointer };
    throw error;
  }
  throw new Error('not refused');
}

describe('a JSON body', () => {
  test('is cut as JSON.parse would read it, whatever the items hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(undefined, 1, '\t'),
        (items, indent) => {
          expect(read(JSON.stringify({ items }, null, indent))).toEqual(JSON.parse(JSON.stringify(items)));
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each<[string, string, unknown[]]>([
    ['brackets and commas in strings', '{"items":["],[","\\"],","\\\\"]}', ['],[', '"],', '\\']],
    ['an escaped key', '{"\\u0069tems":[1]}', [1]],
    ['nested lists', '{"items":[[1,[2]],{"items":[3,4]}]}', [[1, [2]], { items: [3, 4] }]],
  ])('with %s is cut right', (_, body, items) => {
    expect(read(body)).toEqual(items);
  });

  test.each<[string, string, string, string | undefined]>([
    ['nothing', '', 'malformed_json', undefined],
    ['no object', '[{"items":[1]}]', 'validation_failed', ''],
    ['a list that starts like one', '["items",[1]]', 'validation_failed', ''],
    ['no items', '{"items":[]}', 'validation_failed', '/items'],
    ['no list', '{"items":{"a":[1]}}', 'validation_failed', '/items'],
    ['another name', '{"item":[1]}', 'validation_failed', '/items'],
    ['something besides', '{"items":[1],"more":[2]}', 'validation_failed', '/more'],
    ['a prototype', '{"items":[1],"__proto__":{}}', 'validation_failed', '/__proto__'],
    ['two lists', '{"items":[1],"items":[2]}', 'validation_failed', '/items'],
    ['a list, then something else by its name', '{"items":[1],"items":2}', 'validation_failed', '/items'],
    ['no end', '{"items":[1', 'malformed_json', undefined],
    ['no end of a string', '{"items":["1]}', 'malformed_json', undefined],
    ['an end too many', '{"items":[1]]}', 'malformed_json', undefined],
    ['something behind it', '{"items":[1]} x', 'malformed_json', undefined],
    ['much besides', `{"items":[1],"a":"${'x'.repeat(1024 * 1024)}"}`, 'validation_failed', ''],
    ['a large document', `{"items":{"a":"${'x'.repeat(1024 * 1024)}"}}`, 'validation_failed', ''],
  ])('with %s is refused', (_, body, code, pointer) => {
    expect(refused(() => itemTexts(body, 'json'))).toEqual({ code, pointer });
  });

  test.each(['{"items":[1,]}', '{"items":[,1]}', '{"items":[1 2]}', '{"items":[1,,2]}', '{"items":[}{]}'])(
    '%s shows its flaw in an item or in what is around',
    (body) => {
      expect(() => read(body)).toThrow();
    },
  );

  test('has no item more than allowed', () => {
    const body = (items: number) => `{"items":[${Array(items).fill('{}').join(',')}]}`;
    expect(itemTexts(body(MAX_BATCH_ITEMS), 'json')).toHaveLength(MAX_BATCH_ITEMS);
    expect(refused(() => itemTexts(body(MAX_BATCH_ITEMS + 1), 'json'))).toEqual({
      code: 'validation_failed',
      pointer: '/items',
    });
  });

  test('of 16 MiB is cut within a second', () => {
    const body = `{"items":[${Array(10_000)
      .fill(`{"input":{"a":"${'\\"x'.repeat(540)}"}}`)
      .join(',')}]}`;
    expect(body.length).toBeGreaterThan(16_000_000);
    const from = performance.now();
    expect(itemTexts(body, 'json')).toHaveLength(10_000);
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});

describe('an NDJSON body', () => {
  test('has an item on each line that is not blank', () => {
    expect(itemTexts('{"a":1}\r\n\n  \n{"b":"\\n"}', 'ndjson').map((text) => JSON.parse(text))).toEqual([
      { a: 1 },
      { b: '\n' },
    ]);
  });

  test.each([
    ['none', '\n \n'],
    ['too many', '{}\n'.repeat(MAX_BATCH_ITEMS + 1)],
  ])('with %s is refused', (_, body) => {
    expect(refused(() => itemTexts(body, 'ndjson'))).toEqual({
      code: 'validation_failed',
      pointer: '/items',
    });
  });
});
