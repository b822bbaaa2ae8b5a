import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../core/problem/problem.ts';
import { problemOf, problemResponse } from '../http/problem-response.ts';
import type { LogFields, LogLevel } from '../log.ts';
import { accessLog } from './access-log.ts';

function app() {
  const lines: { level: LogLevel; event: string; fields: LogFields }[] = [];
  let now = 1000;
  const hono = new Hono<{
    Variables: { requestId: string; userId: string; apiKeyId: string; workspaceId: string };
  }>();
  hono.onError((error, c) => problemResponse(c, problemOf(error)));
  hono.use(async (c, next) => {
    c.set('requestId', 'r1');
    await next();
  });
  hono.use(
    accessLog({ log: (level, event, fields) => lines.push({ level, event, fields }), now: () => now }),
  );
  hono.get('/things/:id', (c) => {
    now += 12;
    c.set('userId', 'u1');
    c.set('workspaceId', 'w1');
    return c.text('ok');
  });
  hono.get('/by-key', (c) => {
    c.set('apiKeyId', 'k1');
    return c.text('ok');
  });
  hono.get('/refused', () => {
    throw new Problem('forbidden', 'x');
  });
  hono.get('/broken', () => {
    throw new Error('canary');
  });
  return { lines, get: (path: string) => hono.request(path) };
}

describe('accessLog', () => {
  it('writes the pattern of the route, who asked, and how long it took', async () => {
    const { lines, get } = app();
    await get('/things/canary?q=canary');
    expect(lines).toEqual([
      {
        level: 'info',
        event: 'request',
        fields: {
          requestId: 'r1',
          method: 'GET',
          route: '/things/:id',
          status: 200,
          durationMs: 12,
          userId: 'u1',
          workspaceId: 'w1',
        },
      },
    ]);
  });

  it('names the API key in place of a user', async () => {
    const { lines, get } = app();
    await get('/by-key');
    expect(lines[0]?.fields).toMatchObject({ route: '/by-key', apiKeyId: 'k1' });
    expect(lines[0]?.fields).not.toHaveProperty('userId');
  });

  it.each([
    ['/refused', 403, 'info'],
    ['/broken', 500, 'error'],
    ['/canary', 404, 'info'],
  ])('writes one line for a request that fails, too: %s', async (path, status, level) => {
    const { lines, get } = app();
    await get(path);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level, fields: { status, userId: null, workspaceId: null } });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });
});
