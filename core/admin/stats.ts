import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type Bucket, bucketStarts, rangeArguments, type TimeRange } from './range.ts';
import { AdminPoint, AdminStats, AdminTotals } from './schema.ts';

const Counted = z.object({ totals: AdminTotals, series: z.array(AdminPoint) });

/** The dashboard's numbers: totals and a time series, in one call. */
export async function adminStats(
  { db }: Pick<CallContext, 'db'>,
  range: TimeRange,
  bucket: Bucket,
): Promise<AdminStats> {
  const { p_from, p_to } = rangeArguments(range);
  const counted = Counted.parse(await db.call('admin_stats', { p_from, p_to, p_bucket: bucket }));
  return AdminStats.parse({
    from: p_from,
    to: p_to,
    bucket,
    totals: counted.totals,
    series: withEmptyBuckets(counted.series, range, bucket),
  });
}

const NOTHING = { succeeded: 0, failed: 0, cancelled: 0, timed_out: 0, workspaces: 0 };

/** A chart must not draw a line over hours in which nothing happened. */
function withEmptyBuckets(points: readonly AdminPoint[], range: TimeRange, bucket: Bucket): AdminPoint[] {
  const known = new Map(points.map((point) => [Date.parse(point.at), point]));
  return bucketStarts(range, bucket).map((start) => ({
    ...(known.get(start) ?? NOTHING),
    at: new Date(start).toISOString(),
  }));
}
