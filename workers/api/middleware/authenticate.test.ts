import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Db } from '../../../core/db/db.ts';
import type { UserActor } from '../auth/actor.ts';
import { problemOf } from '../http/problem-response.ts';
import type { Ports } from '../ports.ts';
import { type AuthVariables, authenticate } from './authenticate.ts';
import type { PortsVariables } from './with-ports.ts';

const db: Db = { call: async () => null };

/** Accepts the token `good` alone. */
function app() {
  const opened: string[] = [];
  const ports: Pick<Ports, 'verifyToken' | 'openDatabase' | 'apiKeys' | 'limits'> = {
    verifyToken: Object.assign(
      async (token: string): Promise<UserActor | null> =>
        token === 'good' ? { type: 'user', userId: 'u1', email: null, token } : null,
      { remembers: () => false },
    ),
    apiKeys: null,
    limits: null,
    openDatabase: (token) => {
      opened.push(token);
      return db;
    },
  };
  const hono = new Hono<{ Variables: PortsVariables & AuthVariables }>()
    .use(async (c, next) => {
      c.set('ports', partial(ports));
      await next();
    })
    .use(authenticate())
    .get('/', (c) => c.json({ userId: c.var.userId, actor: c.var.actor }))
    .onError((error, c) => c.json({ code: problemOf(error).code }, 401));
  const get = async (headers: Record<string, string>) => hono.request('/', { headers });
  return { opened, get };
}

/** The middleware under test reads these ports and no others. */
const partial = (ports: Partial<Ports>): Ports => Object.assign(Object.create(null), ports);

describe('authenticate', () => {
  it('names the actor and opens the database with their token', async () => {
    const { opened, get } = app();
    const response = await get({ authorization: 'Bearer good' });
    expect(await response.json()).toEqual({
      userId: 'u1',
      actor: { type: 'user', userId: 'u1', email: null, token: 'good' },
    });
    expect(opened).toEqual(['good']);
  });

  it.each([
    ['no header', {}],
    ['an empty header', { authorization: '' }],
    ['a token without a scheme', { authorization: 'good' }],
    ['another scheme', { authorization: 'Basic good' }],
    ['two tokens', { authorization: 'Bearer good good' }],
    ['two headers', { authorization: 'Bearer good, Bearer good' }],
    ['a token that is not valid', { authorization: 'Bearer bad' }],
    ['the token in another header', { 'x-authorization': 'Bearer good' }],
    ['an API key where there are none', { authorization: 'Bearer pbk_good' }],
    ['the token in a cookie', { cookie: 'authorization=good' }],
  ])('refuses %s, and opens nothing', async (_, headers) => {
    const { opened, get } = app();
    expect((await get({ ...headers })).status).toBe(401);
    expect(opened).toEqual([]);
  });
});
