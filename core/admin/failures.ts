import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { rangeArguments, type TimeRange } from './range.ts';
import { FailureCount, type FailureKey } from './schema.ts';

/** What fails most, by one of its properties, most failures first. */
export async function countFailures(
  { db }: Pick<CallContext, 'db'>,
  range: TimeRange,
  by: FailureKey,
  limit: number,
): Promise<FailureCount[]> {
  const rows = await db.call('admin_failures', { ...rangeArguments(range), p_by: by, p_limit: limit });
  return z.array(FailureCount).parse(rows);
}
