import type { Database } from '../../supabase/database.gen.ts';
import { isProblemCode, Problem } from '../problem/problem.ts';

/** The database's functions, by name: a misspelt or dropped one does not compile. */
export type FunctionName = keyof Database['public']['Functions'];

/**
 * The one port to the database: a named SQL function with named arguments, answering JSON. Stores are written
 * against it; the transport behind it (PostgREST, or a Postgres connection) is the caller's choice.
 *
 * Fails with a `Problem` when the function raised one of the API's codes, and with `DatabaseError` otherwise.
 */
export interface Db {
  call(fn: FunctionName, args: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export type DatabaseFailure = {
  /** SQLSTATE, or a PostgREST code such as PGRST301, or '' when no answer came. */
  code: string;
  message: string;
  details?: string | null | undefined;
  hint?: string | null | undefined;
};

/** A failure of the database that no caller asked for. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly fn: string;
  readonly code: string;
  /** What the database said: for a raised error, its word for the reason. */
  readonly reason: string;
  /** True when the same call may succeed later: no answer, too many connections, restart, serialisation, timeout. */
  readonly transient: boolean;
  constructor(fn: string, failure: DatabaseFailure, transient: boolean) {
    super(`${fn}: ${failure.code} ${failure.message}`);
    this.fn = fn;
    this.code = failure.code;
    this.reason = failure.message;
    this.transient = transient;
  }
}

/** The hint that a raised problem carried, for the code that can turn it into JSON pointers. */
export class DatabaseProblem extends Problem {
  readonly hint: string;
  constructor(...[code, detail, hint]: [ConstructorParameters<typeof Problem>[0], string, string]) {
    super(code, detail, /^[/#]/.test(hint) ? [{ pointer: hint, detail }] : []);
    this.hint = hint;
  }
}

/** SQLSTATE classes and PostgREST codes after which a later try may succeed (PostgreSQL manual, appendix A). */
const TRANSIENT = /^(08|53|57P|57014|40001|40P01|55P03|PGRST00[0-3])/;

/** Turns what a transport reported into the error that callers expect. `status` is the HTTP status, 0 for none. */
export function databaseError(fn: string, failure: DatabaseFailure, status: number): Error {
  if (failure.code.startsWith('PT') && isProblemCode(failure.message)) {
    return new DatabaseProblem(failure.message, failure.details ?? '', failure.hint ?? '');
  }
  if (failure.code === '42501') return new Problem('forbidden', 'Your role does not allow this.');
  if (failure.code === '23505')
    return new Problem('conflict', 'Something with this id or name exists already.');
  // Without a code it is not the database that speaks, but what stands before it: its 5xx pass, whatever their number.
  const gateway =
    status === 0 || [429, 502, 503, 504].includes(status) || (failure.code === '' && status >= 500);
  return new DatabaseError(fn, failure, gateway || TRANSIENT.test(failure.code));
}
