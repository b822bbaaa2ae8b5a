import { afterEach, beforeEach, expect, it } from 'vitest';
import { acceptRun } from './accept.ts';
import { Database } from './database.ts';
import { removeOld } from './retention.ts';
import { RunStore } from './run-store.ts';
import { TaskRegistry } from './task-registry.ts';
import { temporaryFolder } from './testing.ts';

let folder: ReturnType<typeof temporaryFolder>;
let db: Database;
beforeEach(() => {
  folder = temporaryFolder();
  db = new Database(folder.path);
});
afterEach(() => {
  db.close();
  folder.remove();
});

it('removes what finished before a time, with all that belongs to it, and nothing that has not finished', () => {
  const runs = new RunStore(db);
  const deps = { runs, registry: new TaskRegistry(), clock: () => 1000 };
  const accept = () => acceptRun(deps, 'task', { payload: '1', options: { tags: ['t'] } }).run.id;
  const [old, recent, open] = [accept(), accept(), accept()];
  for (const [id, at] of [
    [old, 2000],
    [recent, 5000],
  ] as const) {
    expect(runs.claim(1000, [])?.id).toBe(id);
    runs.finish(id, { status: 'COMPLETED' }, at);
  }
  expect(removeOld(db, 3000)).toBe(1);
  expect(runs.get(old)).toBeUndefined();
  expect(runs.get(recent)?.status).toBe('COMPLETED');
  expect(runs.get(open)?.status).toBe('QUEUED');
  expect(db.all('select * from attempts')).toHaveLength(1);
  expect(db.all('select * from run_tags')).toHaveLength(2);
  expect(removeOld(db, 3000)).toBe(0);
});
