import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { DatabaseError, databaseError } from '../../../core/db/db.ts';
import { PROBLEMS, Problem, type ProblemCode } from '../../../core/problem/problem.ts';
import { KeySetUnavailable } from '../auth/key-set.ts';
import { ConfigError } from '../env.ts';
import { problemOf, problemResponse } from './problem-response.ts';

const answer = (problem: Problem, headers: Record<string, string> = {}) =>
  new Hono<{ Variables: { requestId: string } }>()
    .get('/', (c) => {
      c.set('requestId', 'r1');
      return problemResponse(c, problem);
    })
    .request('/', { headers });

const codes = Object.keys(PROBLEMS).filter((code): code is ProblemCode => code in PROBLEMS);

describe('a problem', () => {
  it.each(codes)('is a complete RFC 9457 document: %s', async (code) => {
    const response = await answer(new Problem(code, 'What is wrong.', [{ pointer: '/a', detail: 'b' }]));
    expect(response.status).toBe(PROBLEMS[code].status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({
      type: `urn:patchbay:problem:${code}`,
      title: PROBLEMS[code].title,
      status: PROBLEMS[code].status,
      detail: 'What is wrong.',
      code,
      requestId: 'r1',
      errors: [{ pointer: '/a', detail: 'b' }],
    });
  });

  it('has no errors member when there are none', async () => {
    expect(await (await answer(new Problem('not_found', 'x'))).json()).not.toHaveProperty('errors');
  });

  it('asks for a token, and says so when the one sent was not valid', async () => {
    const problem = new Problem('unauthenticated', 'x');
    expect((await answer(problem)).headers.get('www-authenticate')).toBe('Bearer');
    expect((await answer(problem, { authorization: 'Bearer x' })).headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token"',
    );
  });

  it('says when to come back, if that helps', async () => {
    expect((await answer(new Problem('unavailable', 'x'))).headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await answer(new Problem('internal', 'x'))).headers.has('retry-after')).toBe(false);
  });
});

describe('a failure', () => {
  const database = (code: string, status: number, message = 'm') =>
    databaseError('fn', { code, message, details: 'd' }, status);

  it.each<[string, unknown, ProblemCode]>([
    ['a problem of ours', new Problem('last_owner', 'x'), 'last_owner'],
    [
      'a problem that a function raised',
      database('PT404', 404, 'connector_not_found'),
      'connector_not_found',
    ],
    ['no answer of the database', database('', 0), 'unavailable'],
    ['a gateway that found no database', database('', 502), 'unavailable'],
    ['a database that starts', database('57P03', 500), 'unavailable'],
    ['a token that expired on the way', database('PGRST303', 401), 'unauthenticated'],
    ['a statement that is wrong', database('42703', 400), 'internal'],
    ['a problem code that we do not know', database('PT418', 418, 'teapot'), 'internal'],
    ['no key set', new KeySetUnavailable('x'), 'unavailable'],
    ['a bad configuration', new ConfigError('x'), 'internal'],
    ['a bug', new TypeError('x is undefined'), 'internal'],
    ['something thrown that is no error', 'text', 'internal'],
  ])('is told as what it is: %s', (_, error, code) => expect(problemOf(error).code).toBe(code));

  it.each([
    new Error('canary'),
    new DatabaseError('canary', { code: 'XX000', message: 'canary' }, false),
    new DatabaseError('canary', { code: '', message: 'canary' }, true),
    new ConfigError('canary'),
    new KeySetUnavailable('canary', { cause: new Error('canary') }),
  ])('nobody asked for does not tell its message: %s', async (error) => {
    expect(await (await answer(problemOf(error))).text()).not.toContain('canary');
  });
});
