import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;

/** Asks until there is an answer that is not undefined or false; throws, saying what was waited for, when time is up. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await sleep(pollMs);
  }
}
