import { describe, expect, test } from 'vitest';
import { DatabaseError } from '../../db/db.ts';
import { LEASE_RENEWAL_MS } from './limits.ts';
import { LeaseLost } from './ports.ts';
import { RunInterrupted } from './run-control.ts';
import { type Bench, bench, get, post } from './testing/bench.ts';
import { broken, hang, json } from './testing/script-egress.ts';

const FIVE_MINUTES_MS = 300_000;
const abortOnCall = (at: () => Bench, what: (at: Bench) => void, onCall = 1) => {
  return (request: Parameters<typeof hang>[0], call: number) => {
    if (call !== onCall) return json({});
    what(at());
    return hang(request);
  };
};

describe('cancelling', () => {
  const cancel = (at: Bench) => {
    at.execution.cancelRequested = true;
  };

  test('aborts the call in flight within five seconds, and starts no other step', async () => {
    const at: Bench = await bench({ steps: [post('a'), get('b')], answer: abortOnCall(() => at, cancel) });
    const began = at.time.now();
    expect(await at.run()).toMatchObject({
      status: 'cancelled',
      error: { class: 'cancelled', code: 'cancelled', step: 'a' },
    });
    expect(at.time.now() - began).toBeLessThanOrEqual(5_000);
    expect(at.egress.requests.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(at.steps.map(({ status }) => status)).toEqual(['cancelled']);
    expect(at.execution.status).toBe('cancelled');
  });

  test('ends a backoff within five seconds', async () => {
    const at: Bench = await bench({
      steps: [get('a')],
      answer: () => {
        cancel(at);
        return json({}, 503, [['retry-after', '200']]);
      },
    });
    const began = at.time.now();
    expect(await at.run()).toMatchObject({ status: 'cancelled' });
    expect(at.time.now() - began).toBeLessThanOrEqual(5_000);
    expect(at.egress.requests).toHaveLength(1);
  });

  test('between steps keeps what was committed', async () => {
    const at: Bench = await bench({
      steps: [get('a'), get('b')],
      answer: () => {
        cancel(at);
        return json({});
      },
    });
    expect(await at.run()).toMatchObject({ status: 'cancelled' });
    expect(at.steps.map(({ step_name, status }) => [step_name, status])).toEqual([['a', 'succeeded']]);
  });

  test('before the first step makes no call', async () => {
    const at = await bench();
    cancel(at);
    expect(await at.run()).toMatchObject({ status: 'cancelled', error: { step: null } });
    expect(at.egress.requests).toEqual([]);
  });

  test('a write is not sent when the wish arrives with its row', async () => {
    const at = await bench({ steps: [post('a')] });
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'startStep') cancel(at);
    };
    expect(await at.run()).toMatchObject({ status: 'cancelled' });
    expect(at.egress.requests).toEqual([]);
  });
});

describe('the deadline of an execution', () => {
  test('aborts the call in flight, with time left to write it down', async () => {
    const at = await bench({
      steps: [get('a', { timeout_ms: 120_000, retry: { max_attempts: 10 } })],
      answer: hang,
    });
    const began = at.time.now();
    expect(await at.run()).toMatchObject({
      status: 'timed_out',
      error: { class: 'timeout', code: 'execution_timeout', step: 'a' },
    });
    expect(at.time.now() - began).toBeLessThan(FIVE_MINUTES_MS);
    expect(at.execution.status).toBe('timed_out');
  });

  test('is told from a timeout of the call that ends in the same moment', async () => {
    const at: Bench = await bench({
      steps: [get('a', { timeout_ms: 120_000, retry: { max_attempts: 1 } })],
      answer: async ({ timeoutMs }) => {
        // The door's timer fires a little before the engine's.
        at.time.skip(295_000 - 1);
        expect(timeoutMs).toBe(120_000);
        return broken('headers_timeout');
      },
    });
    expect(await at.run()).toMatchObject({ status: 'timed_out', error: { code: 'execution_timeout' } });
  });

  test('counts from the first start, over all attempts', async () => {
    const at = await bench();
    await at.ledger.claim(at.execution.id, 'run_0');
    at.time.skip(FIVE_MINUTES_MS);
    expect(await at.run()).toMatchObject({ status: 'timed_out', error: { step: null } });
    expect(at.egress.requests).toEqual([]);
  });

  test('ends an execution that nobody could run for too long even if the last lease is still warm', async () => {
    const at = await bench({ steps: [get('a')], answer: hang });
    await at.ledger.claim(at.execution.id, 'run_1');
    at.time.skip(200_000);
    const began = at.time.now();
    expect(await at.run()).toMatchObject({ status: expect.stringMatching(/failed|timed_out/) });
    expect(at.time.now() - began).toBeLessThanOrEqual(95_000);
  });
});

