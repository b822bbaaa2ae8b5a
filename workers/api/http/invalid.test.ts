import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { invalid } from './invalid.ts';

const Body = z.strictObject({
  name: z.string(),
  tags: z.record(z.string().regex(/^[a-z]+$/, 'lower-case letters'), z.int()).optional(),
  list: z.array(z.strictObject({ 'a/b': z.int() })).optional(),
});

const errorsOf = (value: unknown, part: 'body' | 'query' = 'body') => {
  const result = Body.safeParse(value);
  return invalid(part, result.error?.issues ?? []).errors;
};

describe('an invalid body', () => {
  it.each([
    ['a missing field', {}, [{ pointer: '/name', detail: 'is required' }]],
    ['an unknown field', { name: 'x', 'a/b~': 1 }, [{ pointer: '/a~1b~0', detail: 'is not a known field' }]],
    ['each unknown field', { name: 'x', a: 1, b: 2 }, [{ pointer: '/a' }, { pointer: '/b' }]],
    [
      'a bad key of a record',
      { name: 'x', tags: { A: 1 } },
      [{ pointer: '/tags/A', detail: 'lower-case letters' }],
    ],
    [
      'a value deep inside',
      { name: 'x', list: [{ 'a/b': 1 }, { 'a/b': '1' }] },
      [{ pointer: '/list/1/a~1b' }],
    ],
    ['the body itself', 'text', [{ pointer: '' }]],
  ])('points at %s', (_, body, errors) => expect(errorsOf(body)).toMatchObject(errors));

  it('is 422 in the body and 400 elsewhere', () => {
    expect(invalid('body', []).status).toBe(422);
    expect(invalid('query', []).status).toBe(400);
    expect(errorsOf({}, 'query')).toMatchObject([{ pointer: '#query/name' }]);
  });
});
