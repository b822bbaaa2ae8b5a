/**
 * 500 workspaces, one of them with a dead upstream: what the others notice, in virtual time, so that it is the same on
 * every machine. The engine, the guard and the retries are the real ones; the task's queue is modelled as the platform
 * keeps it: so many processes, so many of them for one workspace, first come first served.
 */
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../core/execution/engine/guard/guard.ts';
import { memoryStore } from '../../core/execution/engine/guard/memory-store.ts';
import { createPlanner } from '../../core/execution/engine/plan.ts';
import { runExecution } from '../../core/execution/engine/run-execution.ts';
import type { RunOutcome } from '../../core/execution/engine/run-outcome.ts';
import { bench } from '../../core/execution/engine/testing/bench.ts';
import { broken, json } from '../../core/execution/engine/testing/script-egress.ts';
import type { VirtualTime } from '../../core/execution/engine/testing/virtual-time.ts';

const WORKSPACES = 500;
type Platform = { processes: number; ofWorkspace: number };
/** A small plan; and `concurrencyLimit` of the task's queue, which is kept by workspace. */
const PLATFORM: Platform = { processes: 20, ofWorkspace: 10 };
const SECONDS = 60;
const ANSWER_MS = 200;
/** Of each other workspace one in the whole time; of the one in question one a second. */
const OWN_EVERY_MS = 1_000;

type Upstream = 'healthy' | 'silent' | '503' | 'refused';
type Seen = { p95: number; own: Record<string, number>; calls: number };
type Job = { id: string; workspace: number; askedAt: number };

const uuid = (kind: number, n: number) =>
  `01890000-0000-7000-${(0x8000 + kind).toString(16)}-${n.toString(16).padStart(12, '0')}`;
const definition = (host: string) => ({
  format: 1,
  steps: [{ name: 'call', request: { url: `https://${host}/` } }],
});

/** The 95th percentile of what the others wait from asking to the end, ms, and how the one's executions ended. */
async function run(upstream: Upstream, { processes, ofWorkspace }: Platform = PLATFORM): Promise<Seen> {
  const { deps: plain, ledger, time } = await bench();
  const egress = dying(time, upstream);
  const store = memoryStore(time);
  const deps = { ...plain, egress };
  const guards = Array.from({ length: processes }, () => createGuard(store, time));
  const free = Array.from({ length: processes }, (_, process) => process);
  const running = new Map<number, number>();
  const planOf = createPlanner();
  const queue: Job[] = [];
  const waits: number[] = [];
  const own: Record<string, number> = {};
  const work: Promise<void>[] = [];
  let left = 0;

  const dispatch = () => {
    for (let at = 0; at < queue.length && free.length > 0; ) {
      const job = queue[at];
      const now = running.get(job?.workspace ?? -1) ?? 0;
      if (!job || now >= ofWorkspace) at += 1;
      else {
        queue.splice(at, 1);
        running.set(job.workspace, now + 1);
        work.push(execute(job, free.shift() ?? 0));
      }
    }
  };
  const execute = async (job: Job, process: number) => {
    const { signal } = new AbortController();
    const guard = guards[process] ?? createGuard(store, time);
    const outcome = await runExecution({ ...deps, guard }, planOf, {
      executionId: job.id,
      owner: job.id,
      signal,
    });
    free.push(process);
    running.set(job.workspace, (running.get(job.workspace) ?? 1) - 1);
    settle(job, outcome);
    dispatch();
  };
  const settle = (job: Job, outcome: RunOutcome) => {
    const end = outcome.outcome === 'ended' ? (outcome.error?.code ?? outcome.status) : outcome.outcome;
    if (job.workspace === 0) own[end] = (own[end] ?? 0) + 1;
    else {
      expect(end).toBe('succeeded');
      waits.push(time.now() - job.askedAt);
    }
    if (outcome.outcome === 'waiting') void ask(job, Date.parse(outcome.resumeAt) - time.now());
    else left -= 1;
  };
  const ask = async (job: Job, afterMs: number) => {
    await time.sleep(afterMs);
    queue.push({ ...job, askedAt: time.now() });
    dispatch();
  };
  const accept = (n: number, workspace: number, afterMs: number) => {
    const id = uuid(1, n);
    const host = workspace === 0 ? 'own.example.com' : 'api.example.com';
    ledger.add({
      id,
      workspace_id: uuid(2, workspace),
      connector_id: uuid(3, workspace),
      definition: definition(host),
    });
    left += 1;
    void ask({ id, workspace, askedAt: 0 }, afterMs);
  };
  for (let workspace = 1; workspace < WORKSPACES; workspace += 1) {
    accept(workspace, workspace, (workspace * SECONDS * 1000) / WORKSPACES);
  }
  for (let n = 0; n < SECONDS; n += 1) accept(WORKSPACES + n, 0, n * OWN_EVERY_MS);
  const all = async () => {
    while (left > 0) await time.sleep(1_000);
    await Promise.all(work);
  };
  await time.until(all());
  const sorted = waits.toSorted((a, b) => a - b);
  return { p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN, own, calls: egress.calls() };
}

/** Answers everybody after a while; the one workspace's host as `upstream` says. */
function dying(time: VirtualTime, upstream: Upstream) {
  let calls = 0;
  return {
    calls: () => calls,
    async send(request: Parameters<Awaited<ReturnType<typeof bench>>['egress']['send']>[0]) {
      if (!request.url.startsWith('https://own.')) {
        await time.sleep(ANSWER_MS, request.signal);
        return json({ ok: true });
      }
      calls += 1;
      if (upstream === 'silent') {
        await time.sleep(request.timeoutMs, request.signal);
        return broken('connect_timeout', false);
      }
      await time.sleep(ANSWER_MS, request.signal);
      if (upstream === 'refused') return broken('connect_refused', false);
      return json({}, upstream === '503' ? 503 : 200);
    },
  };
}

describe(`of ${WORKSPACES} workspaces one has a dead upstream`, () => {
  it.each<[Exclude<Upstream, 'healthy'>]>([['silent'], ['503'], ['refused']])(
    'that is %s, and the 95th percentile of the others grows by less than a tenth',
    async (upstream) => {
      const before = await run('healthy');
      const beside = await run(upstream);
      expect(before.own).toEqual({ succeeded: SECONDS });
      expect(beside.own.succeeded).toBeUndefined();
      // Left alone once the circuit is open, instead of three calls for each execution.
      expect(beside.calls).toBeLessThan(SECONDS * 2);
      console.log(
        `p95 of the others: ${before.p95} ms, beside one that is ${upstream} ${beside.p95} ms; ${beside.calls} calls, ends ${JSON.stringify(beside.own)}`,
      );
      expect(beside.p95).toBeLessThan(before.p95 * 1.1);
    },
  );

  it('would be noticed, if it could take all processes', async () => {
    const { p95 } = await run('silent', { processes: 10, ofWorkspace: 10 });
    expect(p95).toBeGreaterThan(ANSWER_MS * 2);
  });
});
