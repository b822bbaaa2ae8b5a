import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CallOptions, call, dataIn, idIn, problemIn, sql, triggered } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { linesOf } from '../../test/document.ts';
import { executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };

let ours: Fixture;
let as: CallOptions;
beforeAll(async () => {
  ours = await newFixture();
  as = { token: ours.editor.token, workspace: ours.workspace };
});

const create = (options: CallOptions) =>
  call(`POST /api/v1/connectors/${ours.connector}/batches`, { ...as, ...options });
const newBatch = async (items: number) =>
  idIn(
    await create({
      json: { items: Array.from({ length: items }, (_, n) => ({ ...executeBody, key: `k${n}` })) },
    }),
  );
const Page = z.object({
  data: z.array(z.object({ index: z.int(), key: z.string().nullable() })),
  next_cursor: z.string().nullable(),
});

describe('a new batch', () => {
  it('is there with its items, and its task is started, by id alone', async () => {
    const answer = await create({ json: { items: [executeBody, { ...executeBody, key: 'second' }] } });
    expect(answer.status).toBe(202);
    const id = idIn(answer);
    expect(answer.headers.get('location')).toBe(`/api/v1/batches/${id}`);
    expect(dataIn(answer)).toMatchObject({ status: 'running', total: 2, counts: { queued: 2 } });
    expect(dataIn(await call(`GET /api/v1/batches/${id}`, as))).toEqual(dataIn(answer));
    const started = (await triggered()).filter(({ body }) => JSON.stringify(body).includes(id));
    expect(started).toMatchObject([
      {
        path: '/api/v1/tasks/connector-batch/trigger',
        body: {
          payload: JSON.stringify({ batchId: id, turn: 0 }),
          options: { queue: { name: 'connector-batch' } },
        },
      },
    ]);
    expect(JSON.stringify(started)).not.toContain(executeBody.input.phone);
  });

  it('may come as NDJSON', async () => {
    const raw = `${JSON.stringify(executeBody)}\r\n\n${JSON.stringify({ ...executeBody, key: 'ü' })}`;
    const id = idIn(await create({ raw, headers: NDJSON }));
    const page = Page.parse((await call(`GET /api/v1/batches/${id}/items`, as)).body);
    expect(page.data.map(({ key }) => key)).toEqual([null, 'ü']);
  });

  it('is refused with pointers to what is wrong, and nothing is written or started', async () => {
    const before = [await databaseState(), (await triggered()).length];
    const items = Array(20).fill(executeBody);
    items[17] = { input: { phone: 7 } };
    for (const answer of [
      await create({ json: { items } }),
      await create({ raw: items.map((item) => JSON.stringify(item)).join('\n'), headers: NDJSON }),
    ]) {
      expect(problemIn(answer)).toMatchObject({ status: 422, code: 'validation_failed' });
      expect(problemIn(answer).errors?.map(({ pointer }) => pointer)).toEqual(['/items/17/input/phone']);
    }
    const broken = await create({ raw: `${JSON.stringify(executeBody)}\n{`, headers: NDJSON });
    expect(problemIn(broken)).toMatchObject({ code: 'malformed_json', errors: [{ pointer: '/items/1' }] });
    expect([await databaseState(), (await triggered()).length]).toEqual(before);
  });

  it.each([
    ['text/plain', 415],
    ['application/json; charset=latin1', 415],
  ])('of type %s is refused', async (type, status) => {
    const answer = await create({ raw: '{}', headers: { 'content-type': type } });
    expect(answer.status).toBe(status);
  });

  it('that is no UTF-8 is refused', async () => {
    const answer = await create({ raw: new Uint8Array([0x7b, 0xff]) });
    expect(problemIn(answer)).toMatchObject({ status: 400, code: 'malformed_json' });
  });

  it('may have more than other bodies, up to 16 MiB', async () => {
    const item = (chars: number) => JSON.stringify({ input: { phone: '1'.repeat(chars) } });
    const large = await create({ raw: Array(3).fill(item(600_000)).join('\n'), headers: NDJSON });
    expect(large.status).toBe(202);
    const tooLarge = await create({
      raw: Array(17)
        .fill(item(1024 * 1024 - 100))
        .join('\n'),
      headers: NDJSON,
    });
    expect(problemIn(tooLarge)).toMatchObject({ status: 413, code: 'body_too_large' });
    const other = await call('POST /api/v1/connectors', { ...as, raw: 'x'.repeat(1024 * 1024 + 1) });
    expect(other.status).toBe(413);
  });

  it('happens once under an Idempotency-Key, also when it is large', async () => {
    const items = Array.from({ length: 3 }, () => ({ input: { phone: '1'.repeat(500_000) } }));
    const headers = { ...NDJSON, 'idempotency-key': crypto.randomUUID() };
    const raw = items.map((item) => JSON.stringify(item)).join('\n');
    const first = await create({ raw, headers });
    const again = await create({ raw, headers });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(problemIn(await create({ raw: `${raw}\n${raw}`, headers })).code).toBe('idempotency_key_reused');
  });

  it('of 10,000 items is written at once', async () => {
    const from = performance.now();
    const id = await newBatch(10_000);
    console.log(`10,000 items accepted in ${Math.round(performance.now() - from)} ms`);
    const rows = await sql(
      'select count(*)::int as n from public.connector_executions where batch_id = $1',
      id,
    );
    expect(rows).toEqual([{ n: 10_000 }]);
    const text = String((await call(`GET /api/v1/batches/${id}/items.ndjson`, as)).body);
    expect(linesOf(text).map((line) => Object(line).index)).toEqual(
      Array.from({ length: 10_000 }, (_, n) => n),
    );
    expect(dataIn(await call(`POST /api/v1/batches/${id}/cancel`, as))).toMatchObject({
      status: 'cancelled',
      counts: { cancelled: 10_000 },
    });
  }, 60_000);
});

