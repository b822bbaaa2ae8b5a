import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../json/json.ts';
import { compileSchema } from './compile-schema.ts';
import { checkInputSchema, checkSchema } from './input-schema.ts';
import { MAX_FIELD_ERRORS, Report } from './report.ts';

describe('a compiled schema', () => {
  test.each<[schema: JsonObject, value: Json]>([
    [{ type: 'array', items: { type: 'string' } }, ['a']],
    [{ type: 'string' }, 'a'],
    [{ type: 'null' }, null],
    [{}, 5],
    [{ type: 'object', required: ['constructor'] }, JSON.parse('{"constructor": 1}')],
  ])('%j takes %j, which need not be an object', (schema, value) => {
    expect(compileSchema(schema)(value)).toEqual({ value, errors: [] });
  });

  test.each<[schema: JsonObject, value: Json, pointer: string]>([
    [{ type: 'array' }, {}, ''],
    [{ items: { required: ['id'] } }, [{ id: 1 }, {}], '/1/id'],
    [{ properties: { 'a/b': { type: 'string' } } }, { 'a/b': 1 }, '/a~1b'],
    [{ required: ['toString'] }, {}, '/toString'],
  ])('%j finds what is wrong with %j at %j', (schema, value, pointer) => {
    expect(compileSchema(schema)(value).errors).toMatchObject([{ pointer }]);
    expect(compileSchema(schema, { pointer: '/body' })(value).errors).toMatchObject([
      { pointer: `/body${pointer}` },
    ]);
  });

  test('says how the value is called when it takes too much work, and bounds it', { timeout: 30_000 }, () => {
    const levels = Array.from({ length: 40 }, (_, level): [string, JsonObject] => [
      `l${level}`,
      { allOf: [{ $ref: `#/$defs/l${level + 1}` }, { $ref: `#/$defs/l${level + 1}` }] },
    ]);
    const $defs = { ...Object.fromEntries(levels), l40: { type: 'string' } };
    for (const coerce of [false, true]) {
      const start = performance.now();
      const check = compileSchema({ $ref: '#/$defs/l0', $defs }, { what: 'the response', coerce });
      expect(check(1).errors).toMatchObject([
        { detail: expect.stringContaining('the response takes too much') },
      ]);
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });

  test('takes a value nested without end for what it is', () => {
    let value: Json = 1;
    for (let depth = 0; depth < 50_000; depth += 1) value = [value];
    const { errors } = compileSchema({ type: 'array' }, { coerce: true })(value);
    expect(errors).toMatchObject([{ detail: expect.stringContaining('nested deeper') }]);
  });

  test('reports no more than a person mends in one go', () => {
    const value = Array.from({ length: 5_000 }, () => 'x');
    const { errors } = compileSchema({ items: { type: 'integer' } }, { coerce: true })(value);
    expect(errors).toHaveLength(MAX_FIELD_ERRORS);
  });

  test('judges and mends a response of megabytes', { timeout: 30_000 }, () => {
    const item: JsonObject = {
      type: 'object',
      required: ['id', 'email', 'age'],
      properties: { id: { type: 'string' }, email: { type: 'string' }, age: { type: 'integer' } },
    };
    const value = Array.from({ length: 40_000 }, (_, id) => ({
      id,
      email: `person${id}@example.com`,
      age: '42',
    }));
    const { value: mended, errors } = compileSchema({ type: 'array', items: item }, { coerce: true })(value);
    expect(errors).toEqual([]);
    expect(mended).toHaveLength(40_000);
    expect(mended).toMatchObject({ 0: { id: '0', age: 42 } });
  });
});

test('a schema of a response may ask for any type, that of an input only for an object', () => {
  for (const type of ['array', 'string', ['object', 'null']]) {
    const [general, input] = [new Report(), new Report()];
    checkSchema({ type }, '/response/schema', general);
    checkInputSchema({ type }, '/input_schema', input);
    expect(general.errors).toEqual([]);
    expect(input.errors).toMatchObject([{ pointer: '/input_schema/type' }]);
  }
});
