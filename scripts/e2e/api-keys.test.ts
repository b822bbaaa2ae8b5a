/** A server with an API key against the whole stack: in workerd, with the limiter in memory, restarts in between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Client, newClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

const RATE_LIMIT = 60;
const CreatedKey = z.object({ id: z.uuid(), key: z.string() });

let stack: TestStack;
let user: Client;
let key: string;
let keyId: string;

beforeAll(async () => {
  stack = await startTestStack({ rateLimit: RATE_LIMIT });
  user = await newClient(stack);
  const body = { name: 'Server', scope: 'write' };
  ({ key, id: keyId } = CreatedKey.parse(await user.data(201, 'POST', '/api/v1/api-keys', body)));
});
afterAll(async () => {
  await stack?.close();
});

const asServer = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(`${stack.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: Object(await response.json()) };
};

describe('a server with an API key', () => {
  it('stores a credential, makes a connector and runs it once under one Idempotency-Key', async () => {
    const stored = await asServer('POST', '/workspace/credentials', {
      service_name: 'company',
      type: 'bearer',
      fields: { token: 'example-company-token' },
      allowed_hosts: [new URL(stack.example.url).host],
    });
    expect(stored.status).toBe(201);
    const url = `${stack.example.url}/companies/a.example`;
    const connector = await asServer('POST', '/connectors', {
      name: 'Company',
      steps: [{ name: 'company', request: { url, auth: { credential: 'company' } } }],
      output: '{{steps.company.body.name}}',
    });
    expect(connector.status).toBe(201);
    const execute = () =>
      asServer(
        'POST',
        `/connectors/${connector.body.data.id}/execute`,
        { input: {} },
        {
          'idempotency-key': 'order 42',
          prefer: 'wait=20',
        },
      );
    const [first, again] = await Promise.all([execute(), execute()]);
    expect(first.body.data).toMatchObject({ status: 'succeeded', output: expect.any(String) });
    expect(again.body.data).toEqual(first.body.data);
    const history = await asServer('GET', `/connectors/${connector.body.data.id}/executions`);
    expect(history.body.data).toHaveLength(1);
  });

  it('goes on after the database and the Worker were killed, with the same key', async () => {
    await Promise.all([stack.database.restart(), stack.worker.restart()]);
    expect((await asServer('GET', '/me')).status).toBe(200);
  });

  it('is told when it asks too often, and its user is not', async () => {
    const answers = await Promise.all(Array.from({ length: RATE_LIMIT + 20 }, () => asServer('GET', '/me')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('10');
    expect(refused[0]?.body).toMatchObject({ code: 'rate_limited' });
    expect((await user.call('GET', '/api/v1/me')).status).toBe(200);
  });

  it('ends at once when the key is revoked', async () => {
    await user.data(200, 'POST', `/api/v1/api-keys/${keyId}/revoke`);
    await eventually('a refusal that is not the limit', 15 * SECOND, async () => {
      const { status } = await asServer('GET', '/me');
      return status === 401;
    });
  });

  it('leaves its secret in no line of any log', () => {
    expect(stack.lines.join('\n')).not.toContain(key.slice(37, 80));
    expect(stack.lines.join('\n')).toContain(keyId);
  });
});