describe('a lease that another run has taken', () => {
  const takeOver = async (at: Bench) => {
    // A read overlaps with the writing of its row, which would renew the lease.
    await at.time.sleep(1);
    at.time.skip(31_000);
    expect(await at.ledger.claim(at.execution.id, 'run_2')).toMatchObject({ outcome: 'claimed' });
  };

  test.each([
    ['a read', get('a')],
    ['a write', post('a')],
  ])('ends %s in flight, and nothing more is written', async (_, step) => {
    let before = '';
    const at: Bench = await bench({
      steps: [step],
      answer: async (request) => {
        await takeOver(at);
        before = JSON.stringify(at.execution);
        return hang(request);
      },
    });
    const began = at.time.now();
    expect(await at.run()).toEqual({ outcome: 'lease_lost' });
    expect(at.time.now() - began).toBeLessThanOrEqual(31_000 + LEASE_RENEWAL_MS);
    expect(JSON.stringify(at.execution)).toBe(before);
    expect(at.egress.requests[0]?.signal.aborted).toBe(true);
  });

  test('is noticed at the commit, and the answer is left to the other run', async () => {
    const at: Bench = await bench({
      steps: [post('a'), post('b')],
      answer: async () => {
        await takeOver(at);
        return json({});
      },
    });
    expect(await at.run()).toEqual({ outcome: 'lease_lost' });
    expect(at.egress.requests).toHaveLength(1);
    expect(at.execution).toMatchObject({ status: 'running', owner: 'run_2', end: null });
    expect(at.steps).toMatchObject([{ status: 'interrupted', response: null }]);
  });

  test('is not given back', async () => {
    const released: string[] = [];
    const at: Bench = await bench({ answer: async () => takeOver(at).then(() => json({})) });
    at.ledger.crossing = ({ fn }) => void released.push(fn);
    await at.run();
    expect(released).not.toContain('release');
  });

  test('a write is not sent when its row was refused', async () => {
    const at = await bench({ steps: [post('a')] });
    at.ledger.crossing = async ({ fn, phase }) => {
      if (fn === 'startStep' && phase === 'before') throw new LeaseLost();
    };
    expect(await at.run()).toEqual({ outcome: 'lease_lost' });
    expect(at.egress.requests).toEqual([]);
  });
});

