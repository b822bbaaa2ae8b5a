/** A link to the next page comes from the service: what it may make a step send, and where. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../json/json.ts';
import { bench, type TestCredential } from './testing/bench.ts';
import { json } from './testing/script-egress.ts';

const crm: TestCredential = {
  type: 'bearer',
  fields: { token: 'secret-token-1' },
  allowed_hosts: ['api.example.com', 'eu.example.com'],
};

async function followed(next: string, request: JsonObject) {
  const at = await bench({
    credentials: { crm },
    steps: [
      {
        name: 'list',
        request: { method: 'GET', url: 'https://api.example.com/list', ...request },
        pagination: { type: 'next_url', next: 'body.next', items: 'body.items' },
      },
    ],
    answer: (_request, call) => json({ items: [call], next: call === 1 ? next : null }),
  });
  await at.run();
  const [, second] = at.egress.requests;
  const shown = at.steps.find(({ iteration }) => iteration === 'p1')?.request;
  const names = second?.headers.map(([name]) => name.toLowerCase());
  return { second, names, shown, error: at.execution.end?.error ?? null };
}

describe('a link to the next page', () => {
  const written = { headers: { Authorization: 'Bearer of-the-author', Cookie: 'a=b', 'X-Trace': '1' } };

  test.each([
    ['another host', 'https://other.example.net/2'],
    ['another port', 'https://api.example.com:8443/2'],
    ['another scheme', 'http://api.example.com/2'],
  ])('to %s takes no header along that carries a credential by its name', async (_, next) => {
    const { names, shown } = await followed(next, written);
    expect(names).toEqual(['x-trace']);
    expect(shown?.headers).toEqual({ 'X-Trace': '1' });
  });

  test('to the same origin takes them along', async () => {
    const { names } = await followed('https://api.example.com/2', written);
    expect(names).toEqual(['authorization', 'cookie', 'x-trace']);
  });

  test('to another host is bound to the hosts of the credential, which the door checks', async () => {
    const { second } = await followed('https://eu.example.com/2', { auth: { credential: 'crm' } });
    expect(second?.credentialHosts).toEqual(crm.allowed_hosts);
    expect(second?.headers).toContainEqual(['Authorization', 'Bearer secret-token-1']);
  });

  test.each<[string, JsonObject]>([
    ['as its auth', { auth: { credential: 'crm' } }],
    ['in a header', { headers: { 'X-Key': '{{workspace.crm.token}}' } }],
  ])('that leaves https is refused when a stored credential goes along %s', async (_, request) => {
    const { second, error } = await followed('http://api.example.com/2', request);
    expect(second).toBeUndefined();
    expect(error).toMatchObject({ class: 'egress_blocked', code: 'blocked_scheme', step: 'list' });
  });
});
