import { format, Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../json/json.ts';
import { checkInput, compileInputSchema } from './input.ts';
import { checkInputSchema } from './input-schema.ts';
import { Report } from './report.ts';

const property = (a: Json): JsonObject => ({ properties: { a } });

describe('refuses an input at the property that is wrong', () => {
  test.each<[what: string, schema: JsonObject, input: Json, pointer: string, words: string]>([
    ['a list as the input', {}, [], '/input', 'object'],
    ['null as the input', {}, null, '/input', 'object'],
    ['text as the input', {}, 'a', '/input', 'object'],
    ['a missing property', { required: ['phone'] }, {}, '/input/phone', 'is required'],
    ['a missing property below', property({ required: ['b'] }), { a: {} }, '/input/a/b', 'is required'],
    ['a missing property of an odd name', { required: ['a/b"~'] }, {}, '/input/a~1b"~0', 'is required'],
    ['a missing companion', { dependentRequired: { a: ['b'] } }, { a: 1 }, '/input/b', 'together'],
    ['an extra property', { additionalProperties: false }, { x: 1 }, '/input/x', 'not allowed'],
    [
      'an extra property below',
      property({ additionalProperties: false }),
      { a: { 'x y%': 1 } },
      '/input/a/x y%',
      'not allowed',
    ],
    [
      'an unevaluated property',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { a: 1, b: 2 },
      '/input/b',
      'not allowed',
    ],
    ['a forbidden property', property(false), { a: 1 }, '/input/a', 'not allowed'],
    ['a wrong type', property({ type: 'string' }), { a: 1 }, '/input/a', 'of type string'],
    [
      'none of the types',
      property({ type: ['string', 'null'] }),
      { a: 1 },
      '/input/a',
      'of type string, null',
    ],
    ['a fraction', property({ type: 'integer' }), { a: 1.5 }, '/input/a', 'of type integer'],
    ['another constant', property({ const: 'x' }), { a: 'y' }, '/input/a', 'must be "x"'],
    ['none of the values', property({ enum: ['x', 2] }), { a: 'y' }, '/input/a', 'one of ["x",2]'],
    ['a short text', property({ minLength: 2 }), { a: 'x' }, '/input/a', 'at least 2 characters'],
    ['a long text', property({ maxLength: 2 }), { a: 'xyz' }, '/input/a', 'at most 2 characters'],
    ['a small number', property({ minimum: 1.5 }), { a: 1 }, '/input/a', 'at least 1.5'],
    ['a large number', property({ maximum: -2 }), { a: 1 }, '/input/a', 'at most -2'],
    ['a number at its lower bound', property({ exclusiveMinimum: 1 }), { a: 1 }, '/input/a', 'more than 1'],
    ['a number at its upper bound', property({ exclusiveMaximum: 1 }), { a: 1 }, '/input/a', 'less than 1'],
    ['no multiple', property({ multipleOf: 0.1 }), { a: 0.25 }, '/input/a', 'multiple of 0.1'],
    ['few items', property({ minItems: 1 }), { a: [] }, '/input/a', 'at least 1 items'],
    ['many items', property({ maxItems: 1 }), { a: [1, 2] }, '/input/a', 'at most 1 items'],
    [
      'a wrong item',
      property({ items: { type: 'string' } }),
      { a: ['x', 1] },
      '/input/a/1',
      'of type string',
    ],
    [
      'a wrong first item',
      property({ prefixItems: [{ type: 'string' }] }),
      { a: [1] },
      '/input/a/0',
      'of type string',
    ],
    ['an item twice', property({ uniqueItems: true }), { a: [{ b: 1 }, { b: 1 }] }, '/input/a', 'twice'],
    ['no item of a kind', property({ contains: { type: 'string' } }), { a: [1, 2] }, '/input/a', 'too few'],
    [
      'too few of a kind',
      property({ contains: { type: 'string' }, minContains: 2 }),
      { a: ['x', 1] },
      '/input/a',
      'too few',
    ],
    ['few properties', { minProperties: 1 }, {}, '/input', 'at least 1 properties'],
    ['many properties', { maxProperties: 1 }, { a: 1, b: 2 }, '/input', 'at most 1 properties'],
    [
      'a wrong name',
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      '/input/ab',
      'the name of this property',
    ],
    [
      'a property by pattern',
      { patternProperties: { '^x-': { type: 'string' } } },
      { 'x-a': 1 },
      '/input/x-a',
      'of type string',
    ],
    ['no pattern', property({ pattern: '^\\d+$' }), { a: 'x' }, '/input/a', 'pattern'],
    [
      'none of the forms',
      property({ anyOf: [{ type: 'string' }, { required: ['b'] }] }),
      { a: {} },
      '/input/a',
      'anyOf',
    ],
    ['a form never allowed', property({ anyOf: [false] }), { a: {} }, '/input/a', 'anyOf'],
    [
      'both forms',
      property({ oneOf: [{ type: 'string' }, { minLength: 1 }] }),
      { a: 'x' },
      '/input/a',
      'oneOf',
    ],
    ['an excluded form', property({ not: { type: 'string' } }), { a: 'x' }, '/input/a', 'not'],
    [
      'a conditional',
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      { if: { required: ['a'] }, then: { required: ['b'] } },
      { a: 1 },
      '/input/b',
      'is required',
    ],
    [
      'a schema by reference',
      { properties: { a: { $ref: '#/$defs/x y~1z' } }, $defs: { 'x y/z': { type: 'string' } } },
      { a: 1 },
      '/input/a',
      'of type string',
    ],
    [
      'a schema by encoded reference',
      { properties: { a: { $ref: '#/$defs/%C3%A9%20%5B' } }, $defs: { 'é [': { type: 'string' } } },
      { a: 1 },
      '/input/a',
      'of type string',
    ],
    [
      'a nested schema',
      { properties: { a: { $ref: '#' } }, additionalProperties: false },
      { a: { a: { b: 1 } } },
      '/input/a/a/b',
      'not allowed',
    ],
    [
      'a name that reaches a prototype',
      {},
      JSON.parse('{"a":{"__proto__":1}}'),
      '/input/a/__proto__',
      'not allowed',
    ],
    ['a name that is no Unicode', {}, { '\ud800': 1 }, '/input', 'Unicode'],
    ['a name of great length', {}, { ['x'.repeat(1_001)]: 1 }, '/input', 'longer than 1000'],
    [
      'a text too long for its pattern',
      property({ pattern: 'a*a*b' }),
      { a: 'a'.repeat(221) },
      '/input/a',
      'at most 220',
    ],
    [
      'a text too long for its format',
      property({ format: 'email' }),
      { a: 'a'.repeat(9_000) },
      '/input/a',
      'at most 8192',
    ],
  ])('%s', (_, schema, input, pointer, words) => {
    const expected = [{ pointer, detail: expect.stringContaining(words) }];
    expect(checkInput(schema, input)).toEqual(expected);
  });
});

describe('asserts formats', () => {
  test.each([
    ['email', 'ada@example.com', 'ada@'],
    ['uri', 'https://example.com/a?b#c', 'example.com'],
    ['uri-reference', '/a?b', 'a b'],
    ['uuid', '0192f0c1-2345-7abc-8def-0123456789ab', '0192f0c1'],
    ['date-time', '2024-02-29T12:00:00Z', '2023-02-29T12:00:00Z'],
    ['date', '2024-02-29', '2024-2-29'],
    ['time', '12:00:00Z', '25:00:00Z'],
    ['duration', 'P1DT2H', '1 day'],
    ['ipv4', '192.0.2.1', '192.0.2.256'],
    ['ipv6', '2001:db8::1', '2001:db8:::1'],
    ['hostname', 'api.example.com', '-a.example.com'],
    ['json-pointer', '/a/b~1c', 'a'],
    ['regex', '^a+$', '('],
  ])('%s', (name, good, bad) => {
    expect(Object.hasOwn(format, name)).toBe(true);
    const check = compileInputSchema(property({ format: name }));
    expect(check({ a: good })).toEqual([]);
    expect(check({ a: bad })).toEqual([{ pointer: '/input/a', detail: `must be in the format ${name}` }]);
    expect(check({ a: 1 })).toEqual([]);
  });

  test('but only those that JSON Schema has', () => {
    for (const name of ['phone', 'url', 'constructor', 'toString'])
      expect(checkInput(property({ format: name }), { a: 'x' })).toEqual([]);
  });
});

test('accepts any object where there is no schema', () => {
  expect(checkInput(undefined, { a: [1, { b: null }] })).toEqual([]);
  expect(checkInput(undefined, [])).toHaveLength(1);
});

test('tells all that is wrong with an input', () => {
  const schema = {
    required: ['a', 'b'],
    properties: { c: { type: 'string' }, d: { minimum: 1 } },
    additionalProperties: false,
  };
  expect(checkInput(schema, { c: 1, d: 0, e: 1 }).map((error) => error.pointer)).toEqual([
    '/input/a',
    '/input/b',
    '/input/c',
    '/input/d',
    '/input/e',
  ]);
});

test('leaves the schema as it was, and gives the same answer again', () => {
  const schema = {
    properties: { a: { $ref: '#/$defs/x' } },
    $defs: { x: { pattern: '^a$', format: 'date' } },
  };
  const before = JSON.stringify(schema);
  const first = checkInput(schema, { a: 'b' });
  expect(checkInput(schema, { a: 'b' })).toEqual(first);
  expect(JSON.stringify(schema)).toBe(before);
  expect(Reflect.ownKeys(schema)).toEqual(['properties', '$defs']);
});

describe('ends soon', () => {
  const soon = (run: () => void) => {
    const start = performance.now();
    run();
    expect(performance.now() - start).toBeLessThan(2_000);
  };

  test('where references ask for two to the power of the depth', () => {
    const branch = { properties: { a: { $ref: '#/$defs/n' } } };
    const schema = { $ref: '#/$defs/n', $defs: { n: { allOf: [branch, branch, branch] } } };
    let input: JsonObject = {};
    for (let depth = 0; depth < 28; depth += 1) input = { a: input };
    soon(() =>
      expect(checkInput(schema, input)).toMatchObject([{ detail: expect.stringContaining('work') }]),
    );
  });

  test('where a stored schema refers to itself', () => {
    soon(() => expect(checkInput({ $ref: '#' }, {})).toHaveLength(1));
  });

  test('where a long list must be unique', () => {
    const schema = property({ uniqueItems: true });
    const long = Array.from({ length: 100_000 }, (_, index) => index);
    soon(() => expect(checkInput(schema, { a: long })).toMatchObject([{ pointer: '/input/a' }]));
    soon(() => expect(checkInput(schema, { a: long.slice(0, 2_000) })).toEqual([]));
  });

  test('where a long list is wrong throughout', () => {
    const schema = property({ items: { type: 'string' } });
    soon(() => expect(checkInput(schema, { a: Array(90_000).fill(1) }).length).toBeGreaterThan(0));
  });
});

test('never throws, whatever the schema and the input', () => {
  const words = fc.constantFrom(
    'type',
    'string',
    'object',
    '$ref',
    '#',
    '#/$defs/a',
    '$defs',
    'a',
    'items',
    'allOf',
    'anyOf',
    'not',
    'if',
    'then',
    'contains',
    'required',
    'pattern',
    '^a',
    '(',
    'format',
    'email',
    'properties',
    'uniqueItems',
    'dependentSchemas',
    'unevaluatedProperties',
    'enum',
    'multipleOf',
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      words,
      fc.constantFrom<Json>(true, false, null, 0, 1, -1),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 3 })), tie('value'), {
        maxKeys: 4,
      }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(words, value, { maxKeys: 6 }), value, (schema, input) => {
      for (const { pointer } of compileInputSchema(schema)(input)) expect(pointer).toMatch(/^\/input/);
    }),
    { numRuns: 1_000 },
  );
}, 60_000);

