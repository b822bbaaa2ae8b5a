import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../json/json.ts';
import { coerceTo, compileSchema } from './compile-schema.ts';
import { checkSchema } from './input-schema.ts';
import { Report } from './report.ts';

/** On a machine that is busy with other tests; alone, a tenth. */
const MUST_END_MS = 10_000;
const integers: JsonObject = { type: 'array', items: { type: 'integer' } };

describe('coercion', () => {
  test.each<[schema: JsonObject, from: Json, to: Json]>([
    // texts as what they write
    [{ type: 'integer' }, '5', 5],
    [{ type: 'integer' }, '-12', -12],
    [{ type: 'integer' }, '5.0', 5],
    [{ type: 'integer' }, '1e3', 1000],
    [{ type: 'number' }, '12.50', 12.5],
    [{ type: 'number' }, '0', 0],
    [{ type: 'number' }, '0.000', 0],
    [{ type: 'number' }, '1.5E-3', 0.0015],
    [{ type: 'number' }, '100000000000000000000', 1e20],
    [{ type: 'boolean' }, 'true', true],
    [{ type: 'boolean' }, 'false', false],
    [{ type: 'null' }, '', null],
    [{ type: ['number', 'null'] }, '', null],
    [{ type: ['number', 'null'] }, 'null', null],
    [{ type: ['null', 'number'] }, '7', 7],
    // numbers and booleans as texts
    [{ type: 'string' }, 5, '5'],
    [{ type: 'string' }, -0.5, '-0.5'],
    [{ type: 'string' }, true, 'true'],
    [{ type: 'string', pattern: '^[0-9]+$' }, 49301, '49301'],
    // one as a list of one
    [integers, 5, [5]],
    [integers, '5', [5]],
    [{ type: 'array', items: { type: 'object' } }, { a: 1 }, [{ a: 1 }]],
    [{ type: ['integer', 'array'], items: { type: 'integer' } }, '5', 5],
    // everywhere inside
    [integers, ['1', 2, '3'], [1, 2, 3]],
    [{ properties: { a: { type: 'integer' } } }, { a: '1', b: '1' }, { a: 1, b: '1' }],
    [{ additionalProperties: { type: 'boolean' } }, { x: 'true' }, { x: true }],
    [
      { properties: { a: true }, additionalProperties: { type: 'integer' } },
      { a: '1', b: '1' },
      { a: '1', b: 1 },
    ],
    [{ patternProperties: { _id$: { type: 'string' } } }, { user_id: 7, age: 7 }, { user_id: '7', age: 7 }],
    [{ prefixItems: [{ type: 'string' }], items: { type: 'integer' } }, [1, '2', '3'], ['1', 2, 3]],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'integer' } } }, '5', 5],
    [
      { properties: { next: { $ref: '#' }, n: { type: 'integer' } } },
      { n: '1', next: { n: '2', next: { n: '3' } } },
      { n: 1, next: { n: 2, next: { n: 3 } } },
    ],
    [{ properties: { a: { $ref: '#/$defs/x y~1z' } }, $defs: { 'x y/z': integers } }, { a: '1' }, { a: [1] }],
    [{ allOf: [{ type: 'integer' }, { minimum: 3 }] }, '5', 5],
    [{ anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'true', true],
    [{ anyOf: [{ type: 'integer', minimum: 10 }, { type: 'number' }] }, '5', 5],
    [{ oneOf: [{ type: 'integer' }, { type: 'boolean' }] }, '5', 5],
    // by the first alternative that can be made to fit, not by the first that would change something
    [
      {
        anyOf: [
          { properties: { n: { type: 'integer' } }, required: ['z'] },
          { properties: { n: { const: '1' }, m: { type: 'integer' } } },
        ],
      },
      { n: '1', m: '2' },
      { n: '1', m: 2 },
    ],
    [
      { anyOf: [{ properties: { k: { const: 'a' }, n: { type: 'integer' } } }, { required: ['z'] }] },
      { k: 'a', n: '1' },
      { k: 'a', n: 1 },
    ],
  ])('by %j, %j is %j', (schema, from, to) => {
    const check = compileSchema(schema, { coerce: true });
    expect(check(from)).toEqual({ value: to, errors: [] });
    expect(coerceTo(schema, from)).toEqual(to);
  });

  test.each<[schema: JsonObject, value: Json]>([
    ...['007', '+1', ' 1', '1 ', '1,5', '.5', '5.', '0x1F', '1_000', '١', '', '-', '-0', '1e400', 'NaN'].map(
      (text): [JsonObject, Json] => [{ type: 'number' }, text],
    ),
    [{ type: 'integer' }, '1.5'],
    [{ type: 'integer' }, '9007199254740993'],
    [{ type: 'number' }, '0.1000000000000000055511151231257827'],
    [{ type: 'number' }, `1${'0'.repeat(500)}`],
    [{ type: 'integer' }, true],
    [{ type: 'integer' }, 1.5],
    [{ type: 'boolean' }, 'TRUE'],
    [{ type: 'boolean' }, '1'],
    [{ type: 'boolean' }, 1],
    [{ type: 'null' }, 0],
    [{ type: 'string' }, null],
    [{ type: 'string' }, ['a']],
    [{ type: 'string' }, { a: 1 }],
    [{ type: 'object' }, '{}'],
    [{ type: 'array' }, null],
    [integers, 'x'],
    [integers, [['1']]],
    [{ type: 'integer', maximum: 3 }, '5'],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, '5'],
    [{ not: { type: 'string' } }, '5'],
  ])('by %j, %j is left as it is, and does not fit', (schema, value) => {
    const judged = compileSchema(schema, { coerce: true })(value);
    expect(judged.value).toBe(value);
    expect(judged.errors).not.toEqual([]);
  });

  test('leaves the text of a date a text', () => {
    const schema = { type: 'string', format: 'date-time' };
    expect(coerceTo(schema, '2026-03-01T10:00:00Z')).toBe('2026-03-01T10:00:00Z');
  });

  test('is all or nothing, and says what it could not mend', () => {
    const schema = { properties: { a: { type: 'integer' }, b: { type: 'integer' }, c: integers } };
    const value = { a: '1', b: 'x', c: 'y' };
    const judged = compileSchema(schema, { coerce: true, pointer: '/body' })(value);
    expect(judged.value).toBe(value);
    expect(judged.errors).toEqual([
      { pointer: '/body/b', detail: 'must be of type integer' },
      { pointer: '/body/c', detail: 'must be of type array' },
    ]);
  });

  test('changes nothing in place, and keeps a key that reaches a prototype an ordinary one', () => {
    const value: Json = JSON.parse('{"__proto__": {"n": "1"}, "n": "2"}');
    const before = JSON.stringify(value);
    const coerced = coerceTo({ additionalProperties: { type: ['integer', 'object'] } }, value);
    expect(JSON.stringify(value)).toBe(before);
    expect(JSON.stringify(coerced)).toBe('{"__proto__":{"n":"1"},"n":2}');
    expect(Object.getPrototypeOf(coerced)).toBe(Object.prototype);
  });

  test('ends where alternatives of alternatives ask for two to the power of the depth', {
    timeout: 30_000,
  }, () => {
    const $defs: JsonObject = {
      tree: {
        anyOf: [1, 2, 3, 4].map((minimum) => ({
          properties: { n: { type: 'integer', minimum }, next: { $ref: '#/$defs/tree' } },
          required: ['none'],
        })),
      },
    };
    let value: Json = { n: '1' };
    for (let depth = 0; depth < 60; depth += 1) value = { n: '1', next: value };
    const start = performance.now();
    const judged = compileSchema({ $ref: '#/$defs/tree', $defs }, { coerce: true })(value);
    expect(judged.errors).not.toEqual([]);
    expect(performance.now() - start).toBeLessThan(MUST_END_MS);
  });
});

