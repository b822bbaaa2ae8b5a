import { describe, expect, test } from 'vitest';
import { DatabaseError } from '../../db/db.ts';
import { type Claim, LeaseLost, type LedgerAnswer } from './ports.ts';
import { createWriteQueue, type StepRunWrite } from './write-queue.ts';

/** Nothing in a queue looks into the rest of a claim. */
const claim = { execution_id: 'e', fence: 1 } as unknown as Claim;
const start = (step_name: string): StepRunWrite => ({
  ...{ op: 'start', step_index: 0, step_name, iteration: '', attempt: 1, request: null, resume_state: null },
});
const done: LedgerAnswer = { cancel_requested: false };

/** The first call is held until the others wait; then what `answer` says of each. */
async function written(names: string[], answer: (names: string[]) => unknown) {
  const calls: string[][] = [];
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const write = createWriteQueue(async (_claim, writes) => {
    const sent = writes.map(({ step_name }) => step_name);
    calls.push(sent);
    if (calls.length === 1) await opened;
    const error = calls.length === 1 ? undefined : answer(sent);
    if (error !== undefined) throw error;
    return done;
  });
  const first = write(claim, start('first'));
  const rest = names.map((name) => write(claim, start(name)));
  const settled = Promise.allSettled(rest);
  open();
  await first;
  const results = (await settled).map((one) => (one.status === 'fulfilled' ? 'written' : one.reason));
  return { calls, results };
}

describe('writes that come while another is under way', () => {
  test('share one call, in their order', async () => {
    const { calls, results } = await written(['a', 'b', 'c'], () => undefined);
    expect(calls).toEqual([['first'], ['a', 'b', 'c']]);
    expect(results).toEqual(['written', 'written', 'written']);
  });

  test('are made one by one when one of them is refused, which alone fails', async () => {
    const refused = new DatabaseError('write', { code: 'PT409', message: 'step_committed' }, false);
    const { calls, results } = await written(['a', 'b'], (names) =>
      names.includes('b') ? refused : undefined,
    );
    expect(calls).toEqual([['first'], ['a', 'b'], ['a'], ['b']]);
    expect(results).toEqual(['written', refused]);
  });

  test.each([
    ['the database is away', new DatabaseError('write', { code: '', message: 'no answer' }, true)],
    ['the lease is lost', new LeaseLost()],
  ])('fail together when %s: none of them waits for it again', async (_, error) => {
    const { calls, results } = await written(['a', 'b', 'c'], () => error);
    expect(calls).toEqual([['first'], ['a', 'b', 'c']]);
    expect(results).toEqual([error, error, error]);
  });
});
