import { Hono } from 'hono';
import * as z from 'zod';
import { type EventPosition, formatPosition, parsePosition } from '../../../core/execution/event-schema.ts';
import {
  followExecution,
  MAX_FOLLOW_SECONDS,
  type NumberedEvent,
  readEvents,
} from '../../../core/execution/follow.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';
import { eventStream, type StreamedEvent } from '../http/event-stream.ts';
import { Id, path, query } from '../http/params.ts';

export const EventsQuery = z.object({
  last_event_id: z.string().optional(),
  wait: z
    .string()
    .regex(/^\d{1,2}$/, `must be a whole number from 0 to ${MAX_FOLLOW_SECONDS}`)
    .transform(Number)
    .pipe(z.number().max(MAX_FOLLOW_SECONDS))
    .optional(),
});

/**
 * Progress as server-sent events, whatever `Accept` says. A reader that comes back after the end is told to stay away by
 * 204 (WHATWG HTML section 9.2.3).
 */
export const executionEventRoutes = new Hono<AppEnv>().get(
  '/:id/events',
  path(Id),
  query(EventsQuery),
  async (c) => {
    const { id } = c.req.valid('param');
    const { last_event_id: asked, wait } = c.req.valid('query');
    const header = c.req.header('Last-Event-ID');
    const after = header
      ? position(header, '#header/Last-Event-ID')
      : position(asked, '#query/last_event_id');
    const first = await readEvents(c.var.call, id, after);
    if (after !== null && first.final && first.events.length === 0) return c.body(null, 204);

    const { runtime } = c.var.ports;
    const aborted = new AbortController();
    const following = followExecution(c.var.call, id, after, first, {
      now: runtime.now,
      sleep: runtime.sleep,
      signal: aborted.signal,
      seconds: wait ?? MAX_FOLLOW_SECONDS,
    });
    return eventStream(c, streamed(following), {
      stop: () => aborted.abort(),
      onError: (error) =>
        runtime.log('warn', 'events_ended', {
          requestId: c.var.requestId,
          executionId: id,
          message: error instanceof Error ? error.name : 'unknown',
        }),
    });
  },
);

/** @throws Problem invalid_request */
function position(text: string | undefined, pointer: string): EventPosition | null {
  if (text === undefined) return null;
  const found = parsePosition(text);
  if (found !== null) return found;
  throw new Problem('invalid_request', 'The request is not valid.', [
    { pointer, detail: 'is not the id of an event' },
  ]);
}

async function* streamed(
  batches: AsyncGenerator<readonly NumberedEvent[], void>,
): AsyncGenerator<readonly StreamedEvent[], void> {
  for await (const batch of batches) {
    yield batch.map(({ position: at, event }) => ({ id: formatPosition(at), type: event.type, data: event }));
  }
}
