import { refused } from './arguments.ts';

const FIXED_OFFSET = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/;
/** The offset at the end of a date in English: `GMT`, `GMT+02:00`, `GMT-00:44:30`. */
const LONG_OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Formats kept; each is some ten kilobytes outside of the heap. */
const MAX_FORMATS = 100;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const key = zone.toLowerCase(); // the names of zones are the same in any case
  const known = formats.get(key);
  if (known) return known;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    throw refused(
      'needs a time zone of the IANA database, such as "Europe/Berlin", or an offset, such as "+02:00"',
    );
  }
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(key, made);
  return made;
}

/**
 * What the clocks of a zone are ahead of UTC at an instant, in milliseconds.
 * @param zone a name of the IANA database, `UTC`, `Z`, or an offset such as `+02:00`
 * @param instant milliseconds since the epoch
 */
export function offsetAt(zone: string, instant: number): number {
  if (zone === 'UTC' || zone === 'Z') return 0;
  const [found, sign, hours, minutes, seconds] =
    FIXED_OFFSET.exec(zone) ?? LONG_OFFSET.exec(formatOf(zone).format(instant)) ?? [];
  if (found === undefined) throw refused('uses a time zone whose offset is not known');
  const ahead = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS + Number(seconds ?? 0) * 1_000;
  return sign === '-' ? -ahead : ahead;
}

/**
 * The instant at which the clocks of a zone show `local`. Where they are put back and show it twice, the first; where
 * they are put forward and skip it, as long after the skip as it is skipped (`Temporal`'s "compatible").
 * @param local what the clocks show, as milliseconds since the epoch if it were UTC
 */
export function instantAt(zone: string, local: number): number {
  const before = offsetAt(zone, local - DAY_MS);
  const after = offsetAt(zone, local + DAY_MS);
  const shown = [local - before, local - after].filter(
    (instant) => instant + offsetAt(zone, instant) === local,
  );
  return shown.length > 0 ? Math.min(...shown) : local - before;
}
