import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { problemOf, problemResponse } from '../http/problem-response.ts';
import type { Ports } from '../ports.ts';
import type { AuthVariables } from './authenticate.ts';
import type { PortsVariables } from './with-ports.ts';
import { type WorkspaceVariables, workspace } from './workspace.ts';

const ID = '018f0000-0000-7000-8000-000000000001';
const ports: Ports = Object.assign(Object.create(null), {
  config: { urlPolicy: { allowLoopback: false } },
  newId: () => ID,
});

const app = new Hono<{ Variables: PortsVariables & AuthVariables & WorkspaceVariables }>()
  .use(async (c, next) => {
    c.set('ports', ports);
    await next();
  })
  .use(workspace())
  .get('/', (c) => c.json({ id: c.var.workspaceId, inCall: c.var.call.workspaceId }))
  .onError((error, c) => problemResponse(c, problemOf(error)));

const get = (headers: Record<string, string> = {}) => app.request('/', { headers });

describe('workspace', () => {
  it('takes the id from the header', async () => {
    expect(await (await get({ 'x-workspace-id': ID })).json()).toEqual({ id: ID, inCall: ID });
  });

  it('leaves it to the database when there is none', async () => {
    expect(await (await get()).json()).toEqual({ id: null, inCall: null });
  });

  it.each(['', 'acme', `${ID}, ${ID}`, `${ID}'`, ID.slice(1)])('refuses %s', async (value) => {
    const response = await get({ 'x-workspace-id': value });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '#header/X-Workspace-Id' }] });
  });
});
