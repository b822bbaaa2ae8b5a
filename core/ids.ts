const UNIX_MS_BYTES = 6;

/** What ids and times are made from; injected, so that a test can hold both still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}
export type RandomBytes = (length: number) => Uint8Array;

/** A UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix time in milliseconds, then 74 random bits; sorts by time. */
export function uuidv7(clock: Clock, randomBytes: RandomBytes): string {
  const bytes = randomBytes(16);
  let time = clock.now();
  for (let i = UNIX_MS_BYTES - 1; i >= 0; i -= 1) {
    bytes[i] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
