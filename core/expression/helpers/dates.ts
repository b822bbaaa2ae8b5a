import { checkParsingPicture, checkPicture } from '../pictures.ts';
import { optionalText, refused, textArgument } from './arguments.ts';
import { dayMs, isWritable, parseDuration, parseIsoDate } from './iso.ts';
import { instantAt, offsetAt } from './time-zone.ts';

/** JSONata's own, which know the picture strings. */
export interface JsonataDates {
  fromMillis: (this: unknown, ...parameters: unknown[]) => unknown;
  toMillis: (this: unknown, ...parameters: unknown[]) => unknown;
}

type DateHelper = (this: unknown, ...parameters: unknown[]) => unknown;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A picture with the zone's offset in it. */
const ZONE_MARKER = /\[[Zz]/;
/** A picture whose digits may differ from those of a text that it has read: offsets and fractions of a second. */
const LOOSE_MARKER = /\[[Zzf]/;

function zoneArgument(value: unknown): string {
  return optionalText(value, 'the time zone', 'UTC');
}

function inRange(instant: number): number {
  if (!isWritable(instant)) throw refused('uses a date outside of the years 1 to 9999');
  return instant;
}

/** A date as helpers take it: milliseconds since the epoch, or ISO 8601; without an offset, it is a time in `zone`. */
function instantOf(value: unknown, zone: string): number {
  if (typeof value === 'number') return inRange(Math.trunc(value));
  const parsed = parseIsoDate(textArgument(value, 'the date, or a number of milliseconds'));
  if (!parsed) throw refused('reads something that is not a date in ISO 8601');
  return inRange(instantAt(parsed.offset ?? zone, parsed.local));
}

/** Each run of digits as its number. */
function numbersIn(text: string): string {
  return (text.match(/\d+/g) ?? []).map(Number).join();
}

function written(instant: number): string {
  return new Date(inRange(instant)).toISOString();
}

/**
 * An offset as JSONata's formatter takes it, `+0530`. It reads `-0330` as 4 hours less 30 minutes; what it reads as
 * 3 hours and 30 minutes is `-0230`. For less than an hour behind UTC there is nothing: undefined.
 */
export function offsetText(minutes: number): string | undefined {
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  if (minutes < 0 && hours === 0) return undefined;
  const written = minutes < 0 && rest > 0 ? hours - 1 : hours;
  return `${minutes < 0 ? '-' : '+'}${String(written * 100 + rest).padStart(4, '0')}`;
}

/** The last marker of a picture, if it is the zone's offset, and what such a marker reads. */
const LAST_ZONE_MARKER = /\s*\[[Zz][^\]]*\]$/;
const LAST_OFFSET = /\s*(?:(Z|GMT|UTC)|(?:GMT|UTC)?([+-]\d{2}):?(\d{2})?)$/i;

/** Takes the offset off the ends of a text and of its picture: JSONata reads `-03:30` as 3 hours less 30 minutes. */
function splitOffset(text: string, picture: string) {
  const marker = LAST_ZONE_MARKER.exec(picture);
  const found = marker ? LAST_OFFSET.exec(text) : null;
  if (!marker || !found) return { text, picture, offset: undefined };
  return {
    text: text.slice(0, found.index),
    picture: picture.slice(0, marker.index),
    offset: found[1] === undefined ? `${found[2]}:${found[3] ?? '00'}` : 'UTC',
  };
}

/** `$addDuration(date, duration, timeZone = "UTC")`: days and months as the zone's calendar counts them, then hours. */
export function addDuration(date: unknown, duration: unknown, timeZone?: unknown): unknown {
  if (date === undefined || duration === undefined) return undefined;
  const zone = zoneArgument(timeZone);
  const instant = instantOf(date, zone);
  const added = parseDuration(textArgument(duration, 'the duration'));
  if (!added) throw refused('reads something that is not a duration in ISO 8601, such as "P1M" or "PT36H"');
  const { months, days, ms } = added;
  if (months === 0 && days === 0) return written(instant + ms);
  const local = instant + offsetAt(zone, instant);
  const time = ((local % DAY_MS) + DAY_MS) % DAY_MS;
  const from = new Date(local);
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const lastOfMonth = new Date(dayMs(year, month + 1, 0)).getUTCDate();
  const day = dayMs(year, month, Math.min(from.getUTCDate(), lastOfMonth)) + days * DAY_MS;
  return written(instantAt(zone, inRange(day + time)) + ms);
}

/** `$formatDate` and `$parseDate`, on JSONata's picture strings and any time zone. */
export function dateHelpers(jsonata: JsonataDates): { formatDate: DateHelper; parseDate: DateHelper } {
  return {
    /** `$formatDate(date, picture?, timeZone = "UTC")`; without a picture, ISO 8601 with the zone's offset. */
    formatDate(date, picture, timeZone) {
      if (date === undefined) return undefined;
      checkPicture(picture);
      const zone = zoneArgument(timeZone);
      const instant = instantOf(date, zone);
      const offset = offsetAt(zone, instant);
      const minutes = Math.trunc(offset / MINUTE_MS);
      const text = offsetText(minutes);
      // Offsets that a picture cannot show, all of them of the past (with seconds, or less than an hour behind UTC),
      // are shown without what is missing; the time itself is right.
      const unshown = offset - (text === undefined ? 0 : minutes * MINUTE_MS);
      return jsonata.fromMillis.call(this, instant + unshown, picture, text ?? '+0000');
    },
    /** `$parseDate(text, picture?, timeZone = "UTC")`: in UTC, as ISO 8601, whatever the text was written in. */
    parseDate(text, picture, timeZone) {
      if (text === undefined) return undefined;
      const zone = zoneArgument(timeZone);
      if (picture === undefined) return written(instantOf(textArgument(text, 'the text'), zone));
      const whole = textArgument(text, 'the text');
      checkParsingPicture(whole, textArgument(picture, 'the picture'));
      const parts = splitOffset(whole, String(picture));
      const local = jsonata.toMillis.call(this, parts.text, parts.picture);
      if (typeof local !== 'number' || Number.isNaN(local))
        throw refused('reads a date that does not match the picture');
      const markers = parts.picture.replaceAll('[[', ''); // which stands for a bracket
      if (!LOOSE_MARKER.test(markers)) {
        // JSONata takes the 31st of February for the 3rd of March.
        const again = jsonata.fromMillis.call(this, inRange(local), parts.picture);
        if (numbersIn(String(again)) !== numbersIn(parts.text))
          throw refused('reads a day or a time that does not exist');
      }
      const marked = ZONE_MARKER.test(markers);
      return written(marked ? local : instantAt(parts.offset ?? zone, inRange(local)));
    },
  };
}
