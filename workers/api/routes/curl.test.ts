import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, idIn, newWorkspace, problemIn, signUp, sql } from '../../test/api.ts';
import { newFixture } from '../../test/fixture.ts';

const CANARY = 'canary-71f3ab90c2d4e8';

let as: { token: string; workspace: string };
beforeAll(async () => {
  const { token } = await signUp('curl');
  as = { token, workspace: '' };
  as = { token, workspace: await newWorkspace({ id: '', email: '', token }) };
});
const read = (command: string) => call('POST /api/v1/curl/import', { ...as, json: { command } });
const write = (request: object) => call('POST /api/v1/curl/export', { ...as, json: { request } });

describe('a curl command', () => {
  it('becomes a step that a connector takes, once its credential is stored', async () => {
    const answer = await read(
      `curl -L -X POST 'https://api.example.com/v1/tickets?q=1' -H 'Authorization: Bearer ${CANARY}' --json '{"a":1}'`,
    );
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).not.toContain('canary');
    const { step, credential, notes } = dataIn(answer);
    expect(step).toMatchObject({ name: 'tickets', request: { auth: { credential: 'example' } } });
    expect(notes).toEqual([expect.stringContaining('"example"')]);
    const { field_names, ...metadata } = Object(credential);
    expect(field_names).toEqual(['token']);
    const json = { ...metadata, fields: { token: CANARY } };
    expect((await call('POST /api/v1/workspace/credentials', { ...as, json })).status).toBe(201);
    const made = await call('POST /api/v1/connectors', { ...as, json: { name: 'Imported', steps: [step] } });
    expect(made.status).toBe(201);
  });

  it.each([
    ['curl https://api.example.com -d @/etc/passwd', '-d @file'],
    [`curl --unknown-${CANARY} https://api.example.com`, 'Word 2'],
    [`curl '${CANARY}`, 'quote'],
  ])('that cannot become one is refused, and quoted nowhere: %s', async (command, detail) => {
    const answer = await read(command);
    expect(problemIn(answer)).toMatchObject({
      status: 422,
      code: 'validation_failed',
      errors: [{ pointer: '/command', detail: expect.stringContaining(detail) }],
    });
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });

  it('needs a signed-in caller', async () => {
    const json = { command: 'curl https://api.example.com' };
    expect((await call('POST /api/v1/curl/import', { json })).status).toBe(401);
  });
});

describe('a request as a command', () => {
  it('says how its credential is sent, and no value', async () => {
    const fields = { api_key: CANARY };
    const placement = { in: 'query', name: 'k' };
    const json = {
      ...{ service_name: 'crm', type: 'api_key', fields, placement, allowed_hosts: ['api.example.com'] },
      base_url: 'https://api.example.com/v1',
    };
    dataIn(await call('POST /api/v1/workspace/credentials', { ...as, json }));
    const answer = await write({ url: '/people', auth: { credential: 'crm' } });
    expect(dataIn(answer)).toEqual({
      command: 'curl \\\n  \'https://api.example.com/v1/people?k=\'"$CRM_API_KEY" \\\n  --location',
      notes: [],
    });
  });

  it('is made of a step whose credential is not stored yet', async () => {
    const answer = await write({ url: 'https://a.example', auth: { credential: 'nobody' } });
    expect(dataIn(answer)).toMatchObject({
      command: expect.stringContaining('$NOBODY_TOKEN'),
      notes: [expect.stringContaining('nobody')],
    });
  });

  it('that no command can hold is refused', async () => {
    const answer = await write({ url: 'https://a.example', query: { a: { b: 1 } } });
    expect(problemIn(answer)).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/request' }] });
  });
});

describe('a recorded request as a command', () => {
  it('is the newest one of its step; others, and steps without one, are not found', async () => {
    const { owner, workspace, execution, viewer } = await newFixture();
    await sql(
      `insert into public.connector_step_runs
         (workspace_id, execution_id, step_index, step_name, attempt, fence, status, request)
       values ($1, $2, 0, 'lookup', 1, 1, 'running',
         '{"method":"GET","url":"https://api.example.com/v?key=[redacted]","headers":{"X-A":"it''s"}}')`,
      workspace,
      execution,
    );
    const by = { token: viewer.token, workspace };
    const at = (step: string) => call(`GET /api/v1/executions/${execution}/curl?step=${step}`, by);
    expect(dataIn(await at('lookup'))).toEqual({
      command: `curl \\\n  'https://api.example.com/v?key='"$KEY" \\\n  --location \\\n  --header 'X-A: it'\\''s'`,
      notes: [],
    });
    expect(problemIn(await at('other'))).toMatchObject({ status: 404, code: 'not_found' });
    expect(problemIn(await at('NO'))).toMatchObject({ status: 400, errors: [{ pointer: '#query/step' }] });
    const plain = `GET /api/v1/executions/${execution}/curl`;
    expect(problemIn(await call(plain, by))).toMatchObject({ status: 400 });
    const theirs = await call(`${plain}?step=lookup`, as);
    expect(problemIn(theirs)).toMatchObject({ status: 404, code: 'execution_not_found' });
    expect(idIn(await call(`GET /api/v1/executions/${execution}`, { token: owner.token, workspace }))).toBe(
      execution,
    );
  });
});
