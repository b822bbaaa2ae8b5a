import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CallOptions, call, dataIn, problemIn, sql } from '../../test/api.ts';
import { connectorBody, type Fixture, newFixture, SERVICE } from '../../test/fixture.ts';

const Document = z.looseObject({
  format: z.literal(1),
  connectors: z.array(z.looseObject({ name: z.string() })),
  next_cursor: z.string().nullable(),
});

let ours: Fixture;
let empty: string;
beforeAll(async () => {
  ours = await newFixture();
  empty = (await newFixture(ours)).workspace;
  await sql('delete from public.workspace_api_credentials where workspace_id = $1', empty);
});

const exported = async (query = '', options: CallOptions = {}) =>
  Document.parse(
    (
      await call(`GET /api/v1/export${query}`, {
        token: ours.viewer.token,
        workspace: ours.workspace,
        ...options,
      })
    ).body,
  );
const send = (json: unknown, options: CallOptions = {}) =>
  call('POST /api/v1/import', { token: ours.owner.token, workspace: empty, json, ...options });

const connector = (name: string, change: object = {}) => ({
  name,
  steps: [{ name: 'one', request: { url: 'https://api.example.com/' } }],
  ...change,
});
const count = async (workspace: string) =>
  (await sql('select count(*)::int as n from public.connectors where workspace_id = $1', workspace))[0]?.n;

describe('an export', () => {
  it('imports as it is into another workspace, and exports the same from there', async () => {
    await call('POST /api/v1/connectors', {
      token: ours.owner.token,
      workspace: ours.workspace,
      json: { ...connectorBody, name: 'Second', description: 'With text', contact_mapping: undefined },
    });
    const document = await exported();
    expect(document.connectors.map(({ name }) => name)).toEqual([connectorBody.name, 'Second']);
    expect(document.next_cursor).toBeNull();

    const target = (await newFixture(ours)).workspace;
    await sql('delete from public.workspace_api_credentials where workspace_id = $1', target);
    await sql('update public.connectors set deleted_at = now() where workspace_id = $1', target);
    const answer = await send(document, { workspace: target });
    expect(answer.status).toBe(201);
    const report = dataIn(answer);
    expect(report).toEqual({
      connectors: document.connectors.map(({ name }) => ({ id: expect.any(String), name })),
      credentials: [{ service_name: SERVICE, exists: false }],
    });
    const again = await exported('', { workspace: target });
    expect(again.connectors).toEqual(document.connectors);
  });

  it('carries no id, no history and no secret', async () => {
    const text = JSON.stringify(await exported());
    for (const hidden of [ours.connector, ours.workspace, 'success_count', 'canary', 'ciphertext']) {
      expect(text).not.toContain(hidden);
    }
  });

  it('comes page by page when it is asked to', async () => {
    const first = await exported('?limit=1');
    const second = await exported(`?limit=1&cursor=${first.next_cursor}`);
    expect([...first.connectors, ...second.connectors]).toEqual((await exported()).connectors);
    expect(second.next_cursor).toBeNull();
  });

  it.each(['?limit=0', '?limit=1001', '?cursor=x'])('refuses %s', async (query) => {
    const answer = await call(`GET /api/v1/export${query}`, {
      token: ours.owner.token,
      workspace: ours.workspace,
    });
    expect(problemIn(answer).status).toBe(400);
  });
});

describe('an import', () => {
  it('of many keeps their order, under new ids', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `Connector ${i % 7}-${i}`);
    const answer = await send({ format: 1, connectors: names.map((name) => connector(name)) });
    expect(answer.status).toBe(201);
    const { connectors } = z
      .object({ connectors: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(dataIn(answer));
    expect(connectors.map(({ name }) => name)).toEqual(names);
    const [third] = connectors.slice(2);
    const read = await call(`GET /api/v1/connectors/${third?.id}`, {
      token: ours.owner.token,
      workspace: empty,
    });
    expect(dataIn(read)).toMatchObject({ name: third?.name, version: 1, revision: 1 });
  });

  it.each([
    ['no format', { connectors: [connector('a')] }, '/format'],
    ['another format', { format: 2, connectors: [connector('a')] }, '/format'],
    ['no connectors', { format: 1, connectors: [] }, '/connectors'],
    ['too many connectors', { format: 1, connectors: Array(1001).fill(connector('a')) }, '/connectors'],
    ['an unknown field', { format: 1, connectors: [connector('a')], workspace: 'x' }, '/workspace'],
    ['an id', { format: 1, connectors: [connector('a', { id: 'x' })] }, '/connectors/0/id'],
    [
      'a connector without steps',
      { format: 1, connectors: [connector('a'), { name: 'b' }] },
      '/connectors/1/steps',
    ],
    [
      'a reference to an unknown step',
      { format: 1, connectors: [connector('a'), connector('b', { output: { x: '{{steps.nope.id}}' } })] },
      '/connectors/1/output/x',
    ],
    [
      'a private address',
      {
        format: 1,
        connectors: [
          connector('a'),
          connector('b'),
          connector('c', { steps: [{ name: 'one', request: { url: 'http://10.0.0.1/' } }] }),
        ],
      },
      '/connectors/2/steps/0/request/url',
    ],
  ])('with %s is refused as a whole', async (_, document, pointer) => {
    const before = await count(empty);
    const problem = problemIn(await send(document));
    expect(problem).toMatchObject({ status: 422, code: 'validation_failed' });
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(problem.errors?.length).toBeLessThanOrEqual(50);
    expect(await count(empty)).toBe(before);
  });

  it('takes connectors as deep as one alone may be', async () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });
    const alone = { ...connector('Deep'), output: deep(31) };
    const as = { token: ours.owner.token, workspace: empty };
    expect((await call('POST /api/v1/connectors', { ...as, json: alone })).status).toBe(201);
    expect((await send({ format: 1, connectors: [alone] })).status).toBe(201);
    const deeper = { ...alone, output: deep(32) };
    expect((await call('POST /api/v1/connectors', { ...as, json: deeper })).status).toBe(422);
    expect((await send({ format: 1, connectors: [deeper] })).status).toBe(422);
  });

  it('may have more than 1 MiB, and no more than 8', async () => {
    const description = 'x'.repeat(2000);
    const steps = [
      { name: 'one', request: { url: 'https://api.example.com/', headers: { X: 'y'.repeat(16_000) } } },
    ];
    const many = Array.from({ length: 100 }, (_, i) => connector(`Large ${i}`, { description, steps }));
    expect(JSON.stringify(many).length).toBeGreaterThan(1.5 * 1024 * 1024);
    expect((await send({ format: 1, connectors: many })).status).toBe(201);
    const answer = await call('POST /api/v1/import', {
      token: ours.owner.token,
      workspace: empty,
      raw: ' '.repeat(8 * 1024 * 1024 + 1),
    });
    expect(problemIn(answer)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('under an Idempotency-Key happens once', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const document = { format: 1, connectors: [connector('Once'), connector('Twice')] };
    const before = Number(await count(empty));
    const [first, again] = [await send(document, { headers }), await send(document, { headers })];
    expect(again.body).toEqual(first.body);
    expect(await count(empty)).toBe(before + 2);
  });

  it('needs the role editor', async () => {
    const answer = await send({ format: 1, connectors: [connector('a')] }, { token: ours.viewer.token });
    expect(problemIn(answer).code).toBe('forbidden');
  });
});
