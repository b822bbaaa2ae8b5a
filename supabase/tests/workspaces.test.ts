import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { home, NEWCOMER, other, user, uuid } from './world.ts';

const db = useDatabase();
const NEW = uuid(0xf01);
const newcomer = { user: NEWCOMER };
const { owner, admin, editor, viewer } = user;

const roleOf = async (member: string) => {
  const { rows } = await db.query(
    'select role from public.workspace_members where workspace_id = $1 and user_id = $2',
    [...[home.id, member]],
  );
  return rows[0]?.role ?? null;
};
const add = (actor: Actor, member: string, role: string) =>
  call(db, actor, 'add_member', { p_workspace_id: home.id, p_user_id: member, p_role: role });
const change = (actor: Actor, member: string, role: string) =>
  call(db, actor, 'change_member', { p_workspace_id: home.id, p_user_id: member, p_role: role });
const remove = (actor: Actor, member: string) =>
  call(db, actor, 'remove_member', { p_workspace_id: home.id, p_user_id: member });

describe('workspaces', () => {
  test('create_workspace makes its caller the owner', async () => {
    const created = await call(db, newcomer, 'create_workspace', { p_id: NEW, p_name: 'Mine' });
    expect(created).toMatchObject({ id: NEW, name: 'Mine', role: 'owner' });
    expect(await call(db, newcomer, 'me')).toMatchObject({
      is_saas_admin: false,
      workspaces: [{ id: NEW, name: 'Mine', role: 'owner' }],
    });
  });

  test('me says whether the caller operates the platform', async () => {
    expect(await call(db, user.saasAdmin, 'me')).toEqual({
      is_saas_admin: true,
      api_key: null,
      workspaces: [],
    });
  });

  test('list_workspaces pages by id, newest first, with the caller’s role in each', async () => {
    for (const number of [1, 2, 3]) {
      await call(db, viewer, 'create_workspace', { p_id: uuid(0xf00 + number), p_name: `N${number}` });
    }
    const first = await call(db, viewer, 'list_workspaces', { p_limit: 2 });
    expect(first).toMatchObject([{ name: 'N3' }, { name: 'N2' }]);
    const rest = await call(db, viewer, 'list_workspaces', { p_limit: 5, p_after: uuid(0xf02) });
    expect(rest).toMatchObject([
      { name: 'N1', role: 'owner' },
      { id: home.id, role: 'viewer' },
    ]);
  });

  test.each([
    ['the named one', viewer, home.id, home.id],
    ['the only one when none is named', viewer, null, home.id],
  ])('resolve_workspace answers %s', async (_, actor, named, resolved) => {
    expect(await call(db, actor, 'resolve_workspace', { p_workspace_id: named })).toBe(resolved);
  });

  test('without a name, no workspace is 404 and several are 400, which says what to do', async () => {
    const resolve = (actor: Actor) => refusal(call(db, actor, 'resolve_workspace', { p_workspace_id: null }));
    expect(await resolve(newcomer)).toMatchObject({ code: 'PT404', message: 'workspace_not_found' });
    await call(db, viewer, 'create_workspace', { p_id: NEW, p_name: 'Second' });
    expect(await resolve(viewer)).toMatchObject({ code: 'PT400', message: 'workspace_required' });
  });

  test.each([
    [viewer, 'viewer', true],
    [viewer, 'editor', false],
    [editor, 'editor', true],
    [editor, 'admin', false],
    [admin, 'admin', true],
    [admin, 'owner', false],
    [owner, 'owner', true],
  ])('%o as at least %s: %s', async (actor, atLeast, allowed) => {
    const answer = call(db, actor, 'resolve_workspace', { p_workspace_id: home.id, p_at_least: atLeast });
    if (allowed) expect(await answer).toBe(home.id);
    else expect(await refusal(answer)).toMatchObject({ code: 'PT403', message: 'forbidden' });
  });

  test('deleting a workspace takes everything in it along, and nothing else', async () => {
    const sizes = async (id: string) => {
      const { rows } = await db.query(
        `select (select count(*) from public.connectors where workspace_id = $1)
           + (select count(*) from public.connector_executions where workspace_id = $1)
           + (select count(*) from public.workspace_members where workspace_id = $1)
           + (select count(*) from public.audit_log where workspace_id = $1) as n`,
        [id],
      );
      return Number(rows[0]?.n);
    };
    const before = await sizes(other.id);
    expect((await db.as(owner, 'delete from public.workspaces where id = $1', [home.id])).affected).toBe(1);
    await db.script('set constraints all immediate');
    expect(await sizes(home.id)).toBe(0);
    expect(await sizes(other.id)).toBe(before);
  });
});

