import type { StepRetry } from '../../connector/schema.ts';

/**
 * Full jitter: uniform between 0 and an exponentially growing bound, which spreads clients that failed together
 * (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog). `failedAttempts` counts from 1.
 */
export function fullJitterMs(
  retry: Pick<StepRetry, 'base_ms' | 'max_ms'>,
  failedAttempts: number,
  random: () => number,
): number {
  const bound = Math.min(retry.max_ms, retry.base_ms * 2 ** (failedAttempts - 1));
  return Math.round(random() * bound);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const MONTH = `(?<month>${MONTHS.join('|')})`;
/** The three forms of RFC 9110 section 5.6.7: IMF-fixdate, and the obsolete RFC 850 and asctime. All mean GMT. */
const HTTP_DATES = [
  String.raw`[A-Z][a-z]{2}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT`,
  String.raw`[A-Z][a-z]{5,8}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT`,
  String.raw`[A-Z][a-z]{2} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/** `Retry-After` in milliseconds from `nowMs`: delta-seconds or an HTTP date (RFC 9110 section 10.2.3), else undefined. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = parseHttpDate(text, nowMs);
  return at === undefined ? undefined : Math.max(0, at - nowMs);
}

/** Not by Date.parse, which reads much that is no date and takes asctime for local time. */
function parseHttpDate(text: string, nowMs: number): number | undefined {
  const found = HTTP_DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (found === undefined) return undefined;
  const { day, month = '', year = '', hour, minute, second } = found;
  const at = Date.UTC(
    year.length === 2 ? fullYear(Number(year), nowMs) : Number(year),
    MONTHS.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return Number.isNaN(at) ? undefined : at;
}

/** Two digits that seem more than 50 years ahead mean the past (RFC 9110 section 5.6.7). */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = Math.floor(thisYear / 100) * 100 + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
