import { limitReached } from './failures.ts';

/** Longest picture string or timestamp; some of JSONata's formatters are quadratic in it. */
const MAX_PICTURE_CHARS = 256;
const MAX_TIMESTAMP_CHARS = 64;
/** `$toMillis` matches a picture by backtracking; this many neighbours of open width cost at most 64^3 tries. */
const MAX_OPEN_NEIGHBOURS = 3;
/** A width such as `[Y,999999999]` would pad to that many characters. */
const HUGE_WIDTH = /,[^\]]*\d{3}/;
/** A marker whose width the picture fixes by its digits: `[Y0001]`, `[M01]`. */
const FIXED_WIDTH = /^\[[a-zA-Z]\d{2,}\]$/;

/** @throws EvaluationError `template_limit` for a picture that would take long to apply */
export function checkPicture(picture: unknown): void {
  if (typeof picture !== 'string') return;
  if (picture.length > MAX_PICTURE_CHARS || HUGE_WIDTH.test(picture)) {
    throw limitReached('uses a picture string that is too long or too wide');
  }
}

/** Also for pictures that parse: bounds the backtracking of their regex. */
export function checkParsingPicture(timestamp: unknown, picture: unknown): void {
  if (typeof picture !== 'string') return;
  checkPicture(picture);
  if (typeof timestamp === 'string' && timestamp.length > MAX_TIMESTAMP_CHARS) {
    throw limitReached('parses too long a timestamp');
  }
  let neighbours = 0;
  for (const part of picture.match(/\[[^\]]*\]|[^[\]]+/g) ?? []) {
    if (part.startsWith('[')) {
      if (!FIXED_WIDTH.test(part)) neighbours += 1;
    } else if (/[^A-Za-z0-9]/.test(part)) {
      neighbours = 0; // a separator that no marker can match
    }
    if (neighbours > MAX_OPEN_NEIGHBOURS)
      throw limitReached('uses a picture string with too many neighbouring parts');
  }
}
