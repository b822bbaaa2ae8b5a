/** Longer waits are cut to this, so that no connection is held for as long as an execution may run. */
export const MAX_WAIT_SECONDS = 30;

const WAIT = /^wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))$/i;

/**
 * The seconds that `Prefer: wait=N` (RFC 7240 section 4.3) asks for, at most {@link MAX_WAIT_SECONDS}; null when it does
 * not ask. A preference that cannot be read is ignored (section 2), and of two the first counts.
 */
export function preferredWait(header: string | undefined): number | null {
  for (const preference of header?.split(',') ?? []) {
    const [first = ''] = preference.split(';');
    const match = WAIT.exec(first.trim());
    if (match !== null) return Math.min(Number(match[1] ?? match[2]), MAX_WAIT_SECONDS);
  }
  return null;
}