describe('items', () => {
  it('come page by page, each once', async () => {
    const id = await newBatch(7);
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = Page.parse((await call(`GET /api/v1/batches/${id}/items?limit=3${query}`, as)).body);
      seen.push(...page.data.map(({ index }) => index));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('come by status, and an export goes on from a cursor', async () => {
    const id = await newBatch(3);
    await sql(
      `update public.connector_executions set status = 'succeeded', finished_at = now(), output = '"x"' where batch_id = $1 and batch_index = 1`,
      id,
    );
    const page = Page.parse((await call(`GET /api/v1/batches/${id}/items?status=succeeded`, as)).body);
    expect(page.data.map(({ index }) => index)).toEqual([1]);
    const first = Page.parse((await call(`GET /api/v1/batches/${id}/items?limit=1`, as)).body);
    const rest = await call(`GET /api/v1/batches/${id}/items.ndjson?cursor=${first.next_cursor}`, as);
    expect(linesOf(String(rest.body))).toMatchObject([{ index: 1, output: 'x' }, { index: 2 }]);
  });

  it('that are too large for one export end with a cursor to go on from', async () => {
    const id = await newBatch(45);
    await sql(
      `update public.connector_executions set output = to_jsonb(repeat('x', 1200000)) where batch_id = $1`,
      id,
    );
    const lines = linesOf(String((await call(`GET /api/v1/batches/${id}/items.ndjson`, as)).body));
    const { next_cursor: cursor } = z.object({ next_cursor: z.string() }).parse(lines.pop());
    const rest = linesOf(
      String((await call(`GET /api/v1/batches/${id}/items.ndjson?cursor=${cursor}`, as)).body),
    );
    expect([...lines, ...rest].map((line) => Object(line).index)).toEqual(
      Array.from({ length: 45 }, (_, n) => n),
    );
  }, 60_000);

  it('of a batch that is not there are a problem and no stream', async () => {
    const answer = await call(`GET /api/v1/batches/${crypto.randomUUID()}/items.ndjson`, as);
    expect(problemIn(answer)).toMatchObject({ status: 404, code: 'batch_not_found' });
  });
});

describe('a batch', () => {
  it('is redriven under a new turn, of what did not succeed', async () => {
    const id = await newBatch(2);
    await call(`POST /api/v1/batches/${id}/cancel`, as);
    const answer = await call(`POST /api/v1/batches/${id}/redrive`, as);
    expect(answer.status).toBe(202);
    expect(dataIn(answer)).toMatchObject({ status: 'running', counts: { queued: 2 } });
    const started = (await triggered()).filter(({ body }) => JSON.stringify(body).includes(id));
    expect(started.map(({ body }) => Object(body).payload)).toEqual(
      [0, 1].map((turn) => JSON.stringify({ batchId: id, turn })),
    );
  });

  it('is listed newest first, by connector', async () => {
    const id = await newBatch(1);
    const page = await call(`GET /api/v1/batches?connector_id=${ours.connector}&limit=1`, as);
    expect(page.body).toMatchObject({ data: [{ id, total: 1 }], next_cursor: expect.any(String) });
    const none = await call(`GET /api/v1/batches?connector_id=${crypto.randomUUID()}`, as);
    expect(problemIn(none).code).toBe('connector_not_found');
  });
});
