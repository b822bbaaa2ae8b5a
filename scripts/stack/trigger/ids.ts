import { randomBytes } from 'node:crypto';

const TIME_HEX_DIGITS = 12;
const RANDOM_BYTES = 10;

export type IdPrefix = 'run' | 'batch' | 'sched' | 'waitpoint';

/** `<prefix>_` + 48-bit time + 80 random bits, in hex: unique, and sortable by the millisecond. */
export function newId(prefix: IdPrefix, now: number): string {
  const time = Math.floor(now).toString(16).padStart(TIME_HEX_DIGITS, '0');
  return `${prefix}_${time}${randomBytes(RANDOM_BYTES).toString('hex')}`;
}
