import { env } from 'cloudflare:workers';
import { hc } from 'hono/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, newWorkspace, problemIn, signUp, type User } from '../test/api.ts';
import { createApp } from './app.ts';
import type { AppType } from './index.ts';
import type { Runtime } from './ports.ts';

interface Line {
  level: string;
  event: string;
  fields: Record<string, unknown>;
}

/** The app with a clock, a network and a log of the test's own. */
function appWith(change: Partial<Runtime> = {}) {
  const lines: Line[] = [];
  const pending: Promise<unknown>[] = [];
  const app = createApp({
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    log: (level, event, fields) => lines.push({ level, event, fields }),
    ...change,
  });
  const context = {
    waitUntil: (task: Promise<unknown>) => pending.push(task),
    passThroughOnException() {},
    props: {},
  };
  return {
    lines,
    settled: () => Promise.all(pending),
    request: (path: string, init: RequestInit = {}, bindings: object = env) =>
      app.fetch(new Request(`https://api.test${path}`, init), bindings, context),
  };
}

describe('every answer', () => {
  it.each(['/health', '/api/v1/health', '/api/v1/me', '/nowhere'])(
    'has secure headers and is not cached: %s',
    async (path) => {
      const { headers } = await call(`GET ${path}`);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('repeats a sane request id, and replaces any other', async () => {
    const idFor = async (id: string) =>
      (await call('GET /health', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor('trace-42_a')).toBe('trace-42_a');
    for (const id of ['', 'a b', '"},{"level":"x', 'x'.repeat(129)]) expect(await idFor(id)).not.toBe(id);
  });
});

describe('origins', () => {
  const preflight = (origin: string) =>
    call('OPTIONS /api/v1/connectors', {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it('that are configured may call', async () => {
    const { status, headers } = await preflight('https://dashboard.test');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://dashboard.test');
    expect(headers.get('access-control-allow-headers')).toContain('X-Workspace-Id');
    expect(headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(headers.has('access-control-allow-credentials')).toBe(false);
    expect(headers.get('vary')).toContain('Origin');
  });

  it('may read errors as well as answers', async () => {
    const { headers } = await call('GET /api/v1/me', { headers: { origin: 'https://dashboard.test' } });
    expect(headers.get('access-control-allow-origin')).toBe('https://dashboard.test');
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
    expect(headers.get('vary')).toContain('Origin');
  });

  it.each([
    'https://evil.test',
    'http://dashboard.test',
    'https://dashboard.test.evil.test',
    'https://dashboard.test:8443',
    'null',
  ])('that are not configured get no permission: %s', async (origin) => {
    expect((await preflight(origin)).headers.has('access-control-allow-origin')).toBe(false);
    const answer = await call('GET /api/v1/me', { headers: { origin } });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('health and readiness', () => {
  it.each(['/health', '/api/v1/health'])('%s asks nobody', async (path) => {
    const { request } = appWith({
      fetch: () => {
        throw new Error('asked');
      },
    });
    expect((await request(path)).status).toBe(200);
    expect((await request(path, {}, {})).status).toBe(200);
  });

  it.each(['/ready', '/api/v1/ready'])('%s says that everything answers', async (path) => {
    const answer = await call(`GET ${path}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ status: 'ready', checks: { database: true, trigger: true } });
  });

  it('/ready names what does not answer', async () => {
    const { request } = appWith({
      fetch: (input, init) =>
        String(input).startsWith(env.TRIGGER_API_URL)
          ? Promise.reject(new TypeError('x'))
          : fetch(input, init),
    });
    const response = await request('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'unavailable', detail: 'Not answering: trigger.' });
  });
});

describe('a configuration that cannot be served with', () => {
  it('fails every request, names its variable in the log once, and nothing to callers', async () => {
    const { request, lines } = appWith();
    const bindings = { ...env, PATCHBAY_ENCRYPTION_KEYS: 'canary' };
    for (let n = 0; n < 3; n += 1) {
      const response = await request('/api/v1/connectors', {}, bindings);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toMatch(/PATCHBAY|canary/);
    }
    const refused = lines.filter(({ event }) => event === 'configuration_refused');
    expect(refused).toHaveLength(1);
    expect(String(refused[0]?.fields.message)).toContain('PATCHBAY_ENCRYPTION_KEYS');
    expect(JSON.stringify(lines)).not.toContain('canary');
  });
});

describe('with a signed-in user', () => {
  let user: User;
  let workspace: string;
  let headers: Record<string, string>;
  beforeAll(async () => {
    user = await signUp('user');
    workspace = await newWorkspace(user);
    headers = {
      authorization: `Bearer ${user.token}`,
      'x-workspace-id': workspace,
      'content-type': 'application/json',
    };
  });

  it('the log has one line for a request, with its route and never its URL, headers or body', async () => {
    const { request, lines } = appWith();
    await request('/api/v1/workspace/credentials?x=query-canary', {
      method: 'POST',
      headers: { ...headers, 'x-custom': 'header-canary' },
      body: JSON.stringify({
        service_name: 'logged',
        type: 'bearer',
        fields: { token: 'body-canary' },
        allowed_hosts: ['api.example.com'],
      }),
    });
    await request('/api/v1/workspace/credentials/check/path_canary', { headers });
    expect(lines.map(({ event }) => event)).toEqual(['request', 'request']);
    expect(lines[0]?.fields).toEqual({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'POST',
      route: '/api/v1/workspace/credentials',
      status: 201,
      durationMs: expect.any(Number),
      userId: user.id,
      workspaceId: workspace,
    });
    expect(lines[1]?.fields.route).toBe('/api/v1/workspace/credentials/check/:service_name');
    expect(JSON.stringify(lines)).not.toContain('canary');
    expect(JSON.stringify(lines)).not.toContain(user.token);
  });

  it('a database that does not answer is 503, and its URL stays in the log', async () => {
    const { request, lines } = appWith({
      fetch: (input, init) =>
        String(input).includes('/rest/v1/')
          ? Promise.reject(new TypeError('connect to db-canary failed'))
          : fetch(input, init),
    });
    const response = await request('/api/v1/me', { headers });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.text()).not.toContain('canary');
    expect(lines.map(({ event }) => event)).toEqual(['request_failed', 'request']);
    expect(lines[0]?.fields.requestId).toBe(response.headers.get('x-request-id'));
  });

  it('a row that is not what we published is 500 without its content', async () => {
    const { request, lines } = appWith({
      fetch: (input, init) =>
        String(input).includes('/rest/v1/')
          ? Promise.resolve(Response.json({ workspaces: 'row-canary' }))
          : fetch(input, init),
    });
    const response = await request('/api/v1/me', { headers });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/canary|workspaces|zod/i);
    expect(lines[0]).toMatchObject({ level: 'error', event: 'request_failed', fields: { name: 'ZodError' } });
  });

  it('a trigger that fails leaves the execution queued, accepted all the same, and is logged as a warning', async () => {
    const created = await call('POST /api/v1/connectors', {
      token: user.token,
      workspace,
      json: { name: 'C', steps: [{ name: 'one', request: { url: 'https://api.example.com/' } }] },
    });
    const { request, lines, settled } = appWith({
      fetch: (input, init) =>
        String(input).startsWith(env.TRIGGER_API_URL)
          ? Promise.reject(new TypeError('x'))
          : fetch(input, init),
    });
    const response = await request(`/api/v1/connectors/${String(dataIn(created).id)}/execute`, {
      method: 'POST',
      headers,
      body: '{"input":{}}',
    });
    expect(response.status).toBe(202);
    await settled();
    const { data } = Object(await response.json());
    expect(lines.find(({ event }) => event === 'trigger_failed')).toMatchObject({
      level: 'warn',
      fields: { executionId: data.id, workspaceId: workspace },
    });
    const execution = await call(`GET /api/v1/executions/${data.id}`, { token: user.token, workspace });
    expect(dataIn(execution).status).toBe('queued');
  });

  it('the typed client calls what it says', async () => {
    const { request } = appWith();
    const client = hc<AppType>('https://api.test', {
      headers,
      fetch: (input: string | URL | Request, init?: RequestInit) =>
        request(new URL(String(input)).pathname, init),
    });
    const response = await client.api.v1.workspaces.$post({ json: { name: 'Typed' } });
    const { data } = await response.json();
    const role: 'owner' | 'admin' | 'editor' | 'viewer' | null = data.role;
    expect(role).toBe('owner');
    const list = await client.api.v1.connectors.$get({ query: { limit: '5' } });
    const page = await list.json();
    const names: string[] = page.data.map(({ name }) => name);
    expect(names.length).toBeLessThanOrEqual(5);
    expect(page.next_cursor).toBeNull();
  });

  it('the bearer scheme is read as HTTP writes it', async () => {
    const status = async (authorization: string) =>
      (await call('GET /api/v1/me', { headers: { authorization } })).status;
    expect(await status(`bearer ${user.token}`)).toBe(200);
    expect(await status(`BEARER  ${user.token}`)).toBe(200);
    for (const header of [
      user.token,
      `Basic ${user.token}`,
      `Bearer ${user.token}, Bearer x`,
      'Bearer',
      `Bearer:${user.token}`,
    ]) {
      expect(await status(header)).toBe(401);
    }
    expect(problemIn(await call(`GET /api/v1/me?access_token=${user.token}`)).status).toBe(401);
  });
});
