import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { ConfigError } from '../env.ts';
import { portsFor, type Runtime } from '../ports.ts';
import { type PortsVariables, withPorts } from './with-ports.ts';

const good = {
  SUPABASE_URL: 'https://db.test',
  SUPABASE_PUBLISHABLE_KEY: 'k',
  TRIGGER_API_URL: 'https://trigger.test',
  TRIGGER_SECRET_KEY: 's',
  PATCHBAY_ENCRYPTION_KEYS: 'k1:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=',
};

function app() {
  const refused: unknown[] = [];
  const runtime: Runtime = {
    fetch: () => Promise.reject(new Error('not expected')),
    now: () => 0,
    sleep: async () => {},
    log: (_level, _event, fields) => refused.push(fields),
  };
  const seen: unknown[] = [];
  const hono = new Hono<{ Bindings: object; Variables: PortsVariables }>()
    .use(withPorts({ portsFor: portsFor(runtime) }))
    .get('/', (c) => {
      seen.push(c.var.ports);
      return c.text('ok');
    })
    .onError((error, c) => c.text(error instanceof ConfigError ? 'refused' : 'failed', 500));
  return { seen, refused, get: async (bindings: object) => (await hono.request('/', {}, bindings)).text() };
}

it('makes the ports once for a set of bindings, and others for others', async () => {
  const { seen, get } = app();
  for (const bindings of [good, good, { ...good }]) expect(await get(bindings)).toBe('ok');
  expect(seen[1]).toBe(seen[0]);
  expect(seen[2]).not.toBe(seen[0]);
});

it('refuses each request with bindings that cannot be served with, and logs that once', async () => {
  const { refused, get } = app();
  const bindings = { ...good, TRIGGER_SECRET_KEY: '' };
  for (let n = 0; n < 3; n += 1) expect(await get(bindings)).toBe('refused');
  expect(refused).toHaveLength(1);
});