describe('for any schema and value', () => {
  const scalars = fc.oneof(
    fc.constantFrom<Json>('1', '2.50', 'true', 'false', '', 'null', '007', 'x', 1, 2.5, 0, true, false, null),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  );
  const values = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalars,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
    ),
  })).value;
  const types = fc.constantFrom<Json>(
    'integer',
    'number',
    'string',
    'boolean',
    'null',
    'array',
    'object',
    ['integer', 'null'],
    ['array', 'string'],
  );
  /** Of one or two keywords each, so that values have a chance to fit. */
  const schemasOf = (depth: number): fc.Arbitrary<JsonObject> => {
    const reference = fc.constantFrom<JsonObject>({ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' });
    const leaf = fc.oneof(
      types.map((type): JsonObject => ({ type })),
      reference,
    );
    if (depth === 0) return leaf;
    const inner = schemasOf(depth - 1);
    const parts = fc.array(inner, { minLength: 1, maxLength: 2 });
    const named = fc.dictionary(fc.constantFrom('a', 'b'), inner, { noNullPrototype: true });
    return fc.oneof(
      leaf,
      inner.map((items): JsonObject => ({ type: 'array', items })),
      parts.map((prefixItems): JsonObject => ({ prefixItems, minItems: 1 })),
      named.map((properties): JsonObject => ({ type: 'object', properties })),
      inner.map((additionalProperties): JsonObject => ({ type: 'object', additionalProperties })),
      fc
        .tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf'), parts)
        .map(([keyword, list]) => ({ [keyword]: list })),
    );
  };
  const schemas = schemasOf(2);
  const roots = fc
    .tuple(schemas, types, integersOr(schemas))
    .map(([schema, type, b]): JsonObject => ({ ...schema, $defs: { a: { type }, b } }))
    .filter((schema) => {
      const report = new Report();
      checkSchema(schema, '', report);
      return report.errors.length === 0;
    });

  test('coercing changes nothing of a value that fits', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(roots, values, (schema, value) => {
        if (compileSchema(schema)(value).errors.length === 0) expect(coerceTo(schema, value)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  test('what is coerced fits, or is the value itself; and coercing it again changes nothing', {
    timeout: 60_000,
  }, () => {
    let changed = 0;
    fc.assert(
      fc.property(roots, values, (schema, value) => {
        const before = JSON.stringify(value);
        const judged = compileSchema(schema, { coerce: true })(value);
        expect(JSON.stringify(value)).toBe(before);
        if (judged.value !== value) changed += 1;
        if (judged.errors.length > 0) expect(judged.value).toBe(value);
        else expect(compileSchema(schema)(judged.value).errors).toEqual([]);
        expect(coerceTo(schema, judged.value)).toBe(judged.value);
      }),
      { numRuns: 500 },
    );
    expect(changed).toBeGreaterThan(20);
  });

  test('a text becomes the number that JSON reads from it, or stays', () => {
    const texts = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789.-+eE ') }),
      fc.double().map(String),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const coerced = coerceTo({ type: 'number' }, text);
        if (coerced !== text) expect(coerced).toBe(JSON.parse(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test('every number comes back from its own text', () => {
    const numbers = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((number) => !Object.is(number, -0));
    fc.assert(
      fc.property(numbers, (number) => {
        expect(coerceTo({ type: 'number' }, JSON.stringify(number))).toBe(number);
      }),
      { numRuns: 3_000 },
    );
  });
});

function integersOr(schemas: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.oneof(fc.constant(integers), schemas);
}
