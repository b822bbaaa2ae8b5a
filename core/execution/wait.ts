import type { CallContext } from '../context.ts';
import { getExecution } from './get.ts';
import { type Execution, FINAL_STATUSES } from './schema.ts';

/** A warm run of a fast connector ends in some 20 ms; asking sooner only costs a round trip. */
const FIRST_DELAY_MS = 25;
const DELAY_GROWTH = 2;
/** With the growth before it, 30 s are some 35 calls: below the 50 subrequests that a free Worker may make. */
const LONGEST_DELAY_MS = 1000;

export interface WaitPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Asks for the execution until it has ended or `waitMs` have passed; then returns what it knows, ended or not. */
export async function waitForExecution(
  ctx: CallContext,
  execution: Execution,
  waitMs: number,
  ports: WaitPorts,
): Promise<Execution> {
  const deadline = ports.now() + waitMs;
  let latest = execution;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS)) {
    const left = deadline - ports.now();
    if (FINAL_STATUSES.has(latest.status) || left <= 0) return latest;
    await ports.sleep(Math.min(delay, left));
    latest = await getExecution(ctx, execution.id);
  }
}
