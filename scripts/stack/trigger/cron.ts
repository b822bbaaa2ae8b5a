import { Cron } from 'croner';

/** How many coming times a scheduled run is told. */
const UPCOMING = 5;
const FIELDS = 5;

/** What is wrong with a schedule's times, in words for its author; undefined when nothing is. */
export function cronFault(expression: string, timezone: string): string | undefined {
  const fields = expression.trim().split(/\s+/).length;
  if (fields !== FIELDS) return `Invalid CRON expression: ${FIELDS} fields are expected, there are ${fields}`;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    return `Invalid timezone: ${timezone}`;
  }
  try {
    return upcomingTimes(expression, timezone, Date.now()).length > 0
      ? undefined
      : 'Invalid CRON expression: it never comes due';
  } catch (error) {
    return `Invalid CRON expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The next times after `after` (all in milliseconds since the epoch), in the time zone's wall clock time. */
export function upcomingTimes(
  expression: string,
  timezone: string,
  after: number,
  count = UPCOMING,
): number[] {
  const cron = new Cron(expression, { timezone, paused: true, mode: '5-part' });
  return cron.nextRuns(count, new Date(after)).map((date) => date.getTime());
}

/** The next time after `after`; undefined when there is none. */
export function nextTime(expression: string, timezone: string, after: number): number | undefined {
  return upcomingTimes(expression, timezone, after, 1)[0];
}
