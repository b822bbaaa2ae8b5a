import { env, exports } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import committed from '../../assets/openapi.json';
import { createApp } from '../app.ts';

const get = (path: string) => exports.default.fetch(`https://api.test${path}`);

describe('the reference', () => {
  it('is served as a document', async () => {
    const response = await get('/openapi.json');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual(committed);
  });

  it('is served as a page that may only load from and talk to its own origin', async () => {
    const response = await get('/docs');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const page = await response.text();
    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(loaded.length).toBeGreaterThan(3);
    for (const path of loaded) {
      const file = await get(path);
      expect(file.status, path).toBe(200);
      expect((await file.arrayBuffer()).byteLength, path).toBeGreaterThan(0);
    }
  });

  it.each(['/docs/', '/docs/nothing.js', '/docs/..%2fopenapi.json', '/docs/.gitignore', '/docs/constructor'])(
    'hands out nothing else: %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-security-policy')).toBe(
        "default-src 'none'; frame-ancestors 'none'",
      );
    },
  );

  it('is missing, and nothing else with it, in a deployment without its files', async () => {
    const app = createApp();
    const { ASSETS: _, ...bindings } = Object(env);
    expect((await app.request('/docs', {}, bindings)).status).toBe(404);
    expect((await app.request('/health', {}, bindings)).status).toBe(200);
  });
});
