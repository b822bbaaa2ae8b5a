import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { rangeArguments, type TimeRange } from './range.ts';
import { SlowConnector } from './schema.ts';

/** The connectors with the longest average duration in the range, slowest first. */
export async function slowestConnectors(
  { db }: Pick<CallContext, 'db'>,
  range: TimeRange,
  limit: number,
): Promise<SlowConnector[]> {
  const rows = await db.call('admin_slowest_connectors', { ...rangeArguments(range), p_limit: limit });
  return z.array(SlowConnector).parse(rows);
}
