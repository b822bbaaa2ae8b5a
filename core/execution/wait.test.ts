import { describe, expect, it } from 'vitest';
import type { CallContext } from '../context.ts';
import { Execution, type ExecutionStatus } from './schema.ts';
import { waitForExecution } from './wait.ts';

const queued = Execution.parse({
  id: '018f0000-0000-7000-8000-000000000001',
  connector_id: '018f0000-0000-7000-8000-000000000002',
  connector_version: 1,
  status: 'queued',
  trigger: { type: 'api' },
  error: null,
  cancel_requested_at: null,
  waiting_until: null,
  parent_execution_id: null,
  batch_id: null,
  replay_of: null,
  redrives: 0,
  created_at: '2026-01-01T00:00:00Z',
  started_at: null,
  finished_at: null,
  duration_ms: null,
  input: {},
  output: null,
  steps: [],
});

/** Time that passes only by sleeping, and a database in which the execution has ended at `endsAt` milliseconds. */
function world(endsAt: number, end: ExecutionStatus = 'succeeded') {
  const seen = { now: 0, calls: 0 };
  const ctx: CallContext = {
    workspaceId: null,
    urlPolicy: { allowLoopback: false },
    newId: () => '',
    db: {
      async call() {
        seen.calls += 1;
        return { ...queued, status: seen.now >= endsAt ? end : 'running' };
      },
    },
  };
  const ports = {
    now: () => seen.now,
    sleep: async (ms: number) => {
      seen.now += ms;
    },
  };
  return { seen, wait: (ms: number) => waitForExecution(ctx, queued, ms, ports) };
}

describe('waiting for an execution', () => {
  it.each<ExecutionStatus>(['succeeded', 'failed', 'cancelled', 'timed_out'])(
    'ends when it has %s',
    async (end) => {
      const { seen, wait } = world(20, end);
      expect((await wait(30_000)).status).toBe(end);
      expect(seen).toEqual({ now: 25, calls: 1 });
    },
  );

  it('ends when the time is over, and tells how far it is', async () => {
    const { seen, wait } = world(Number.POSITIVE_INFINITY);
    expect((await wait(2_000)).status).toBe('running');
    expect(seen.now).toBe(2_000);
  });

  it('asks no more than 40 times in 30 seconds', async () => {
    const { seen, wait } = world(Number.POSITIVE_INFINITY);
    await wait(30_000);
    expect(seen.calls).toBeLessThanOrEqual(40);
  });

  it('notices the end at most a second late', async () => {
    for (const endsAt of [100, 1_500, 14_001, 28_999]) {
      const { seen, wait } = world(endsAt);
      await wait(30_000);
      expect(seen.now - endsAt).toBeLessThanOrEqual(1_000);
    }
  });

  it('of no length asks nothing', async () => {
    const { seen, wait } = world(0);
    expect((await wait(0)).status).toBe('queued');
    expect(seen.calls).toBe(0);
  });
});
