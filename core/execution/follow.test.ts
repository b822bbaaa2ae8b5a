import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallContext } from '../context.ts';
import { type EventPosition, formatPosition, parsePosition } from './event-schema.ts';
import { followExecution, MAX_FOLLOW_SECONDS, MAX_READS, readEvents } from './follow.ts';

interface Happening {
  readonly event: number;
  readonly part: number;
  readonly parts: number;
  /** When it can be read, in milliseconds. */
  readonly at: number;
}

/** Events that become visible as time passes; time passes by sleeping alone. Answers like the database: by whole numbers. */
function world(happenings: readonly Happening[], options: { endsAt?: number; page?: number } = {}) {
  const seen = { now: 0, calls: 0, sleeps: [] as number[] };
  const ctx: CallContext = {
    workspaceId: null,
    urlPolicy: { allowLoopback: false },
    newId: () => '',
    db: {
      async call(fn, { p_after }) {
        expect(fn).toBe('execution_events');
        seen.calls += 1;
        const after = p_after === null ? -1 : Number(p_after);
        const visible = happenings.filter(({ at, event }) => at <= seen.now && event > after);
        const cut = visible[(options.page ?? 500) - 1]?.event ?? Number.POSITIVE_INFINITY;
        const shown = visible.filter(({ event }) => event <= cut);
        return {
          final: seen.now >= (options.endsAt ?? Number.POSITIVE_INFINITY) && shown.length === visible.length,
          events: shown.map(({ event, part, parts }) => ({
            ...{ event, part, parts, type: 'step.failed', status: 'failed', at: '2026-01-01T00:00:00Z' },
            ...{ step: `${event}/${part}`, iteration: '', attempt: 0 },
            error: { class: 'network', code: 'reset', message: 'm', step: 'a' },
          })),
        };
      },
    },
  };
  const aborted = new AbortController();
  async function* follow(after: EventPosition | null, seconds = MAX_FOLLOW_SECONDS) {
    const first = await readEvents(ctx, 'id', after);
    yield* followExecution(ctx, 'id', after, first, {
      now: () => seen.now,
      sleep: async (ms) => {
        seen.sleeps.push(ms);
        seen.now += ms;
      },
      signal: aborted.signal,
      seconds,
    });
  }
  return { ctx, seen, follow, stop: () => aborted.abort() };
}

const single = (event: number, at: number): Happening => ({ event, part: 1, parts: 1, at });

async function all(batches: ReturnType<ReturnType<typeof world>['follow']>) {
  const steps: (string | null)[] = [];
  for await (const batch of batches) steps.push(...batch.map(({ event }) => event.step));
  return steps;
}

it('reads an error that is of no step, whose null the database leaves out', async () => {
  const { ctx } = world([]);
  const error = { class: 'template', code: 'template_reference', message: 'output: missing' };
  const event = { type: 'execution.failed', status: 'failed', at: '2026-01-01T00:00:00Z', step: null };
  const row = { ...event, event: 0, part: 1, parts: 1, iteration: '', attempt: 0, error };
  const db = { call: async () => ({ final: true, events: [row] }) };
  const { events } = await readEvents({ ...ctx, db }, 'id', null);
  expect(events[0]?.event.error).toMatchObject({ ...error, step: null });
});

