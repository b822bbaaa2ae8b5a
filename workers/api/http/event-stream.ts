import type { Context } from 'hono';

/** How long a client waits before it comes back. */
const RECONNECT_MS = 2_000;

export interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

/** One event in the form of a stream (WHATWG HTML section 9.2.5). JSON has no line breaks of its own. */
export function eventText({ id, type, data }: StreamedEvent): string {
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A comment, which a client passes over. */
const HEARTBEAT = ': still here\n\n';

/**
 * Answers with server-sent events. `source` yields what comes at once; an empty list becomes a comment. It is asked for more
 * only as fast as the client reads, and `stop` is called when the client goes away. A source that fails ends the stream:
 * the client comes back with the id of the last event, and hears of the failure then.
 */
export function eventStream(
  c: Context,
  source: AsyncGenerator<readonly StreamedEvent[], void>,
  options: { stop(): void; onError(error: unknown): void },
): Response {
  const encoder = new TextEncoder();
  let opened = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (!opened) {
          opened = true;
          controller.enqueue(encoder.encode(`retry: ${RECONNECT_MS}\n\n`));
          return;
        }
        try {
          const { done, value } = await source.next();
          if (done === true) controller.close();
          else
            controller.enqueue(
              encoder.encode(value.length === 0 ? HEARTBEAT : value.map(eventText).join('')),
            );
        } catch (error) {
          options.onError(error);
          controller.close();
        }
      },
      cancel() {
        options.stop();
      },
    },
    // Nothing is asked of the database for a HEAD, which reads no body.
    { highWaterMark: 0 },
  );
  // The second header is what nginx and those after it go by.
  return c.body(stream, 200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
}
