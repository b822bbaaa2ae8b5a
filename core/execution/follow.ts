import * as z from 'zod';
import type { CallContext } from '../context.ts';
import { type EventPosition, ExecutionEvent } from './event-schema.ts';
import { ExecutionError } from './schema.ts';
import type { WaitPorts } from './wait.ts';
import { withRecovery } from './with-recovery.ts';

/** Fast enough to be watched; a step rarely takes less. */
const FIRST_DELAY_MS = 200;
const DELAY_GROWTH = 1.5;
const LONGEST_DELAY_MS = 2_000;
/** A silent connection is closed by proxies, some after 30 s. */
const HEARTBEAT_MS = 10_000;
/** A Worker on Cloudflare's free plan may make 50 subrequests; some stand before these. */
export const MAX_READS = 45;
export const MAX_FOLLOW_SECONDS = 60;
/** Of one answer of the database: more may follow at once. */
const FULL_PAGE = 500;

/** The database leaves out what is null, inside of errors too: one that is of no step has none. */
const StoredError = ExecutionError.extend({ step: z.string().nullable().default(null) });
const Row = ExecutionEvent.extend({
  error: StoredError.nullable().default(null),
  event: z.int(),
  part: z.int(),
  parts: z.int(),
});
const Answer = z.object({ final: z.boolean(), events: z.array(Row) });

export interface NumberedEvent {
  readonly position: EventPosition;
  readonly event: ExecutionEvent;
}

export interface EventPage {
  readonly events: readonly NumberedEvent[];
  /** The execution has ended, and this is all of it. */
  readonly final: boolean;
}

/** What happened behind `after`, in order; from the start when it is null. @throws Problem execution_not_found */
export async function readEvents(
  ctx: CallContext,
  id: string,
  after: EventPosition | null,
): Promise<EventPage> {
  const { final, events } = Answer.parse(
    await ctx.db.call('execution_events', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      // Of a number that was seen in part, the rest is still to come.
      p_after: after === null ? null : after.event - (after.part === null ? 0 : 1),
    }),
  );
  const seen = (row: z.infer<typeof Row>) =>
    after !== null && after.part !== null && row.event === after.event && row.part <= after.part;
  return {
    final,
    events: events
      .filter((row) => !seen(row))
      .map(({ event, part, parts, ...rest }) => ({
        position: { event, part: part === parts ? null : part },
        event: withRecovery(rest),
      })),
  };
}

export interface Following extends WaitPorts {
  /** Ends it: nothing is asked after that. */
  readonly signal: AbortSignal;
  /** At most {@link MAX_FOLLOW_SECONDS}. */
  readonly seconds: number;
}

/**
 * What happens to an execution, from a first page on, until it has ended or the time is over. Yields nothing but an empty
 * list when it has been silent for a while. Every event comes once.
 */
export async function* followExecution(
  ctx: CallContext,
  id: string,
  after: EventPosition | null,
  first: EventPage,
  { now, sleep, signal, seconds }: Following,
): AsyncGenerator<readonly NumberedEvent[], void> {
  const deadline = now() + Math.min(seconds, MAX_FOLLOW_SECONDS) * 1000;
  let position = after;
  let page = first;
  let delay = FIRST_DELAY_MS;
  let spokeAt = now();
  for (let reads = 1; ; reads += 1) {
    if (page.events.length > 0) {
      position = page.events.at(-1)?.position ?? position;
      delay = FIRST_DELAY_MS;
      spokeAt = now();
      yield page.events;
    } else if (now() - spokeAt >= HEARTBEAT_MS) {
      spokeAt = now();
      yield [];
    }
    const left = deadline - now();
    if (page.final || left <= 0 || reads >= MAX_READS || signal.aborted) return;
    if (page.events.length < FULL_PAGE) {
      await sleep(Math.min(delay, left));
      delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS);
    }
    if (signal.aborted) return;
    page = await readEvents(ctx, id, position);
  }
}
