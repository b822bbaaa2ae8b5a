import { expect, test } from 'vitest';
import { readTables, type Table } from './catalog.ts';
import { type Actor, refusal, sharedDatabase, useDatabase } from './harness.ts';
import { COMMANDS, type Command, POLICIES, type Who } from './policies.ts';
import { ROWS } from './rows.ts';
import { ACTORS, home, other, type Workspace } from './world.ts';

/** Read before the tests are declared: there is a test for whatever tables the catalog holds. */
const tables = await readTables(await sharedDatabase());
const db = useDatabase();

/** Ordered: a role may do what the ones before it may. */
const ROLES: readonly Who[] = ['viewer', 'executor', 'editor', 'admin', 'owner'];
const MEMBERS = new Map<Workspace, Readonly<Record<string, Who>>>([
  [
    home,
    {
      ...{ viewer: 'viewer', editor: 'editor', admin: 'admin', owner: 'owner' },
      ...{ 'read key': 'viewer', 'execute key': 'executor', 'write key': 'editor', 'admin key': 'admin' },
    },
  ],
  [other, { outsider: 'owner' }],
]);
const isKey = (actor: string) => actor.endsWith(' key');

function mayDo(table: string, command: Command, actor: string, workspace: Workspace): boolean {
  const policy = POLICIES[table];
  if (!policy || actor === 'anon') return false;
  if (actor === 'service_role') return (policy.service ?? COMMANDS).includes(command);
  const who = policy[command];
  if (who === 'nobody') return false;
  if (isKey(actor) && policy.peopleOnly?.includes(command)) return false;
  if (who === 'signed_in') return true;
  if (who === 'saas_admin') return actor === 'saasAdmin';
  if (who === 'themselves') return userOf(ACTORS[actor]) === ROWS[table]?.subject?.(workspace);
  const role = MEMBERS.get(workspace)?.[actor];
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(who);
}

const userOf = (actor: Actor | undefined) =>
  typeof actor === 'object' && 'user' in actor ? actor.user : undefined;

/** What the actor would try: all columns that the grants leave open, or the row as it is when they leave none. */
function statement(table: Table, command: Command, actor: Actor, workspace: Workspace): [string, unknown[]] {
  const row = ROWS[table.name];
  if (!row) throw new Error(`rows.ts has no row for ${table.name}`);
  const open = (columns: string[], granted: string[]) => {
    const usable = columns.filter((column) => actor === 'service_role' || granted.includes(column));
    return usable.length > 0 ? usable : columns;
  };
  const target = row.target(workspace);
  if (command === 'select') return [`select 1 from public.${table.name} where ${target}`, []];
  if (command === 'delete') return [`delete from public.${table.name} where ${target}`, []];
  if (command === 'update') {
    const columns = open(table.columns, table.granted.update).filter((c) => !table.computed.includes(c));
    return [`update public.${table.name} set ${columns.map((c) => `${c} = ${c}`)} where ${target}`, []];
  }
  const sample = row.sample(workspace);
  const columns = open(Object.keys(sample), table.granted.insert);
  const values = columns.map((_, index) => `$${index + 1}`);
  return [`insert into public.${table.name} (${columns}) values (${values})`, columns.map((c) => sample[c])];
}

/** Errors that only a statement with the right to be there can reach. */
const REACHED_A_CONSTRAINT = new Set(['23503']);
const DENIED = '42501';

/** Whether the statement took effect; it is undone. Anything but an effect, nothing at all, or a denial fails. */
async function takesEffect(actor: Actor, [sql, parameters]: [string, unknown[]]): Promise<boolean> {
  await db.script('savepoint cell');
  try {
    const { rows, affected } = await db.as(actor, sql, parameters);
    return rows.length > 0 || affected > 0;
  } catch (error) {
    const { code, message } = await refusal(Promise.reject(error));
    if (code === DENIED) return false;
    if (REACHED_A_CONSTRAINT.has(code)) return true;
    throw new Error(`${sql}: ${code} ${message}`, { cause: error });
  } finally {
    await db.script('rollback to savepoint cell');
  }
}

const cells = tables.flatMap((table) => COMMANDS.map((command) => [table.name, command, table] as const));

test.each(cells)(
  '%s: %s works for those declared, in their own workspace, and for nobody else',
  async (_, command, table) => {
    const surprises: string[] = [];
    for (const [workspace, where] of [
      [home, 'home'],
      [other, 'other'],
    ] as const) {
      for (const [name, actor] of Object.entries(ACTORS)) {
        const did = await takesEffect(actor, statement(table, command, actor, workspace));
        if (did !== mayDo(table.name, command, name, workspace)) {
          surprises.push(`${name} ${did ? 'can' : 'cannot'} ${command} ${table.name} of ${where}`);
        }
      }
    }
    expect(surprises).toEqual([]);
  },
);

test.each(tables.map((table) => [table.name, table] as const))(
  '%s: a statement without a condition reaches rows of the caller’s workspaces only',
  async (name, table) => {
    if (!table.columns.includes('workspace_id') || POLICIES[name]?.select === 'nobody') return;
    for (const [actor, workspace] of [
      ['owner', home],
      ['outsider', other],
    ] as const) {
      const { rows } = await db.as(
        ACTORS[actor] ?? 'anon',
        `select distinct workspace_id from public.${name}`,
      );
      expect(rows.map((row) => row.workspace_id).filter((id) => id !== workspace.id)).toEqual([]);
      if (table.deletable) {
        const kept = `select count(*)::int as n from public.${name} where workspace_id <> '${workspace.id}'`;
        const before = await db.query(kept);
        await db.script('savepoint cell');
        await db.as(ACTORS[actor] ?? 'anon', `delete from public.${name}`).catch(() => undefined);
        expect((await db.query(kept)).rows).toEqual(before.rows);
        await db.script('rollback to savepoint cell');
      }
    }
  },
);

test('the matrix can fail: a policy that lets everybody read shows as a surprise', async () => {
  await db.script('create policy "open" on public.contacts for select to authenticated using (true)');
  const contacts = tables.find(({ name }) => name === 'contacts');
  if (!contacts) throw new Error('no contacts');
  const outsider = ACTORS.outsider ?? 'anon';
  expect(mayDo('contacts', 'select', 'outsider', home)).toBe(false);
  expect(await takesEffect(outsider, statement(contacts, 'select', outsider, home))).toBe(true);
});
