import { describe, expect, test } from 'vitest';
import type { CallContext } from '../context.ts';
import type { JsonObject } from '../json/json.ts';
import { Problem } from '../problem/problem.ts';
import { createBatch } from './create.ts';
import { MAX_ITEM_CHARS } from './read-item.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const TIME = '2026-01-15T09:30:00Z';
const schema: JsonObject = {
  type: 'object',
  required: ['phone'],
  properties: { phone: { type: 'string', minLength: 3 } },
};

function setting() {
  const calls: { fn: string; args: Readonly<Record<string, unknown>> }[] = [];
  let ids = 0;
  const ctx: CallContext = {
    workspaceId: ID,
    urlPolicy: { allowLoopback: false, allowedPorts: new Set() } as unknown as CallContext['urlPolicy'],
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
    db: {
      async call(fn, args) {
        calls.push({ fn, args });
        if (fn === 'get_connector') return connector;
        return {
          ...{ id: ID, connector_id: ID, connector_version: 3, status: 'running', total: 1 },
          ...{ cancel_requested_at: null, created_at: TIME, finished_at: null },
          counts: { queued: 1, running: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 0 },
        };
      },
    },
  };
  return { ctx, calls };
}
const connector = {
  ...{ id: ID, workspace_id: ID, name: 'C', description: '', version: 3, revision: 1 },
  ...{ template_id: null, template_version: null, success_count: 0, failure_count: 0 },
  ...{ last_executed_at: null, created_at: TIME, updated_at: TIME },
  definition: {
    format: 1,
    input_schema: schema,
    steps: [{ name: 'a', request: { url: 'https://api.example.com' } }],
  },
};
const calm = { now: () => 0, sleep: async () => {} };

const create = (texts: string[], ports = calm, { ctx } = setting()) => createBatch(ctx, ID, texts, ports);
async function errorsOf(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Problem)) throw error ?? new Error('not refused');
  return { code: error.code, pointers: error.errors.map(({ pointer }) => pointer) };
}
const good = '{"input":{"phone":"123"}}';

test('writes all items in one call, with ids in their order', async () => {
  const { ctx, calls } = setting();
  const { workspaceId } = await create([good, ' {"key":"k","input":{"phone":"456","x":1e2}}'], calm, {
    ctx,
    calls,
  });
  expect(workspaceId).toBe(ID);
  expect(calls.map(({ fn }) => fn)).toEqual(['get_connector', 'create_batch']);
  expect(calls[1]?.args).toMatchObject({ p_version: 3, p_id: 'id-1', p_item_ids: ['id-2', 'id-3'] });
  expect(JSON.parse(String(calls[1]?.args.p_items))).toEqual([
    { input: { phone: '123' } },
    { input: { phone: '456', x: 100 }, key: 'k' },
  ]);
});

describe('writes nothing', () => {
  test.each<[string, string, string, string]>([
    ['an input that does not fit', '{"input":{"phone":7}}', 'validation_failed', '/items/1/input/phone'],
    ['an input without what is required', '{"input":{}}', 'validation_failed', '/items/1/input/phone'],
    ['no input', '{"key":"k"}', 'validation_failed', '/items/1/input/phone'],
    ['an input that is no object', '{"input":[]}', 'validation_failed', '/items/1/input'],
    ['another field', '{"input":{"phone":"123"},"colour":1}', 'validation_failed', '/items/1/colour'],
    [
      'a key that is too long',
      `{"input":{"phone":"123"},"key":"${'k'.repeat(201)}"}`,
      'validation_failed',
      '/items/1/key',
    ],
    [
      'a prototype',
      '{"input":{"phone":"123","__proto__":{}}}',
      'validation_failed',
      '/items/1/input/__proto__',
    ],
    ['a NUL', '{"input":{"phone":"12\\u0000"}}', 'validation_failed', '/items/1/input/phone'],
    [
      'deep nesting',
      `{"input":{"phone":"123","d":${'['.repeat(40)}${']'.repeat(40)}}}`,
      'validation_failed',
      '/items/1/input/d',
    ],
    ['no JSON', '{"input":', 'malformed_json', '/items/1'],
    ['an empty place', ' ', 'malformed_json', '/items/1'],
    [
      'an item that is too long',
      `{"input":{"phone":"${'1'.repeat(MAX_ITEM_CHARS)}"}}`,
      'validation_failed',
      '/items/1',
    ],
  ])('for a batch with %s', async (_, text, code, pointer) => {
    const { ctx, calls } = setting();
    const found = await errorsOf(create([good, text, good], calm, { ctx, calls }));
    expect(found.code).toBe(code);
    expect(found.pointers[0]?.startsWith(pointer)).toBe(true);
    expect(calls.map(({ fn }) => fn)).toEqual(['get_connector']);
  });

  test('and tells at most 50 errors', async () => {
    const { pointers } = await errorsOf(create(Array(200).fill('{"input":{}}')));
    expect(pointers).toHaveLength(50);
    expect(pointers.at(-1)).toBe('/items/49/input/phone');
  });

  test('when the check takes too long, and lets others run meanwhile', async () => {
    let clock = 0;
    let pauses = 0;
    const slow = { now: () => clock, sleep };
    async function sleep() {
      clock += 2_000;
      pauses += 1;
    }
    expect(await errorsOf(create(Array(10_000).fill(good), slow))).toEqual({
      code: 'validation_failed',
      pointers: ['/items'],
    });
    expect(pauses).toBe(8);
  });
});
