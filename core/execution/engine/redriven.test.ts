/** What the engine makes of an execution that was redriven: what was committed stays, and counts on. */
import { describe, expect, test } from 'vitest';
import { type Bench, bench, get } from './testing/bench.ts';

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
});
