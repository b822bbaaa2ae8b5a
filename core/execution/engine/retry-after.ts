import { parseRetryAfter } from './backoff.ts';

/** What asks for longer is a mistake, or no longer something that an execution waits for. */
const LONGEST_WAIT_MS = 86_400_000;
/** From here on a number is a moment and not a time from now: as seconds in 2001, as milliseconds as well. */
const FIRST_EPOCH_SECONDS = 1e9;
const FIRST_EPOCH_MS = 1e12;

type Headers = Readonly<Record<string, string>>;

/** A header that says when a limit is over, and the one that says how much of it is left. */
type Reset = { reset: string; remaining?: string };
const RESETS: readonly Reset[] = [
  // draft-ietf-httpapi-ratelimit-headers-06 and before: seconds from now.
  { reset: 'ratelimit-reset', remaining: 'ratelimit-remaining' },
  // GitHub (epoch seconds), and many others: epoch milliseconds, or seconds from now.
  { reset: 'x-ratelimit-reset', remaining: 'x-ratelimit-remaining' },
  // X and Okta: epoch seconds.
  { reset: 'x-rate-limit-reset', remaining: 'x-rate-limit-remaining' },
  // Discord: seconds from now, with a fraction.
  { reset: 'x-ratelimit-reset-after', remaining: 'x-ratelimit-remaining' },
  // OpenAI: "1s", "6m0s".
  { reset: 'x-ratelimit-reset-requests', remaining: 'x-ratelimit-remaining-requests' },
  { reset: 'x-ratelimit-reset-tokens', remaining: 'x-ratelimit-remaining-tokens' },
  // Anthropic: RFC 3339.
  {
    reset: 'anthropic-ratelimit-requests-reset',
    remaining: 'anthropic-ratelimit-requests-remaining',
  },
  { reset: 'anthropic-ratelimit-tokens-reset', remaining: 'anthropic-ratelimit-tokens-remaining' },
];

/**
 * How long the service asks to be left alone, in ms; undefined when it does not say, or says what cannot be read.
 *
 * The author's `resetHeader` comes first, then `retry-after-ms` (Azure, OpenAI), then `Retry-After` (RFC 9110 section
 * 10.2.3). The headers of rate limits count only in an answer that refuses for that reason (429, 503, and 403 of GitHub
 * with nothing left), because many services send them with every answer; of several limits those that are used up.
 * Names of headers are in lower case.
 */
export function retryAfterOf(
  headers: Headers,
  status: number,
  nowMs: number,
  resetHeader?: string,
): number | undefined {
  const asked =
    parseReset(resetHeader && headers[resetHeader.toLowerCase()], nowMs) ??
    wholeMs(headers['retry-after-ms']) ??
    parseRetryAfter(headers['retry-after'], nowMs) ??
    limitReset(headers, status, nowMs);
  return asked === undefined ? undefined : Math.min(asked, LONGEST_WAIT_MS);
}

const wholeMs = (text: string | undefined) =>
  /^\d{1,12}(\.\d{1,9})?$/.test(text?.trim() ?? '') ? Math.ceil(Number(text)) : undefined;

function limitReset(headers: Headers, status: number, nowMs: number): number | undefined {
  const waits: number[] = [];
  let usedUp = false;
  for (const { reset, remaining } of RESETS) {
    const left = remaining === undefined ? undefined : headers[remaining]?.trim();
    if (left === '0') usedUp = true;
    if (left !== undefined && Number(left) > 0) continue;
    const waitMs = parseReset(headers[reset], nowMs);
    if (waitMs !== undefined && waitMs <= LONGEST_WAIT_MS) waits.push(waitMs);
  }
  if (status !== 429 && status !== 503 && !(status === 403 && usedUp)) return undefined;
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const SECONDS = /^\d{1,13}(\.\d{1,9})?$/;
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const DURATION =
  /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;

/**
 * A moment (epoch in seconds or milliseconds, RFC 3339, an HTTP date) or a time from now (seconds, or "6m0s"), as ms
 * from now. A moment that has passed says nothing: clocks differ, and the limit may have begun anew.
 */
function parseReset(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '') return undefined;
  if (SECONDS.test(text)) {
    const number = Number(text);
    if (number < FIRST_EPOCH_SECONDS) return Math.ceil(number * 1000);
    return ahead(number < FIRST_EPOCH_MS ? number * 1000 : number, nowMs);
  }
  if (ISO_8601.test(text)) return ahead(Date.parse(text), nowMs);
  const duration = DURATION.exec(text);
  if (duration) {
    const [days, hours, minutes, seconds, ms] = duration.slice(1).map((part) => Number(part ?? 0));
    const wholeSeconds = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
    return Math.ceil(wholeSeconds * 1000 + (ms ?? 0));
  }
  return parseRetryAfter(text, nowMs) || undefined;
}

function ahead(at: number, nowMs: number): number | undefined {
  return at > nowMs ? Math.ceil(at - nowMs) : undefined;
}
