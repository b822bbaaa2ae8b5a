import { describe, expect, test } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { DatabaseError, databaseError } from './db.ts';

const failure = (code: string, status: number, message = 'x') =>
  databaseError('fn', { code, message }, status);

describe('a failure of the database', () => {
  test.each<[string, string, number]>([
    ['no answer', '', 0],
    ['a gateway without a backend', '', 502],
    ['a gateway that times out', '', 504],
    ['a proxy of its own numbers', '', 522],
    ['a gateway that is asked too often', '', 429],
    ['a lost connection', '08006', 500],
    ['too many connections', '53300', 500],
    ['a shutdown', '57P01', 500],
    ['a statement that took too long', '57014', 500],
    ['a serialisation failure', '40001', 500],
    ['a deadlock', '40P01', 500],
    ['PostgREST without a database', 'PGRST001', 503],
  ])('may pass: %s', (_, code, status) => {
    expect(failure(code, status)).toMatchObject({ name: 'DatabaseError', transient: true, fn: 'fn', code });
  });

  test.each<[string, string, number]>([
    ['text that jsonb cannot hold', '22P05', 400],
    ['a check that fails', '23514', 400],
    ['a function that is missing', 'PGRST202', 404],
    ['an error in a function', 'P0001', 400],
    ['a token that expired', 'PGRST301', 401],
    ['an internal error of the database', 'XX000', 500],
  ])('stays: %s', (_, code, status) => {
    expect(failure(code, status)).toMatchObject({ transient: false });
  });

  test('that carries one of the API\u2019s codes is a problem for the caller', () => {
    expect(failure('PT404', 404, 'execution_not_found')).toMatchObject({ code: 'execution_not_found' });
    expect(failure('42501', 403)).toBeInstanceOf(Problem);
    expect(failure('23505', 409)).toMatchObject({ code: 'conflict' });
    expect(failure('PT409', 409, 'lease_lost')).toBeInstanceOf(DatabaseError);
  });
});