test('judges as the validator does on its own, for schemas that may be stored', () => {
  const scalar = fc.constantFrom<Json>('a', 'b', 'a@b.cc', '', 0, 1, 2.5, null, true, '2024-01-01');
  const { schema, input } = fc.letrec<{ schema: Json; input: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 2, depthSize: 'xsmall' },
      fc.boolean(),
      fc.record<Record<string, Json>>(
        {
          type: fc.constantFrom('string', 'object', 'number', 'array'),
          enum: fc.array(scalar, { minLength: 1, maxLength: 3 }),
          minLength: fc.nat(2),
          pattern: fc.constantFrom('^a', 'b$', '^[a-z]+(-[a-z]+)*$', '@'),
          format: fc.constantFrom('email', 'date', 'phone'),
          $ref: fc.constantFrom('#/$defs/x', '#/$defs/y z'),
          properties: fc.dictionary(fc.constantFrom('a', 'b', 'c d'), tie('schema'), { maxKeys: 2 }),
          patternProperties: fc.dictionary(fc.constantFrom('^a', '^c'), tie('schema'), { maxKeys: 1 }),
          additionalProperties: tie('schema'),
          required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
          items: tie('schema'),
          contains: tie('schema'),
          uniqueItems: fc.boolean(),
          allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          not: tie('schema'),
          if: tie('schema'),
          else: tie('schema'),
          unevaluatedProperties: tie('schema'),
        },
        { requiredKeys: [] },
      ),
    ),
    input: fc.oneof(
      { maxDepth: 2, depthSize: 'small' },
      scalar,
      fc.array(tie('input'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'abc'), tie('input'), { maxKeys: 3 }),
    ),
  }));
  let refused = 0;
  fc.assert(
    fc.property(schema, schema, schema, input, (a, x, y, value) => {
      const whole: JsonObject = { properties: { a }, $defs: { x, 'y z': y } };
      const report = new Report();
      checkInputSchema(whole, '', report);
      fc.pre(report.errors.length === 0);
      const { valid } = new Validator(structuredClone(whole), '2020-12', false).validate({ a: value });
      const errors = checkInput(whole, { a: value });
      expect(errors.length === 0).toBe(valid);
      if (!valid) refused += 1;
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(100);
}, 60_000);
