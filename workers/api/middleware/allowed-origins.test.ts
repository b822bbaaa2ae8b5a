import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Ports } from '../ports.ts';
import { allowedOrigins } from './allowed-origins.ts';
import type { PortsVariables } from './with-ports.ts';

const appFor = (origins: string[]) =>
  new Hono<{ Variables: PortsVariables }>()
    .use(async (c, next) => {
      const ports: Ports = Object.assign(Object.create(null), { config: { allowedOrigins: origins } });
      c.set('ports', ports);
      await next();
    })
    .use(allowedOrigins())
    .get('/', (c) => c.text('ok'));

const allowed = async (origins: string[], origin: string, method = 'GET') => {
  const { headers } = await appFor(origins).request('/', { method, headers: { origin } });
  expect(headers.has('access-control-allow-credentials')).toBe(false);
  // What a cache keeps for one origin must not be shown to another.
  expect(headers.get('vary')).toContain('Origin');
  return headers.get('access-control-allow-origin');
};

describe.each(['GET', 'OPTIONS'])('allowedOrigins on %s', (method) => {
  it('names each configured origin, and no other', async () => {
    const origins = ['https://a.test', 'http://localhost:5173'];
    for (const origin of origins) expect(await allowed(origins, origin, method)).toBe(origin);
    for (const origin of [
      'https://b.test',
      'https://A.test',
      'https://a.test.',
      'http://localhost',
      'null',
      '',
    ]) {
      expect(await allowed(origins, origin, method)).toBeNull();
    }
  });

  it('names none when none is configured', async () => {
    expect(await allowed([], 'https://a.test', method)).toBeNull();
    expect(await allowed([], '', method)).toBeNull();
  });
});