describe('following an execution', () => {
  it('tells what was, then what comes, and ends behind the last event', async () => {
    const { seen, follow } = world([single(0, 0), single(1, 100), single(2, 5_000)], { endsAt: 5_000 });
    expect(await all(follow(null))).toEqual(['0/1', '1/1', '2/1']);
    expect(seen.now).toBeLessThan(7_000);
  });

  it('asks soon after something happened, and ever less often in silence', async () => {
    const { seen, follow } = world([single(0, 0), single(1, 6_000)]);
    await all(follow(null, 12));
    const [first] = seen.sleeps;
    expect(first).toBe(200);
    expect(Math.max(...seen.sleeps)).toBe(2_000);
    const silent = seen.sleeps.slice(0, seen.sleeps.indexOf(2_000));
    expect(silent).toEqual(silent.toSorted((a, b) => a - b));
    expect(seen.sleeps.lastIndexOf(200)).toBeGreaterThan(5);
  });

  it('ends after a minute', async () => {
    const { seen, follow } = world([]);
    await all(follow(null, 1_000));
    expect(seen.now).toBe(60_000);
    expect(seen.calls).toBeLessThanOrEqual(MAX_READS);
  });

  it('ends after 45 calls, however much happens', async () => {
    const busy = Array.from({ length: 1_000 }, (_, n) => single(n, n * 150));
    const { seen, follow } = world(busy);
    const told = await all(follow(null));
    expect(seen.calls).toBe(MAX_READS);
    expect(told.length).toBeGreaterThan(40);
  });

  it('of no length asks once', async () => {
    const { seen, follow } = world([single(0, 0)]);
    expect(await all(follow(null, 0))).toEqual(['0/1']);
    expect(seen.calls).toBe(1);
  });

  it('says now and then that it is still there', async () => {
    const { follow } = world([single(0, 0)]);
    let silences = 0;
    for await (const batch of follow(null)) if (batch.length === 0) silences += 1;
    expect(silences).toBeGreaterThanOrEqual(5);
    expect(silences).toBeLessThanOrEqual(6);
  });

  it('asks no more when it is stopped', async () => {
    const { seen, follow, stop } = world([single(0, 0)]);
    for await (const batch of follow(null)) if (batch.length > 0) stop();
    expect(seen.calls).toBe(1);
  });

  it('does not wait between full pages', async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => single(n, 0));
    const { seen, follow } = world(many, { endsAt: 0 });
    expect(await all(follow(null))).toHaveLength(1_200);
    expect(seen.sleeps).toEqual([]);
  });

  it('shows with an error what is to be done', async () => {
    const { follow } = world([single(0, 0)]);
    for await (const batch of follow(null, 0))
      expect(batch[0]?.event.error?.recovery?.action).toBe('redrive');
  });

  it('loses nothing and tells nothing twice, wherever the reader is cut off', async () => {
    const groups = fc.array(
      fc.record({ parts: fc.integer({ min: 1, max: 4 }), at: fc.nat({ max: 3_000 }) }),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        groups,
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 30 }),
        fc.constantFrom(2, 500),
        async (shape, cuts, page) => {
          const times = shape.map(({ at }) => at).toSorted((a, b) => a - b);
          const happenings = shape.flatMap(({ parts }, event) =>
            Array.from({ length: parts }, (_, n) => ({ event, part: n + 1, parts, at: times[event] ?? 0 })),
          );
          const { seen, follow } = world(happenings, { endsAt: times.at(-1) ?? 0, page });
          const told: (string | null)[] = [];
          let position: EventPosition | null = null;
          for (let round = 0; round < 200 && told.length < happenings.length; round += 1) {
            let left = cuts[round % cuts.length] ?? 1;
            seen.now += 50;
            reading: for await (const batch of follow(position, 5)) {
              for (const { event, position: at } of batch) {
                if (left === 0) break reading;
                left -= 1;
                told.push(event.step);
                // As a client does it: what it keeps is the text of the id.
                position = parsePosition(formatPosition(at));
              }
            }
          }
          expect(told).toEqual(happenings.map(({ event, part }) => `${event}/${part}`));
        },
      ),
    );
  });
});

describe('the id of an event', () => {
  it.each(['', 'x', '-1', '1.0', '1.', '.1', '1.2.3', '1e3', ' 1', '9999999999', '1.99999999', '٣'])(
    'is not %j',
    (text) => {
      expect(parsePosition(text)).toBeNull();
    },
  );

  it('is read as it is written', () => {
    const position = fc.record({
      event: fc.nat({ max: 999_999_999 }),
      part: fc.option(fc.integer({ min: 1, max: 9_999_999 })),
    });
    fc.assert(
      fc.property(position, (at) => {
        expect(parsePosition(formatPosition(at))).toEqual(at);
      }),
    );
  });
});
