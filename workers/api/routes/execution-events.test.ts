import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { call, idIn, problemIn, roundTrips, sql } from '../../test/api.ts';
import { executeBody, type Fixture, newFixture } from '../../test/fixture.ts';
import { createApp } from '../app.ts';

interface Seen {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The events in the text of a stream, after WHATWG HTML section 9.2.6. */
function eventsIn(text: string): Seen[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const fields = new Map(
        block.split('\n').map((line): [string, string] => {
          const at = line.indexOf(': ');
          return [line.slice(0, at), line.slice(at + 2)];
        }),
      );
      return {
        id: fields.get('id') ?? '',
        event: fields.get('event') ?? '',
        data: JSON.parse(fields.get('data') ?? ''),
      };
    });
}

describe('following an execution', () => {
  let ours: Fixture;
  let as: { token: string; workspace: string };
  beforeAll(async () => {
    ours = await newFixture();
    as = { token: ours.viewer.token, workspace: ours.workspace };
  });

  const accepted = async () =>
    idIn(
      await call(`POST /api/v1/connectors/${ours.connector}/execute`, {
        ...{ token: ours.editor.token, workspace: ours.workspace },
        json: executeBody,
      }),
    );
  const advance = (id: string, status: string) =>
    sql(
      `update public.connector_executions set status = $2::text, event_seq = event_seq + 1,
         finished_at = case when $2::text <> 'running' then now() end where id = $1`,
      id,
      status,
    );
  const headers = () => ({ authorization: `Bearer ${as.token}`, 'x-workspace-id': as.workspace });
  const open = (id: string, query = '', more: Record<string, string> = {}) =>
    exports.default.fetch(`https://api.test/api/v1/executions/${id}/events${query}`, {
      headers: { ...headers(), ...more },
    });

  it('is a stream of events that no proxy keeps, whatever is accepted', async () => {
    const id = await accepted();
    await advance(id, 'running');
    await advance(id, 'succeeded');
    const response = await open(id, '', { accept: 'application/json' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const text = await response.text();
    expect(text).toMatch(/^retry: 2000\n\n/);
    expect(eventsIn(text).map(({ id: at, event }) => [at, event])).toEqual([
      ['0', 'execution.queued'],
      ['1', 'execution.running'],
      ['2', 'execution.succeeded'],
    ]);
    expect(eventsIn(text)[2]?.data).toMatchObject({ type: 'execution.succeeded', step: null, error: null });
  });

  it('tells what happens while it is read, and ends with the execution', async () => {
    const id = await accepted();
    const response = await open(id);
    const reading = response.text();
    await advance(id, 'running');
    await sql(
      `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status,
         started_event, request)
       values ($1, $2, 0, 0, 'lookup', 1, 'running', 2, '{"method": "GET", "url": "https://canary.example"}')`,
      ours.workspace,
      id,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await sql(
      `update public.connector_step_runs set status = 'succeeded', finished_event = 3, finished_at = now(), response = '{"body": "canary"}'
       where execution_id = $1`,
      id,
    );
    await sql('update public.connector_executions set event_seq = 3 where id = $1', id);
    await advance(id, 'succeeded');
    const text = await reading;
    expect(eventsIn(text).map(({ event }) => event)).toEqual([
      ...['execution.queued', 'execution.running', 'step.started', 'step.succeeded', 'execution.succeeded'],
    ]);
    expect(text).not.toContain('canary');
  });

  it('goes on behind the last event, by header or query, and tells who comes back behind the end to stay away', async () => {
    const id = await accepted();
    await advance(id, 'running');
    await advance(id, 'failed');
    const told = async (response: Response) => eventsIn(await response.text()).map(({ id: at }) => at);
    expect(await told(await open(id, '', { 'last-event-id': '0' }))).toEqual(['1', '2']);
    expect(await told(await open(id, '?last_event_id=1'))).toEqual(['2']);
    expect(await told(await open(id, '?last_event_id=0', { 'last-event-id': '1' }))).toEqual(['2']);
    expect((await call(`GET /api/v1/executions/${id}/events?last_event_id=2`, as)).status).toBe(204);
    const redriven = { token: ours.editor.token, workspace: ours.workspace, json: {} };
    expect((await call(`POST /api/v1/executions/${id}/redrive`, redriven)).status).toBe(202);
    expect(await told(await open(id, '?last_event_id=2&wait=0'))).toEqual(['3']);
  });

  it('answers with a problem before the stream begins', async () => {
    const missing = '018f0000-0000-7000-8000-000000000000';
    expect(problemIn(await call(`GET /api/v1/executions/${missing}/events`, as)).code).toBe(
      'execution_not_found',
    );
    for (const query of ['last_event_id=x', 'last_event_id=', 'wait=61', 'wait=-1']) {
      const answer = await call(`GET /api/v1/executions/${await accepted()}/events?${query}`, as);
      expect(problemIn(answer), query).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    const header = { ...as, headers: { 'last-event-id': '1.0' } };
    expect(problemIn(await call(`GET /api/v1/executions/${await accepted()}/events`, header)).errors).toEqual(
      [{ pointer: '#header/Last-Event-ID', detail: expect.any(String) }],
    );
  });

  it('asks the database no more when the reader goes away', async () => {
    const response = await open(await accepted());
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await reader?.cancel();
    // What was under way when it left is still answered.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const before = await roundTrips();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await roundTrips()).toBe(before);
  });

  it('asks the database no more than it can tell: a reader that does not read costs nothing', async () => {
    const id = await accepted();
    const before = await roundTrips();
    const response = await open(id);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await roundTrips()) - before).toBe(1);
    await response.body?.cancel();
  });

  it('ends when the database fails on the way, and says so in the log', async () => {
    const id = await accepted();
    let calls = 0;
    const log = vi.fn();
    const app = createApp({
      fetch: (input, init) => {
        const isDatabase = String(input instanceof Request ? input.url : input).includes(
          '/rpc/execution_events',
        );
        if (isDatabase) calls += 1;
        if (isDatabase && calls > 1) throw new TypeError('connection lost');
        return fetch(input, init);
      },
      now: () => Date.now(),
      sleep: async () => {},
      log,
    });
    const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
    const request = new Request(`https://api.test/api/v1/executions/${id}/events`, { headers: headers() });
    const response = await app.fetch(request, env, context);
    expect(eventsIn(await response.text()).map(({ event }) => event)).toEqual(['execution.queued']);
    expect(log.mock.calls.map(([, event]) => event)).toContain('events_ended');
  });
});
