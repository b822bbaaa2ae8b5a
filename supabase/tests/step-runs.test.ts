import { beforeEach, describe, expect, test } from 'vitest';
import { call, useDatabase } from './harness.ts';
import { home, RESUME_STATE, user, uuid } from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const W = { p_workspace_id: home.id };

interface Row {
  readonly step: string;
  readonly iteration: string;
  readonly attempt: number;
  readonly started_event: number;
}
const read = async (args: Record<string, unknown> = {}): Promise<{ more: boolean; rows: Row[] }> =>
  Object(await call(db, user.viewer, 'get_step_runs', { ...W, p_id: NEW, p_limit: 100, ...args }));
const after = ({ started_event, step, iteration, attempt }: Row) =>
  JSON.stringify([started_event, step, iteration, attempt]);

const insert = (step: string, iteration: string, attempt: number, event: number, response: unknown = null) =>
  db.query(
    `insert into public.connector_step_runs (workspace_id, execution_id, step_index, step_name, iteration, attempt, fence,
       status, started_event, response, resume_state, superseded)
     values ($1, $2, 0, $3, $4, $5, 1, 'failed', $6, $7, $8, $5 = 0)`,
    [home.id, NEW, step, iteration, attempt, event, response, RESUME_STATE],
  );

beforeEach(async () => {
  await call(db, user.editor, 'accept_execution', {
    ...{ ...W, p_connector_id: home.connector, p_version: 1, p_id: NEW, p_input: {} },
    p_trigger: { type: 'api' },
  });
});

describe('the ledger of an execution', () => {
  test('is read in the order in which rows began, without what is sealed', async () => {
    await insert('b', '', 0, 5);
    await insert('a', '10', 0, 4);
    await insert('a', '9', 1, 3);
    await insert('a', '9', 0, 2);
    const { more, rows } = await read();
    expect(more).toBe(false);
    expect(rows.map(({ step, iteration, attempt }) => [step, iteration, attempt])).toEqual([
      ['a', '9', 0],
      ['a', '9', 1],
      ['a', '10', 0],
      ['b', '', 0],
    ]);
    expect(rows[0]).toMatchObject({ superseded: true, tolerated: false, source: null, status: 'failed' });
    expect(JSON.stringify(rows)).not.toContain(RESUME_STATE);
    expect((await read({ p_step: 'b' })).rows).toHaveLength(1);
  });

  test('comes in pages that meet each row once, also rows that began before there were numbers', async () => {
    for (let n = 0; n < 12; n += 1) await insert(n % 2 === 0 ? 'a' : 'b', String(n), 0, n < 7 ? 0 : n);
    const seen: string[] = [];
    let position: string | null = null;
    for (let pages = 0; pages < 20; pages += 1) {
      const { more, rows } = await read({ p_limit: 5, p_after: position });
      seen.push(...rows.map(({ iteration }) => iteration));
      const last = rows.at(-1);
      if (!more || last === undefined) break;
      position = after(last);
    }
    expect(seen.toSorted()).toEqual(Array.from({ length: 12 }, (_, n) => String(n)).toSorted());
  });

  test('ends a page early when the bodies get large, but never without a row', async () => {
    const noise = Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2)).join('');
    for (let n = 0; n < 12; n += 1) await insert('a', String(n), 0, n + 1, { body: noise });
    const { more, rows } = await read();
    expect(more).toBe(true);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(12);
  });
});
