/** What the engine makes of an execution that was redriven: what was committed stays, and counts on. */
import { describe, expect, test } from 'vitest';
import type { Json } from '../../json/json.ts';
import { type Bench, bench, get } from './testing/bench.ts';
import { json } from './testing/script-egress.ts';

/** As `private.restart` in the database. */
function redrive({ execution }: Bench): void {
  for (const step of execution.steps) {
    if (step.status === 'succeeded' || step.status === 'skipped' || step.tolerated || step.settled) continue;
    Object.assign(step, { superseded: true, resume_state: null, resume_at: null });
  }
  Object.assign(execution, { status: 'queued', end: null, redrives: execution.redrives + 1 });
  Object.assign(execution, { fence: execution.fence + 1, startedAt: null, resumedAt: null, spentMs: 0 });
}

describe('a redriven execution', () => {
  test('whose condition fails again says so, under the number of a new attempt', async () => {
    const at = await bench({ steps: [get('a', { condition: '$number("x") = 1' })] });
    await at.run();
    const { end } = at.execution;
    expect(end?.error).toMatchObject({ class: 'template', step: 'a' });
    redrive(at);
    await at.run({ owner: 'run_2' });
    expect(at.execution.end).toEqual(end);
    expect(at.steps.map(({ attempt, superseded }) => ({ attempt, superseded }))).toEqual([
      { attempt: 1, superseded: true },
      { attempt: 2, superseded: false },
    ]);
  });

  /** Each item is posted; "bad" is refused until it is not. */
  async function loopOver(items: Json, later: Json) {
    let refused = true;
    const define = (list: Json): Json => ({
      format: 1,
      steps: [
        {
          name: 'each',
          for_each: { items: JSON.stringify(list) },
          request: { method: 'POST', url: 'https://api.example.com/{{item}}' },
        },
      ],
    });
    const at = await bench({
      stored: define(items),
      answer: ({ url }) => json({}, refused && url.endsWith('bad') ? 400 : 200),
    });
    await at.run();
    redrive(at);
    refused = false;
    Object.assign(at.execution, { connector_version: 2, definition: define(later) });
    await at.run({ owner: 'run_2' });
    const { status, end } = at.execution;
    return { status, error: end?.error, calls: at.egress.requests.map(({ url }) => url.split('/').at(-1)) };
  }

  test('goes on with the items of a loop that are left', async () => {
    const items = ['a', 'bad', 'c'];
    expect(await loopOver(items, items)).toMatchObject({
      status: 'succeeded',
      calls: ['a', 'bad', 'bad', 'c'],
    });
  });

  test('takes what was done for some items for nothing that was done for others', async () => {
    expect(await loopOver(['a', 'bad', 'c'], ['c', 'a'])).toMatchObject({
      status: 'failed',
      error: { code: 'loop_items_changed', step: 'each' },
      calls: ['a', 'bad'],
    });
  });

  test('may run a loop over other items when nothing was done for the ones before', async () => {
    expect(await loopOver(['bad', 'a'], ['c', 'a'])).toMatchObject({
      status: 'succeeded',
      calls: ['bad', 'c', 'a'],
    });
  });
});
