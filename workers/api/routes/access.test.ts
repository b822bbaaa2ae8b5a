import { beforeAll, describe, expect, it } from 'vitest';
import { call, problemIn, roundTrips, signUp, sql, type User } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { type Fixture, newFixture, newSaasAdmin } from '../../test/fixture.ts';
import { methodOf, ROUTES, targetOf } from '../../test/routes.ts';
import { createApp } from '../app.ts';

/** Middleware is registered for all methods; these two need no token. */
const isOpen = (path: string) => path.endsWith('/health') || path.endsWith('/ready');

it('has a case for every registered route', () => {
  const registered = createApp()
    .routes.filter(({ method, path }) => method !== 'ALL' && !isOpen(path))
    .map(({ method, path }) => `${method} ${path.replace(/^\/api\/v1/, '')}`);
  expect(new Set(registered)).toEqual(new Set(ROUTES.map(({ route }) => route)));
});

describe('every route', () => {
  let ours: Fixture;
  let theirs: Fixture;
  let outsider: User;
  let operator: User;
  beforeAll(async () => {
    ours = await newFixture();
    theirs = await newFixture();
    outsider = await signUp('outsider');
    operator = await newSaasAdmin();
  });

  describe.each(ROUTES)('$route', (entry) => {
    const json = entry.json === undefined ? {} : { json: entry.json };

    it('answers 401 without a token, before anything else is looked at', async () => {
      const answer = await call(targetOf(entry, ours), { workspace: ours.workspace, ...json });
      expect(problemIn(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    });

    it('answers 401 to a token that is not one, and changes nothing', async () => {
      const before = await roundTrips();
      const answer = await call(targetOf(entry, ours), {
        token: `${ours.owner.token.slice(0, -8)}AAAAAAAA`,
        workspace: ours.workspace,
        ...json,
      });
      expect(problemIn(answer).status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
      expect(await roundTrips()).toBe(before);
    });

    if (entry.role === 'saas_admin') {
      it("answers 403 to everybody else, a workspace's owner as well, and changes nothing", async () => {
        const before = await databaseState();
        for (const { token } of [outsider, ours.viewer, ours.owner]) {
          const answer = await call(targetOf(entry, ours), { token, ...json });
          expect(problemIn(answer)).toMatchObject({ status: 403, code: 'forbidden' });
        }
        expect(await databaseState()).toEqual(before);
      });
    } else if (entry.role !== null) {
      it('answers 404 to somebody who is no member, as for a workspace that is not there', async () => {
        const before = await databaseState();
        const answer = await call(targetOf(entry, ours), {
          token: outsider.token,
          workspace: ours.workspace,
          ...json,
        });
        expect(problemIn(answer)).toMatchObject({ status: 404, code: 'workspace_not_found' });
        const missing = '018f0000-0000-7000-8000-000000000000';
        const toMissing = await call(targetOf(entry, { ...ours, workspace: missing }), {
          token: outsider.token,
          workspace: missing,
          ...json,
        });
        expect({ ...problemIn(toMissing), requestId: '' }).toEqual({ ...problemIn(answer), requestId: '' });
        expect(await databaseState()).toEqual(before);
      });
    }

    if (entry.names === 'connector' || entry.names === 'execution' || entry.names === 'member') {
      it("answers 404 to another workspace's id in one's own workspace", async () => {
        const before = await databaseState();
        const ids = { ...theirs, workspace: ours.workspace };
        const answer = await call(targetOf(entry, ids), {
          token: ours.owner.token,
          workspace: ours.workspace,
          ...json,
        });
        expect(problemIn(answer)).toMatchObject({ status: 404, code: `${entry.names}_not_found` });
        expect(await databaseState()).toEqual(before);
      });
    }

    if (entry.role === 'editor' || entry.role === 'admin') {
      it('answers 403 to a viewer, and changes nothing', async () => {
        // A viewer may leave, so that their own membership is not theirs alone to keep.
        const ids = methodOf(entry) === 'DELETE' ? { ...ours, viewer: ours.editor } : ours;
        const before = await databaseState();
        const answer = await call(targetOf(entry, ids), {
          token: ours.viewer.token,
          workspace: ours.workspace,
          ...json,
        });
        expect(problemIn(answer)).toMatchObject({ status: 403, code: 'forbidden' });
        expect(await databaseState()).toEqual(before);
      });
    }

    if (entry.role === 'admin') {
      it('answers 403 to an editor', async () => {
        const answer = await call(targetOf(entry, ours), {
          token: ours.editor.token,
          workspace: ours.workspace,
          ...json,
        });
        expect(problemIn(answer)).toMatchObject({ status: 403, code: 'forbidden' });
      });
    }

    if (methodOf(entry) === 'GET') {
      it('answers 200 to the least of its callers, in one round trip to the database', async () => {
        const before = await roundTrips();
        const as =
          entry.role === 'saas_admin'
            ? { token: operator.token }
            : { token: ours.viewer.token, workspace: ours.workspace };
        const answer = await call(targetOf(entry, ours), as);
        expect(answer.status).toBe(200);
        expect((await roundTrips()) - before).toBe(1);
      });
    }
  });
});

describe('a write that succeeds', () => {
  const writes = ROUTES.filter((entry) => methodOf(entry) !== 'GET');
  let users: Fixture;
  let operator: User;
  beforeAll(async () => {
    users = await newFixture();
    operator = await newSaasAdmin();
  });
  it.each(writes)('costs no more than its round trips: $route', async (entry) => {
    const ids = await newFixture(users);
    const json =
      entry.route === 'POST /workspaces/:id/members'
        ? { json: { user_id: (await signUp('new')).id, role: 'viewer' } }
        : entry.route === 'POST /admin/saas-admins'
          ? { json: { user_id: operator.id } }
          : entry.json === undefined
            ? {}
            : { json: entry.json };
    if (entry.route === 'DELETE /admin/saas-admins/:user_id') {
      await sql('insert into public.saas_admin_users (user_id) values ($1)', ids.viewer.id);
    }
    const before = await roundTrips();
    const answer = await call(targetOf(entry, ids), {
      token: entry.role === 'saas_admin' ? operator.token : ids.owner.token,
      workspace: ids.workspace,
      headers: entry.headers ?? {},
      ...json,
    });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expect((await roundTrips()) - before).toBe(entry.roundTrips);
  });
});
