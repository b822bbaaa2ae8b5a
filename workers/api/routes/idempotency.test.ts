import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CallOptions,
  call,
  dataIn,
  idIn,
  problemIn,
  roundTrips,
  sql,
  triggered,
} from '../../test/api.ts';
import { connectorBody, credentialBody, executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

let ours: Fixture;
beforeAll(async () => {
  ours = await newFixture();
});

const CREATE = 'POST /api/v1/connectors';
const count = async (name: string) =>
  (await sql('select count(*)::int as n from public.connectors where name = $1', name))[0]?.n;

function send(key: string, target: string, options: CallOptions = {}) {
  return call(target, {
    token: ours.owner.token,
    workspace: ours.workspace,
    ...options,
    headers: { 'idempotency-key': key, ...options.headers },
  });
}
const named = (name: string) => ({ json: { ...connectorBody, name } });

describe('an Idempotency-Key', () => {
  it('replays status, body and Location of the same request, and writes once', async () => {
    const key = crypto.randomUUID();
    const first = await send(key, CREATE, named('Once'));
    const again = await send(key, CREATE, named('Once'));
    expect(first.status).toBe(201);
    expect(first.headers.has('idempotency-replayed')).toBe(false);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    for (const header of ['location', 'etag'])
      expect(again.headers.get(header)).toBe(first.headers.get(header));
    expect(await count('Once')).toBe(1);
  });

  it('costs no round trip more', async () => {
    const before = await roundTrips();
    await send(crypto.randomUUID(), CREATE, named('Cheap'));
    expect((await roundTrips()) - before).toBe(1);
  });

  it('makes one row of 100 concurrent identical requests, and all get the same answer', async () => {
    const key = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(key, CREATE, named('Hundred'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(99);
    expect(await count('Hundred')).toBe(1);
  });

  it.each([
    ['another body', { target: CREATE, json: { ...connectorBody, name: 'Other' } }],
    ['another route', { target: 'POST /api/v1/workspaces', json: { ...connectorBody, name: 'Same' } }],
    ['another query', { target: `${CREATE}?x=1`, json: { ...connectorBody, name: 'Same' } }],
    ['another workspace', { target: CREATE, json: { ...connectorBody, name: 'Same' }, workspace: undefined }],
  ])('with %s is refused, and nothing is written', async (_, { target, ...options }) => {
    const key = crypto.randomUUID();
    await send(key, CREATE, named('Same'));
    const json = target.includes('workspaces') ? { name: 'Same' } : options.json;
    const answer = await send(key, target, { ...options, json });
    expect(problemIn(answer)).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
      errors: [{ pointer: '#header/Idempotency-Key' }],
    });
    expect(await count('Other')).toBe(0);
  });

  it('takes a body that only looks different for the same', async () => {
    const key = crypto.randomUUID();
    const first = await send(key, 'POST /api/v1/workspaces', { raw: '{"name":"W"}' });
    const again = await send(key, 'POST /api/v1/workspaces', { raw: ' {\n "name" : "\\u0057" } ' });
    expect(again.body).toEqual(first.body);
  });

  it('belongs to its caller', async () => {
    const key = crypto.randomUUID();
    const mine = await send(key, CREATE, named('Mine'));
    const theirs = await send(key, CREATE, { ...named('Theirs'), token: ours.editor.token });
    expect(theirs.status).toBe(201);
    expect(idIn(theirs)).not.toBe(idIn(mine));
  });

  it('does not stand for a request that failed', async () => {
    const key = crypto.randomUUID();
    const steps = [
      { name: 'one', request: { url: 'https://api.example.com/', auth: { credential: 'later' } } },
    ];
    expect((await send(key, CREATE, { json: { name: 'Later', steps } })).status).toBe(422);
    await call('POST /api/v1/workspace/credentials', {
      token: ours.owner.token,
      workspace: ours.workspace,
      json: { ...credentialBody, service_name: 'later' },
    });
    const answer = await send(key, CREATE, { json: { name: 'Later', steps } });
    expect(answer.status).toBe(201);
    expect(answer.headers.has('idempotency-replayed')).toBe(false);
  });

  it('is free again after a day', async () => {
    const key = crypto.randomUUID();
    await send(key, CREATE, named('Daily'));
    await sql(
      "update public.idempotency_keys set created_at = now() - interval '25 hours' where key = $1",
      key,
    );
    expect((await send(key, CREATE, named('Daily 2'))).status).toBe(201);
  });

  it('gives a removed member no old answer', async () => {
    const key = crypto.randomUUID();
    const fixture = await newFixture(ours);
    const as = { token: ours.editor.token, workspace: fixture.workspace };
    expect((await send(key, CREATE, { ...named('Gone'), ...as })).status).toBe(201);
    await call(`DELETE /api/v1/workspaces/${fixture.workspace}/members/${ours.editor.id}`, {
      token: ours.owner.token,
    });
    expect(problemIn(await send(key, CREATE, { ...named('Gone'), ...as })).code).toBe('workspace_not_found');
  });

  it.each(['', 'x'.repeat(256), 'schlüssel', 'tab\there'])('that is not valid is 400: %j', async (key) => {
    const answer = await send(key, CREATE, named('Invalid'));
    expect(problemIn(answer)).toMatchObject({
      status: 400,
      code: 'invalid_request',
      errors: [{ pointer: '#header/Idempotency-Key' }],
    });
    expect(await count('Invalid')).toBe(0);
  });

  it('may be as long as 255 characters, of any printable kind', async () => {
    const key = `"' %\\,;=${crypto.randomUUID()}`.padEnd(255, '~');
    const first = await send(key, CREATE, named('Long'));
    expect((await send(key, CREATE, named('Long'))).body).toEqual(first.body);
  });

  it('means nothing on other methods', async () => {
    const key = crypto.randomUUID();
    const path = `/api/v1/connectors/${ours.connector}`;
    expect((await send(key, `PATCH ${path}`, { json: { name: 'A' } })).status).toBe(200);
    expect(dataIn(await send(key, `PATCH ${path}`, { json: { name: 'B' } })).name).toBe('B');
  });
});

describe('under an Idempotency-Key', () => {
  it('an execution starts once, and is triggered under the same key each time', async () => {
    const key = crypto.randomUUID();
    const execute = () =>
      send(key, `POST /api/v1/connectors/${ours.connector}/execute`, { json: executeBody });
    const [first, again] = [await execute(), await execute()];
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(`/api/v1/executions/${idIn(first)}`);
    await expect
      .poll(
        async () =>
          (await triggered()).filter(({ body }) => JSON.stringify(body).includes(idIn(first))).length,
      )
      .toBe(2);
    const starts = (await triggered()).filter(({ body }) => JSON.stringify(body).includes(idIn(first)));
    expect(new Set(starts.map(({ body }) => JSON.stringify(Object(body).options))).size).toBe(1);
  });

  it('an execution that was waited for answers with what has become of it', async () => {
    const key = crypto.randomUUID();
    const target = `POST /api/v1/connectors/${ours.connector}/execute`;
    const first = await send(key, target, { json: executeBody });
    await call(`POST /api/v1/executions/${idIn(first)}/cancel`, {
      token: ours.owner.token,
      workspace: ours.workspace,
    });
    const again = await send(key, target, { json: executeBody, headers: { prefer: 'wait=1' } });
    expect(again.status).toBe(200);
    expect(dataIn(again)).toMatchObject({ id: idIn(first), status: 'cancelled' });
  });

  it('a secret in a body can be neither read nor guessed from what is stored', async () => {
    const key = crypto.randomUUID();
    const json = { ...credentialBody, service_name: 'guessable', fields: { api_key: 'canary-1234' } };
    expect((await send(key, 'POST /api/v1/workspace/credentials', { json })).status).toBe(201);
    const [row] = await sql(
      'select i::text as row, fingerprint from public.idempotency_keys i where key = $1',
      key,
    );
    expect(String(row?.row)).not.toContain('canary');
    expect(row?.fingerprint).toMatch(/^[A-Za-z0-9_-]{43}$/);
    // Without the key of the hash, knowing all the rest of the request does not help.
    const parts = ['POST', '/api/v1/workspace/credentials', '', ours.workspace];
    const bodies = [
      JSON.stringify(json),
      JSON.stringify(Object.fromEntries(Object.entries(json).toSorted())),
    ];
    for (const body of bodies) {
      const digest = await crypto.subtle.digest(
        'SHA-256',
        new TextEncoder().encode(JSON.stringify([...parts, body])),
      );
      expect(row?.fingerprint).not.toBe(btoa(String.fromCharCode(...new Uint8Array(digest))).slice(0, 43));
    }
  });

  it('a credential stored twice is 201 both times', async () => {
    const key = crypto.randomUUID();
    const json = { ...credentialBody, service_name: 'twice' };
    const store = () => send(key, 'POST /api/v1/workspace/credentials', { json });
    const [first, again] = [await store(), await store()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
  });
});
