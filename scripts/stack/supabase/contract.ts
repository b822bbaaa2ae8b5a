import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { EmbeddedSupabase } from './start.ts';
import { client, PASSWORD, signedInUser, type TestUser } from './test-support.ts';

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

/** What both databases must do alike, seen through supabase-js and plain HTTP. */
export function supabaseContract(start: () => Promise<EmbeddedSupabase>): void {
  let supabase: EmbeddedSupabase;
  let alice: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    supabase = await start();
    [alice, bob] = await Promise.all([signedInUser(supabase, 'alice'), signedInUser(supabase, 'bob')]);
  });
  afterAll(() => supabase?.close());

  const anonymous = () => client(supabase.url, supabase.publishableKey);
  const service = () => client(supabase.url, supabase.secretKey);

  describe('rows', () => {
    it('renders values as PostgREST does', async () => {
      const values = {
        title: 'values',
        price: '12345.50',
        views: 42,
        tags: ['a', 'b "c"'],
        meta: { a: [1, { b: null }] },
      };
      const { data, error } = await alice.client.from('notes').insert(values).select().single();
      expect(error).toBeNull();
      expect(data).toMatchObject({
        ...values,
        price: 12345.5,
        local_time: '2026-01-02T03:04:05.6',
        owner_id: alice.id,
      });
      expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/);
    });

    it('shows users their own rows only, and the secret key all of them', async () => {
      await alice.client.from('notes').insert({ title: 'of alice' });
      const seen = async (reader: TestUser['client']) =>
        (await reader.from('notes').select('title').eq('title', 'of alice')).data?.length;
      expect(await seen(alice.client)).toBe(1);
      expect(await seen(bob.client)).toBe(0);
      expect(await seen(service())).toBe(1);
    });

    it('neither changes nor deletes rows of others, nor lets a user write in their name', async () => {
      const { data: note } = await alice.client.from('notes').insert({ title: 'mine' }).select('id').single();
      const updated = await bob.client.from('notes').update({ title: 'taken' }).eq('id', note?.id).select();
      const deleted = await bob.client.from('notes').delete().eq('id', note?.id).select();
      expect([updated.data, deleted.data]).toEqual([[], []]);
      const forged = await bob.client.from('notes').insert({ title: 'forged', owner_id: alice.id });
      expect(forged).toMatchObject({ status: 403, error: { code: '42501' } });
    });

    it('refuses tables without a grant to everybody, with 401 for anon and 403 for users', async () => {
      const read = (reader: TestUser['client']) => reader.from('vault').select();
      expect(await read(anonymous())).toMatchObject({ status: 401, error: { code: '42501' } });
      expect(await read(alice.client)).toMatchObject({ status: 403, error: { code: '42501' } });
      expect(await read(service())).toMatchObject({ status: 403, error: { code: '42501' } });
      const users = await service().schema('auth').from('users').select();
      expect(users).toMatchObject({ status: 406, error: { code: 'PGRST106' } });
    });

    it('embeds, filters, counts and pages', async () => {
      const { data: parent } = await bob.client
        .from('notes')
        .insert({ title: 'parent' })
        .select('id')
        .single();
      await bob.client
        .from('notes')
        .insert([1, 2, 3].map((n) => ({ title: `child ${n}`, parent_id: parent?.id })));
      const children = await bob.client
        .from('notes')
        .select('title, parent:parent_id(title, created_at)', { count: 'exact' })
        .like('title', 'child %')
        .order('title', { ascending: false })
        .range(0, 1);
      expect(children.count).toBe(3);
      expect(children.data).toMatchObject([
        { title: 'child 3', parent: { title: 'parent' } },
        { title: 'child 2', parent: { title: 'parent' } },
      ]);
    });

    it('counts one request for one query', async () => {
      supabase.stats.resetRequests();
      await alice.client.from('notes').select('id').limit(1);
      expect(supabase.stats.requests()).toBe(1);
      expect(supabase.stats.paths()).toEqual(['/rest/v1/notes?select=id&limit=1']);
    });
  });

  describe('functions', () => {
    it('pass JSON through unchanged', async () => {
      const texts = ['a text', '', '123', 'null', '{"a": 1}', '"quoted"', 'ä\n'];
      const documents = [{ a: [1, 'zwei', null, { b: true }] }, [1, 2], { text: '"quoted" \\ {}' }];
      for (const value of [...documents, ...texts, 12.5, true, false, null]) {
        expect((await alice.client.rpc('echo', { value })).data).toEqual(value);
      }
      const { data } = await alice.client.rpc('add_note', { title: 'by rpc', meta: { deep: { er: 1 } } });
      expect(data).toMatchObject([{ title: 'by rpc', meta: { deep: { er: 1 } }, owner_id: alice.id }]);
      const { data: stored } = await service().from('notes').select('id').eq('meta->deep->>er', '1');
      expect(stored).toHaveLength(1);
    });

    it('know the user, the role and the claims', async () => {
      const { data } = await alice.client.rpc('whoami');
      expect(data).toMatchObject({ uid: alice.id, role: 'authenticated', user: 'authenticated' });
      expect(data.jwt).toMatchObject({
        sub: alice.id,
        email: alice.email,
        app_metadata: { provider: 'email' },
      });
      expect((await anonymous().rpc('whoami')).data).toMatchObject({ uid: null, role: 'anon', user: 'anon' });
      expect((await service().rpc('whoami')).data).toMatchObject({
        uid: null,
        role: 'service_role',
        user: 'service_role',
      });
    });

    it('cannot read the credentials of their caller', async () => {
      const { data } = await alice.client.rpc('request_headers');
      expect(Object.keys(data)).toContain('content-type');
      expect(Object.keys(data)).not.toContain('authorization');
      expect(Object.keys(data)).not.toContain('apikey');
    });

    it('declared security definer see past row level security that is forced', async () => {
      const all = await service().from('notes').select('id', { count: 'exact', head: true });
      expect((await bob.client.rpc('count_all_notes')).data).toBe(all.count);
      expect(all.count).toBeGreaterThan(0);
    });

    it('run apart from each other: no update is lost', async () => {
      const { data: note } = await alice.client
        .from('notes')
        .insert({ title: 'counter' })
        .select('id')
        .single();
      const calls = Array.from({ length: 25 }, () => alice.client.rpc('bump', { note: note?.id }));
      expect((await Promise.all(calls)).every(({ error }) => error === null)).toBe(true);
      const { data } = await alice.client.from('notes').select('views').eq('id', note?.id).single();
      expect(data?.views).toBe(25);
    });

    it.each([
      ['PT400', 400],
      ['PT402', 402],
      ['PT404', 404],
      ['PT409', 409],
      ['PT422', 422],
      ['PT429', 429],
      ['P0001', 400],
      ['22P02', 400],
      ['22023', 400],
      ['23502', 400],
      ['23503', 409],
      ['23505', 409],
      ['23514', 400],
      ['23P01', 400],
      ['25006', 405],
      ['28000', 403],
      ['40001', 500],
      ['42501', 403],
      ['53300', 503],
      ['54000', 500],
      ['55P03', 500],
      ['57014', 500],
      ['P0002', 500],
    ])('that raise %s answer %i with the error as it was raised', async (state, status) => {
      const { error, status: answered } = await alice.client.rpc('fail', {
        state,
        problem: 'connector_not_found',
      });
      expect(answered).toBe(status);
      expect(error).toMatchObject({
        code: state,
        message: 'connector_not_found',
        details: 'what was wrong',
        hint: 'what to do',
      });
    });
  });

  describe('constraints', () => {
    it.each<[string, Record<string, unknown>, number, string]>([
      ['a duplicate', { title: 'x', slug: 'same' }, 409, '23505'],
      [
        'a missing reference',
        { title: 'x', parent_id: '00000000-0000-4000-8000-000000000000' },
        409,
        '23503',
      ],
      ['a failed check', { title: '' }, 400, '23514'],
      ['a missing value', { title: null }, 400, '23502'],
      ['a malformed value', { title: 'x', parent_id: 'nonsense' }, 400, '22P02'],
      ['an unknown column', { title: 'x', nonsense: 1 }, 400, 'PGRST204'],
    ])('answer %s with a client error', async (_name, row, status, code) => {
      await alice.client.from('notes').insert({ title: 'first', slug: 'same' });
      expect(await alice.client.from('notes').insert(row)).toMatchObject({ status, error: { code } });
    });

    it('answers what is not there with 404', async () => {
      expect(await alice.client.from('nothing').select()).toMatchObject({
        status: 404,
        error: { code: 'PGRST205' },
      });
      expect(await alice.client.rpc('nothing')).toMatchObject({ status: 404, error: { code: 'PGRST202' } });
    });
  });

  describe('sessions', () => {
    it('are signed with the published key and carry the claims of hosted Supabase', async () => {
      const jwks = KeySet.parse(await (await fetch(`${supabase.jwtIssuer}/.well-known/jwks.json`)).json());
      expect(JSON.stringify(jwks)).not.toContain('"d"');
      const { payload, protectedHeader } = await jwtVerify(alice.token, createLocalJWKSet(jwks), {
        algorithms: ['ES256'],
        issuer: supabase.jwtIssuer,
        audience: 'authenticated',
      });
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: jwks.keys[0]?.kid });
      expect(payload).toMatchObject({
        sub: alice.id,
        role: 'authenticated',
        email: alice.email,
        app_metadata: { provider: 'email', providers: ['email'] },
        aal: 'aal1',
        amr: [{ method: 'password', timestamp: expect.any(Number) }],
        session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        is_anonymous: false,
      });
      expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
    });

    it('refresh once per refresh token, keep their id, and end with sign-out', async () => {
      const carol = await signedInUser(supabase, 'carol');
      const { data: before } = await carol.client.auth.getSession();
      const { data: after, error } = await carol.client.auth.refreshSession();
      expect(error).toBeNull();
      expect(after.session?.refresh_token).not.toBe(before.session?.refresh_token);
      const claim = (token = '') =>
        JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
      expect(claim(after.session?.access_token).session_id).toBe(claim(carol.token).session_id);
      expect((await carol.client.auth.getUser()).data.user).toMatchObject({
        id: carol.id,
        email: carol.email,
      });

      await carol.client.auth.signOut();
      const again = await anonymous().auth.refreshSession({
        refresh_token: after.session?.refresh_token ?? '',
      });
      expect(again.error?.status).toBe(400);
      expect((await anonymous().auth.getUser(carol.token)).error?.name).toBe('AuthSessionMissingError');
    });

    it('are refused for a wrong password, an unknown user and a user who is not confirmed', async () => {
      const email = `dave-${crypto.randomUUID()}@example.com`;
      await service().auth.admin.createUser({ email, password: PASSWORD });
      const attempt = async (credentials: { email: string; password: string }) =>
        (await anonymous().auth.signInWithPassword(credentials)).error?.code;
      expect(await attempt({ email, password: PASSWORD })).toBe('email_not_confirmed');
      expect(await attempt({ email: alice.email, password: 'wrong' })).toBe('invalid_credentials');
      expect(await attempt({ email: 'nobody@example.com', password: PASSWORD })).toBe('invalid_credentials');
    });

    it('cannot be had by signing up', async () => {
      const { error } = await anonymous().auth.signUp({ email: 'new@example.com', password: PASSWORD });
      expect(error).toMatchObject({ status: 422, code: 'signup_disabled' });
    });
  });

  describe('users', () => {
    it('are created, read, changed, listed and deleted with the secret key', async () => {
      const admin = service().auth.admin;
      const email = `Erin-${crypto.randomUUID()}@Example.com`;
      const created = await admin.createUser({
        email,
        password: PASSWORD,
        email_confirm: true,
        user_metadata: { name: 'Erin' },
        app_metadata: { plan: 'free' },
      });
      const user = created.data.user;
      expect(user).toMatchObject({
        email: email.toLowerCase(),
        user_metadata: { name: 'Erin' },
        app_metadata: { provider: 'email', plan: 'free' },
        identities: [{ provider: 'email' }],
      });
      expect(JSON.stringify(user)).not.toContain('password');
      const id = user?.id ?? '';

      const changed = await admin.updateUserById(id, {
        app_metadata: { plan: 'pro' },
        password: 'another password',
      });
      expect(changed.data.user?.app_metadata).toEqual({
        provider: 'email',
        providers: ['email'],
        plan: 'pro',
      });
      const signIn = (password: string) => anonymous().auth.signInWithPassword({ email, password });
      expect((await signIn(PASSWORD)).error?.code).toBe('invalid_credentials');
      const session = await signIn('another password');
      expect(session.data.user?.app_metadata.plan).toBe('pro');

      expect((await admin.getUserById(id)).data.user?.id).toBe(id);
      const listed = await admin.listUsers({ page: 1, perPage: 1000 });
      expect(listed.data.users.map((one) => one.id)).toContain(id);

      expect((await admin.deleteUser(id)).error).toBeNull();
      expect((await admin.getUserById(id)).error).toMatchObject({ status: 404, code: 'user_not_found' });
      expect((await signIn('another password')).error?.code).toBe('invalid_credentials');
    });

    it('are listed page by page', async () => {
      const first = await service().auth.admin.listUsers({ page: 1, perPage: 1 });
      const second = await service().auth.admin.listUsers({ page: 2, perPage: 1 });
      expect(first.data).toMatchObject({ users: [{}], nextPage: 2 });
      expect(second.data.users[0]?.id).not.toBe(first.data.users[0]?.id);
    });

    it('cannot sign in while they are banned', async () => {
      const frank = await signedInUser(supabase, 'frank');
      const signIn = () => anonymous().auth.signInWithPassword({ email: frank.email, password: PASSWORD });
      await service().auth.admin.updateUserById(frank.id, { ban_duration: '24h' });
      expect((await signIn()).error?.code).toBe('user_banned');
      expect((await frank.client.auth.refreshSession()).error).not.toBeNull();
      await service().auth.admin.updateUserById(frank.id, { ban_duration: 'none' });
      expect((await signIn()).error).toBeNull();
    });

    it.each([
      ['an address that is taken', () => ({ email: alice.email, password: PASSWORD }), 422, 'email_exists'],
      ['a short password', () => ({ email: 'x@example.com', password: 'short' }), 422, 'weak_password'],
      [
        'a password past what bcrypt reads',
        () => ({ email: 'x@example.com', password: 'x'.repeat(73) }),
        400,
        'validation_failed',
      ],
      ['no address', () => ({ email: 'nonsense', password: PASSWORD }), 400, 'validation_failed'],
      ['nothing', () => ({}), 400, 'validation_failed'],
    ])('are refused with %s', async (_name, fields, status, code) => {
      expect((await service().auth.admin.createUser(fields())).error).toMatchObject({ status, code });
    });

    it('are out of reach without the secret key', async () => {
      for (const caller of [anonymous(), alice.client]) {
        expect((await caller.auth.admin.listUsers()).error?.status).toBe(403);
        expect((await caller.auth.admin.deleteUser(bob.id)).error?.status).toBe(403);
      }
      expect((await fetch(`${supabase.url}/auth/v1/admin/users`)).status).toBe(401);
    });
  });

  describe('the door', () => {
    it.each([
      '/_system/info',
      '/rest/v1/../../_system/info',
      '/rest/v1/%2e%2e/%2e%2e/_system/info',
      '/storage/v1/bucket',
      '/auth/v1/otp',
      '/auth/v1/authorize?provider=github',
      '/rest/v1/a/b',
      '/',
    ])('leads nowhere at %s', async (path) => {
      const headers = { apikey: supabase.secretKey };
      expect((await fetch(supabase.url + path, { headers })).status).toBe(404);
    });

    it('answers requests without a known key with 401, and none with a secret key from a browser', async () => {
      const read = async (headers: Record<string, string>) =>
        (await fetch(`${supabase.url}/rest/v1/notes`, { headers })).status;
      expect(await read({})).toBe(401);
      expect(await read({ apikey: 'sb_publishable_nonsense' })).toBe(401);
      expect(await read({ authorization: `Bearer ${alice.token}` })).toBe(401);
      expect(await read({ apikey: supabase.secretKey, 'user-agent': 'Mozilla/5.0 (X11)' })).toBe(401);
      expect(await read({ apikey: supabase.secretKey })).toBe(200);
      expect((await fetch(`${supabase.url}/rest/v1/notes?apikey=${supabase.secretKey}`)).status).toBe(200);
    });

    it('lets browsers ask from anywhere', async () => {
      const preflight = await fetch(`${supabase.url}/rest/v1/notes`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'apikey',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
      expect(preflight.headers.get('access-control-allow-headers')).toContain('apikey');
    });

    it('refuses bodies above its limit', async () => {
      const response = await fetch(`${supabase.url}/rest/v1/rpc/echo`, {
        method: 'POST',
        headers: { apikey: supabase.publishableKey, 'content-type': 'application/json' },
        body: JSON.stringify({ value: 'x'.repeat(21 * 1024 * 1024) }),
      });
      expect(response.status).toBe(413);
    });
  });
}
