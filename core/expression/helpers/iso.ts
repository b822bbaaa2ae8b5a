/** ISO 8601 as RFC 3339 profiles it, with what may be left out: the time, its seconds, the offset. */
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;
const DURATION =
  /^([+-])?P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S)?)?$/;

/** 0001-01-01 and 9999-12-31, the years that ISO 8601 writes with four digits. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

export function isWritable(instant: number): boolean {
  return instant >= FIRST_MS && instant <= LAST_MS;
}

/** Milliseconds of a decimal fraction of a second; further digits are cut off. */
function millis(fraction: string | undefined): number {
  return Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
}

/** The day as milliseconds since the epoch, in UTC. `Date.UTC` takes the years 0 to 99 for those of the last century. */
export function dayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

export interface LocalTime {
  /** What the text shows, as milliseconds since the epoch if it were UTC. */
  local: number;
  /** `Z` or the offset, as the text has it; undefined if it has none. */
  offset: string | undefined;
}

/** Reads a date or a date with its time; undefined if the text is none, or names a day or time that is not. */
export function parseIsoDate(text: string): LocalTime | undefined {
  const found = DATE.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const date = dayMs(year, month - 1, day);
  const exists = new Date(date).getUTCMonth() === month - 1 && new Date(date).getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59) return undefined;
  const local = date + ((hour * 60 + minute) * 60 + second) * 1_000 + millis(found[7]);
  return { local, offset: found[8]?.toUpperCase() };
}

export interface Duration {
  months: number;
  days: number;
  ms: number;
}

/** ISO 8601-2's duration: `P1Y2M10DT2H30M`, `P2W`, `-P1D`; fractions in seconds only. Undefined if malformed. */
export function parseDuration(text: string): Duration | undefined {
  const found = DURATION.exec(text);
  if (!found) return undefined;
  const sign = found[1] === '-' ? -1 : 1;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(2, 9)
    .map((digits) => Number(digits ?? 0));
  return {
    months: sign * (years * 12 + months),
    days: sign * (weeks * 7 + days),
    ms: sign * (((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis(found[9])),
  };
}
