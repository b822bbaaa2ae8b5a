import { parseNaturalLanguageDurationInMs } from '@trigger.dev/core/v3/isomorphic';

const SECOND_MS = 1000;

/** `30s`, `2h`, `1d12h` → milliseconds; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  return parseNaturalLanguageDurationInMs(text);
}

/** A TTL as the API takes it: seconds as a number, or a duration. */
export function ttlMs(ttl: string | number): number | undefined {
  return typeof ttl === 'number' ? ttl * SECOND_MS : durationMs(ttl);
}

/** A delay is a date or a duration from now → milliseconds since the epoch; undefined when it is neither. */
export function delayUntil(delay: string | Date, now: number): number | undefined {
  if (delay instanceof Date) return Number.isNaN(delay.getTime()) ? undefined : delay.getTime();
  const relative = durationMs(delay);
  if (relative !== undefined) return now + relative;
  const date = Date.parse(delay);
  return Number.isNaN(date) ? undefined : date;
}