describe('members', () => {
  test('list_members pages by user id with each role', async () => {
    const page = await call(db, viewer, 'list_members', { p_workspace_id: home.id, p_limit: 2 });
    expect(page).toMatchObject([
      { user_id: home.bystander, role: 'editor' },
      { user_id: viewer.user, role: 'viewer' },
    ]);
    const next = await call(db, viewer, 'list_members', {
      p_workspace_id: home.id,
      p_limit: 1,
      p_after: viewer.user,
    });
    expect(next).toMatchObject([{ user_id: editor.user, role: 'editor' }]);
  });

  test.each([
    [admin, 'viewer'],
    [admin, 'admin'],
    [owner, 'owner'],
  ])('%o adds a member as %s', async (actor, role) => {
    expect(await add(actor, NEWCOMER, role)).toMatchObject({ user_id: NEWCOMER, role });
    expect(await roleOf(NEWCOMER)).toBe(role);
  });

  test.each([
    ['an editor adds anybody', editor, NEWCOMER, 'viewer', 'PT403', 'forbidden'],
    ['an admin adds an owner', admin, NEWCOMER, 'owner', 'PT403', 'forbidden'],
    ['a member is added again', admin, home.bystander, 'viewer', 'PT409', 'member_exists'],
    ['nobody has this id', admin, uuid(0xfff), 'viewer', 'PT422', 'unknown_user'],
    ['there is no such role', admin, NEWCOMER, 'god', '23514', undefined],
  ])('add_member is refused when %s', async (_, actor, member, role, code, message) => {
    const answer = await refusal(add(actor, member, role));
    expect(answer.code).toBe(code);
    if (message !== undefined) expect(answer.message).toBe(message);
    expect(await roleOf(NEWCOMER)).toBeNull();
  });

  test.each([
    ['an admin promotes an editor', admin, home.bystander, 'admin'],
    ['an admin steps down', admin, admin.user, 'viewer'],
    ['an owner names a second owner', owner, home.bystander, 'owner'],
  ])('%s', async (_, actor, member, role) => {
    expect(await change(actor, member, role)).toMatchObject({ user_id: member, role });
    expect(await roleOf(member)).toBe(role);
  });

  test.each([
    ['a viewer promotes themselves', viewer, viewer.user, 'editor', 'forbidden'],
    ['an editor promotes themselves', editor, editor.user, 'admin', 'forbidden'],
    ['an admin promotes themselves', admin, admin.user, 'owner', 'forbidden'],
    ['an admin demotes an owner', admin, owner.user, 'viewer', 'forbidden'],
    ['the last owner steps down', owner, owner.user, 'admin', 'last_owner'],
    ['the user is no member', owner, NEWCOMER, 'viewer', 'member_not_found'],
  ])('change_member is refused when %s', async (_, actor, member, role, message) => {
    const before = await roleOf(member);
    expect((await refusal(change(actor, member, role))).message).toBe(message);
    expect(await roleOf(member)).toBe(before);
  });

  test.each([
    ['a viewer leaves', viewer, viewer.user],
    ['an admin removes an editor', admin, home.bystander],
    ['an owner removes an admin', owner, admin.user],
  ])('%s', async (_, actor, member) => {
    await remove(actor, member);
    expect(await roleOf(member)).toBeNull();
    expect(
      await refusal(call(db, { user: member }, 'list_members', { p_workspace_id: home.id, p_limit: 1 })),
    ).toMatchObject({ message: 'workspace_not_found' });
  });

  test.each([
    ['a viewer removes somebody else', viewer, home.bystander, 'forbidden'],
    ['an admin removes an owner', admin, owner.user, 'forbidden'],
    ['the last owner leaves', owner, owner.user, 'last_owner'],
    ['the user is no member', owner, NEWCOMER, 'member_not_found'],
  ])('remove_member is refused when %s', async (_, actor, member, message) => {
    const before = await roleOf(member);
    expect((await refusal(remove(actor, member))).message).toBe(message);
    expect(await roleOf(member)).toBe(before);
  });

  test('an owner may leave once there is another', async () => {
    await change(owner, admin.user, 'owner');
    await remove(owner, owner.user);
    expect(await roleOf(owner.user)).toBeNull();
  });

  test('not even the service role can take the last owner away', async () => {
    const sql = 'delete from public.workspace_members where workspace_id = $1';
    expect((await refusal(db.as('service_role', sql, [home.id]))).message).toBe('last_owner');
  });
});
