import { describe, expect, it } from 'vitest';
import { call, dataIn, newWorkspace, problemIn, signUp, sql } from '../../test/api.ts';

describe('workspaces', () => {
  it('belong to who makes them, and are listed newest first', async () => {
    const user = await signUp('owner');
    const created = await call('POST /api/v1/workspaces', { token: user.token, json: { name: ' First ' } });
    expect(created.status).toBe(201);
    expect(dataIn(created)).toMatchObject({ name: 'First', role: 'owner' });
    const read = await call(`GET ${created.headers.get('location')}`, { token: user.token });
    expect(dataIn(read)).toEqual(dataIn(created));
    const second = await newWorkspace(user);
    const { data } = Object((await call('GET /api/v1/workspaces', { token: user.token })).body);
    expect(data.map(({ id }: { id: string }) => id)).toEqual([second, dataIn(created).id]);
    const me = dataIn(await call('GET /api/v1/me', { token: user.token }));
    expect(me.workspaces).toEqual(data);
  });

  it('cannot be made by a user who was deleted since the token was issued', async () => {
    const user = await signUp('deleted');
    await sql('delete from auth.users where id = $1', user.id);
    const answer = await call('POST /api/v1/workspaces', { token: user.token, json: { name: 'Ghost' } });
    expect(problemIn(answer)).toMatchObject({ status: 401 });
  });
});

describe('members', () => {
  it('are added, changed and removed', async () => {
    const [owner, guest] = await Promise.all([signUp('owner'), signUp('guest')]);
    const workspace = await newWorkspace(owner);
    const path = `/api/v1/workspaces/${workspace}/members`;
    const added = await call(`POST ${path}`, {
      token: owner.token,
      json: { user_id: guest.id, role: 'viewer' },
    });
    expect(added.status).toBe(201);
    expect(added.headers.get('location')).toBe(`${path}/${guest.id}`);
    const changed = await call(`PATCH ${path}/${guest.id}`, { token: owner.token, json: { role: 'admin' } });
    expect(dataIn(changed)).toMatchObject({ user_id: guest.id, role: 'admin' });
    const { data } = Object((await call(`GET ${path}`, { token: guest.token })).body);
    expect(data).toHaveLength(2);
    expect((await call(`DELETE ${path}/${guest.id}`, { token: owner.token })).status).toBe(204);
    expect(problemIn(await call(`GET ${path}`, { token: guest.token })).code).toBe('workspace_not_found');
    expect(problemIn(await call(`DELETE ${path}/${guest.id}`, { token: owner.token })).code).toBe(
      'member_not_found',
    );
  });

  it('may leave, whatever their role', async () => {
    const [owner, guest] = await Promise.all([signUp('owner'), signUp('guest')]);
    const path = `/api/v1/workspaces/${await newWorkspace(owner)}/members`;
    await call(`POST ${path}`, { token: owner.token, json: { user_id: guest.id, role: 'viewer' } });
    expect((await call(`DELETE ${path}/${guest.id}`, { token: guest.token })).status).toBe(204);
  });

  it('who are admins cannot make themselves owners, nor touch one', async () => {
    const [owner, admin] = await Promise.all([signUp('owner'), signUp('admin')]);
    const path = `/api/v1/workspaces/${await newWorkspace(owner)}/members`;
    await call(`POST ${path}`, { token: owner.token, json: { user_id: admin.id, role: 'admin' } });
    const attempts = [
      call(`PATCH ${path}/${admin.id}`, { token: admin.token, json: { role: 'owner' } }),
      call(`PATCH ${path}/${owner.id}`, { token: admin.token, json: { role: 'viewer' } }),
      call(`DELETE ${path}/${owner.id}`, { token: admin.token }),
    ];
    for (const answer of await Promise.all(attempts)) expect(problemIn(answer).code).toBe('forbidden');
  });
});