describe('a process that has to end', () => {
  test('gives the lease back and rejects, so that another attempt goes on', async () => {
    const process = new AbortController();
    const at: Bench = await bench({
      steps: [get('a'), get('b')],
      answer: (request, call) => {
        if (call !== 2) return json({});
        process.abort();
        return hang(request);
      },
    });
    await expect(at.run({ signal: process.signal })).rejects.toBeInstanceOf(RunInterrupted);
    expect(at.execution).toMatchObject({ status: 'running', leaseExpiresAt: at.time.now() });
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(at.egress.requests.map(({ url }) => url.at(-1))).toEqual(['a', 'b', 'b']);
  });

  test('before it began makes no call', async () => {
    const at = await bench();
    await expect(at.run({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(RunInterrupted);
    expect(at.egress.requests).toEqual([]);
  });

  test('during a backoff leaves the failed attempts written down', async () => {
    const process = new AbortController();
    const at = await bench({
      steps: [get('a')],
      answer: (_request, call) => {
        setTimeout(() => process.abort(), 0);
        return json({}, call === 1 ? 503 : 200, [['retry-after', '100']]);
      },
    });
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn === 'commitStep' && phase === 'after') process.abort();
    };
    await expect(at.run({ signal: process.signal })).rejects.toBeInstanceOf(RunInterrupted);
    expect(at.steps.map(({ status }) => status)).toEqual(['failed']);
    expect((await at.runThroughWaits()).last).toMatchObject({ status: 'succeeded' });
    expect(at.steps.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
  });

  test.each([
    [400, 'failed', 'http_400'],
    [200, 'succeeded', undefined],
  ])(
    'writes down an answer of %d that has come, so that the write is not in doubt',
    async (status, end, code) => {
      const process = new AbortController();
      const at = await bench({
        steps: [post('a')],
        answer: () => {
          process.abort();
          return json({}, status);
        },
      });
      await expect(at.run({ signal: process.signal })).rejects.toBeInstanceOf(RunInterrupted);
      const next = await at.run();
      expect(next).toMatchObject({ status: end, ...(code === undefined ? {} : { error: { code } }) });
      expect(at.egress.requests).toHaveLength(1);
    },
  );

  test('leaves no timer behind', async () => {
    const at = await bench();
    await at.run();
    expect(at.time.sleeping).toBe(0);
  });
});

describe('a database that stays away', () => {
  const away = () => {
    throw new DatabaseError('x', { code: '08006', message: 'connection failure' }, true);
  };

  test.each(['startStep', 'commitStep', 'finish'] as const)(
    'at %s ends the attempt, gives the lease back, and the next attempt ends the execution',
    async (fn) => {
      const at = await bench({ steps: [get('a'), get('b')] });
      at.ledger.crossing = (crossing) =>
        crossing.fn === fn && crossing.phase === 'before' ? away() : undefined;
      await expect(at.run()).rejects.toMatchObject({ transient: true });
      at.ledger.crossing = () => {};
      expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    },
  );

  test('at a renewal does not disturb the run', async () => {
    const at: Bench = await bench({
      answer: async () => {
        await at.time.sleep(10_000);
        return json({});
      },
    });
    at.ledger.crossing = ({ fn }) => (fn === 'renew' ? away() : undefined);
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
  });

  test('even when the lease cannot be given back, the first failure is the one that is told', async () => {
    const at = await bench();
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'startStep') away();
      if (fn === 'release') throw new DatabaseError('x', { code: '57P01', message: 'shutdown' }, true);
    };
    await expect(at.run()).rejects.toMatchObject({ code: '08006' });
  });

  test('a result that it refuses ends the execution as failed, and is not tried for ever', async () => {
    const at = await bench();
    let times = 0;
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn !== 'finish' || phase !== 'before') return;
      times += 1;
      if (times === 1)
        throw new DatabaseError('x', { code: '22P05', message: 'untranslatable character' }, false);
    };
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'result_not_stored' } });
    expect(at.execution.status).toBe('failed');
  });

  test('a step that it refuses ends the execution as failed, and the log says where but not what', async () => {
    const at = await bench();
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'commitStep')
        throw new DatabaseError('x', { code: '22P05', message: 'quotes a value' }, false);
    };
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'internal', code: 'internal' },
    });
    expect(at.log).toMatchObject([{ level: 'error', message: 'the engine failed' }]);
    expect(JSON.stringify(at.log)).not.toContain('quotes a value');
  });
});

test('what is held, has ended or never was is left alone', async () => {
  const at = await bench();
  await at.ledger.claim(at.execution.id, 'run_0');
  expect(await at.run()).toEqual({ outcome: 'held' });
  at.execution.status = 'succeeded';
  expect(await at.run()).toEqual({ outcome: 'finished' });
  at.ledger.executions.clear();
  expect(await at.run()).toEqual({ outcome: 'missing' });
  expect(at.egress.requests).toEqual([]);
});
