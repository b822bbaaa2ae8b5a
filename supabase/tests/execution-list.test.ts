import { beforeEach, describe, expect, test } from 'vitest';
import { call, useDatabase } from './harness.ts';
import { home, user } from './world.ts';

const db = useDatabase();

/** A UUIDv7 of that moment. */
const idAt = (moment: string, n: number) => {
  const ms = Date.parse(moment).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${n.toString(16).padStart(12, '0')}`;
};
const JANUARY = '2026-01-01T00:00:00Z';
const FEBRUARY = '2026-02-01T00:00:00Z';
const MARCH = '2026-03-01T00:00:00Z';
const BATCH = idAt(JANUARY, 99);
const IDS = {
  plain: idAt(JANUARY, 1),
  failed: idAt(FEBRUARY, 2),
  batched: idAt(FEBRUARY, 3),
  replayed: idAt(MARCH, 4),
  tested: idAt(MARCH, 5),
  child: idAt(MARCH, 6),
  testedChild: idAt(MARCH, 7),
};
const nameOf = new Map(Object.entries(IDS).map(([name, id]) => [id, name]));

const list = async (args: Record<string, unknown> = {}) => {
  const page = await call(db, user.viewer, 'list_executions', {
    p_workspace_id: home.id,
    p_limit: 100,
    ...args,
  });
  return (page as { id: string }[]).flatMap(({ id }) => nameOf.get(id) ?? []);
};

beforeEach(async () => {
  await db.query(
    `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input, created_at, trigger, options, parent_id, replay_of)
     select x.id, $1, $2, 1, '{}', x.at, jsonb_build_object('type', x.type), x.options, x.parent, x.replay_of
     from (values
       ($3::uuid, '${JANUARY}'::timestamptz, 'api', null::jsonb, null::uuid, null::uuid),
       ($4, '${FEBRUARY}', 'api', null, null, null),
       ($5, '${FEBRUARY}', 'batch', null, null, null),
       ($6, '${MARCH}', 'api', null, null, $3),
       ($7, '${MARCH}', 'test', '{}', null, null),
       ($8, '${MARCH}', 'connector', null, $3, null),
       ($9, '${MARCH}', 'connector', '{}', $7, null)
     ) x (id, at, type, options, parent, replay_of)`,
    [home.id, home.connector, ...Object.values(IDS)],
  );
  await db.query(
    `update public.connector_executions set status = 'failed', error = '{"class": "timeout", "code": "c"}' where id = $1`,
    [IDS.failed],
  );
});

describe('the list of executions', () => {
  test('hides test runs, and what they called', async () => {
    expect(await list()).toEqual(['child', 'replayed', 'batched', 'failed', 'plain']);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['the API', { p_trigger_type: 'api' }, ['replayed', 'failed', 'plain']],
    ['a batch', { p_trigger_type: 'batch' }, ['batched']],
    ['another execution', { p_trigger_type: 'connector' }, ['child']],
    ['a test', { p_trigger_type: 'test' }, ['tested']],
  ])('shows what was started by %s', async (_, args, shown) => {
    expect(await list(args)).toEqual(shown);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['parent', { p_parent_id: IDS.plain }, ['child']],
    ['parent that is a test', { p_parent_id: IDS.tested }, ['testedChild']],
    ['parent and another status', { p_parent_id: IDS.plain, p_status: 'failed' }, []],
    ['execution that is replayed', { p_replay_of: IDS.plain }, ['replayed']],
    ['execution that is replayed, and a time', { p_replay_of: IDS.plain, p_created_before: MARCH }, []],
    ['batch that is none', { p_batch_id: BATCH }, []],
    ['class', { p_error_class: 'timeout' }, ['failed']],
    ['class that nothing failed with', { p_error_class: 'network' }, []],
    ['time from which on', { p_created_after: FEBRUARY }, ['child', 'replayed', 'batched', 'failed']],
    ['time before which', { p_created_before: FEBRUARY }, ['plain']],
    ['two times', { p_created_after: FEBRUARY, p_created_before: MARCH }, ['batched', 'failed']],
    ['time and class', { p_created_after: JANUARY, p_error_class: 'timeout' }, ['failed']],
    ['time far off', { p_created_after: '2199-01-01T00:00:00Z' }, []],
    ['time long ago', { p_created_before: '2000-01-01T00:00:00Z' }, []],
  ])('is narrowed by a %s', async (_, args, shown) => {
    expect(await list(args)).toEqual(shown);
  });

  test('pages through what belongs to one execution', async () => {
    await db.query('update public.connector_executions set parent_id = $2 where id = any ($1)', [
      [IDS.failed, IDS.batched],
      IDS.plain,
    ]);
    expect(await list({ p_parent_id: IDS.plain, p_limit: 2 })).toEqual(['child', 'batched']);
    expect(await list({ p_parent_id: IDS.plain, p_limit: 2, p_after: IDS.batched })).toEqual(['failed']);
  });
});
