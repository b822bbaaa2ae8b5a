import * as z from 'zod';
import { type FieldError, Problem } from '../problem/problem.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_RANGE_MS = DAY_MS;
/** A year and a leap day: bounds what one call reads. */
const MAX_RANGE_DAYS = 366;
/** 744 points, as many as a chart can show. */
const MAX_HOURLY_RANGE_DAYS = 31;
/** Before the first execution of any deployment, and where Postgres writes years in another way. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** A time that every part of the platform can hold. */
export const Instant = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-01-31T00:00:00Z' })
  .refine(
    (text) => Date.parse(text) >= EARLIEST && Date.parse(text) < LATEST,
    'must be a time between the years 2000 and 2200',
  );

export const Bucket = z.enum(['hour', 'day']);
export type Bucket = z.infer<typeof Bucket>;

/** From `from` up to `to`; the last 24 hours when nothing is said. */
export const RangeQuery = z.object({ from: Instant.optional(), to: Instant.optional() });
export type RangeQuery = z.infer<typeof RangeQuery>;

/** In milliseconds since the Unix epoch; `to` is not part of it. Full hours, because counts are kept by the hour. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The range that a query asks for, widened to full hours.
 *
 * @throws Problem `invalid_request` with `#query/from` or `#query/to`
 */
export function timeRange(query: RangeQuery, now: number, bucket?: Bucket): TimeRange {
  const to = query.to === undefined ? now : Date.parse(query.to);
  const from = query.from === undefined ? to - DEFAULT_RANGE_MS : Date.parse(query.from);
  const pointer = query.from === undefined ? '#query/to' : '#query/from';
  if (from >= to) {
    const detail = query.to === undefined ? 'must be in the past' : 'must be before "to"';
    throw refused({ pointer, detail });
  }
  if (from < EARLIEST) throw refused({ pointer, detail: 'must be a time after the year 2000' });
  if (to - from > MAX_RANGE_DAYS * DAY_MS) {
    throw refused({ pointer, detail: `must be at most ${MAX_RANGE_DAYS} days before "to"` });
  }
  if (bucket === 'hour' && to - from > MAX_HOURLY_RANGE_DAYS * DAY_MS) {
    const detail = `must be at most ${MAX_HOURLY_RANGE_DAYS} days before "to" with bucket=hour; use bucket=day`;
    throw refused({ pointer, detail });
  }
  return { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: Math.ceil(to / HOUR_MS) * HOUR_MS };
}

function refused(error: FieldError): Problem {
  return new Problem('invalid_request', 'The range of time is not valid.', [error]);
}

/** As the database's functions take it. */
export function rangeArguments({ from, to }: TimeRange): { p_from: string; p_to: string } {
  return { p_from: new Date(from).toISOString(), p_to: new Date(to).toISOString() };
}

const BUCKET_MS = { hour: HOUR_MS, day: DAY_MS } as const;

/** The start of every bucket (UTC) that a range touches, oldest first. */
export function bucketStarts({ from, to }: TimeRange, bucket: Bucket): number[] {
  const size = BUCKET_MS[bucket];
  const first = Math.floor(from / size) * size;
  return Array.from({ length: Math.ceil((to - first) / size) }, (_, index) => first + index * size);
}
