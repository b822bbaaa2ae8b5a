import { describe, expect, it } from 'vitest';
import { hashTriggerKey } from '../../core/execution/task-trigger.ts';
import { TriggerError, triggerClient } from './trigger-client.ts';

const EXECUTION = {
  id: '018f0000-0000-7000-8000-000000000001',
  workspaceId: '018f0000-0000-7000-8000-000000000002',
  fence: 0,
};

function client(...answers: (() => Response)[]) {
  const sent: { url: string; init: RequestInit }[] = [];
  const trigger = triggerClient({
    url: 'https://api.trigger.test',
    secretKey: 'tr_secret',
    fetch: async (url, init) => {
      sent.push({ url: String(url), init: init ?? {} });
      const answer = answers[sent.length - 1];
      if (answer === undefined) throw new Error('not expected');
      return answer();
    },
  });
  return { sent, trigger, start: () => trigger.startExecution(EXECUTION) };
}

const ok = () => Response.json({ id: 'run_1', isCached: false });
const status = (code: number) => () => new Response('canary', { status: code });
const broken = () => {
  throw new TypeError('connection reset');
};

describe('triggering the task', () => {
  it('sends the id alone, in the form of the REST API', async () => {
    const { sent, start } = client(ok);
    expect(await start()).toBe('run_1');
    expect(sent[0]?.url).toBe('https://api.trigger.test/api/v1/tasks/connector-execution/trigger');
    expect(new Headers(sent[0]?.init.headers).get('authorization')).toBe('Bearer tr_secret');
    const { payload, options } = JSON.parse(String(sent[0]?.init.body));
    expect(JSON.parse(payload)).toEqual({ executionId: EXECUTION.id });
    expect(options).toMatchObject({
      payloadType: 'application/json',
      concurrencyKey: EXECUTION.workspaceId,
      queue: { name: 'connector-execution' },
      idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      idempotencyKeyTTL: '10m',
      tags: [`execution:${EXECUTION.id}`, `workspace:${EXECUTION.workspaceId}`],
    });
  });

  it.each([
    ['a broken connection', broken],
    ['a failing server', status(500)],
    ['too many requests', status(429)],
  ])('is tried once more after %s, with the same keys', async (_, first) => {
    const { sent, start } = client(first, ok);
    expect(await start()).toBe('run_1');
    expect(sent[1]?.init.body).toBe(sent[0]?.init.body);
    const key = (index: number) =>
      new Headers(sent[index]?.init.headers).get('x-trigger-request-idempotency-key');
    expect(key(1)).toBe(key(0));
  });

  it.each([
    ['two broken connections', [broken, broken], 2],
    ['two failing answers', [status(503), status(500)], 2],
    ['a key that is not accepted', [status(401)], 1],
    ['a request that is refused', [status(422)], 1],
    ['an answer without an id', [() => Response.json({}), () => new Response('<html>')], 2],
  ])('gives up after %s, and quotes no answer', async (_, answers, calls) => {
    const { sent, start } = client(...answers);
    const error = await start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TriggerError);
    expect(String(error)).not.toContain('canary');
    expect(sent).toHaveLength(calls);
  });

  it('of any name takes the options that are given, and sends no others', async () => {
    const { sent, trigger } = client(ok, ok);
    await trigger.trigger('credential-rekey', { a: 1 });
    await trigger.trigger('credential-test', {}, { idempotencyKey: 'once', ttlSeconds: 60, tags: ['a:1'] });
    expect(sent.map(({ url }) => url)).toEqual([
      'https://api.trigger.test/api/v1/tasks/credential-rekey/trigger',
      'https://api.trigger.test/api/v1/tasks/credential-test/trigger',
    ]);
    const [plain, full] = sent.map(({ init }) => JSON.parse(String(init.body)));
    expect(plain).toEqual({ payload: '{"a":1}', options: { payloadType: 'application/json' } });
    expect(full.options).toEqual({
      payloadType: 'application/json',
      idempotencyKey: await hashTriggerKey('once'),
      idempotencyKeyTTL: '10m',
      idempotencyKeyOptions: { key: 'once', scope: 'global' },
      ttl: 60,
      tags: ['a:1'],
    });
  });
});
