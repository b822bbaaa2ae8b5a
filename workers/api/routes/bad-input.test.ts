import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type CallOptions, call, problemIn } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { connectorBody, credentialBody, executeBody, type Fixture, newFixture } from '../../test/fixture.ts';

const MIB = 1024 * 1024;
const request = { url: 'https://api.example.com/' };
const connector = (...steps: unknown[]) => ({ json: { name: 'Bad', steps } });
const step = (change: object = {}) => ({ name: 'one', request, ...change });
const credential = (change: object) => ({ json: { ...credentialBody, ...change } });

/** A body in chunks, so that no Content-Length tells its size beforehand. */
function chunked(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(left, 65_536)).fill(0x20));
      left -= 65_536;
    },
  });
}

const nested = (depth: number) => `{"input":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;

interface BadInput {
  name: string;
  target: string | ((ids: Fixture) => string);
  send?: CallOptions;
  status: number;
  code: string;
  pointer?: string;
}

const CREATE = 'POST /api/v1/connectors';
const STORE = 'POST /api/v1/workspace/credentials';
const EXECUTE = (ids: Fixture) => `POST /api/v1/connectors/${ids.connector}/execute`;
const UPDATE = (ids: Fixture) => `PATCH /api/v1/connectors/${ids.connector}`;

const malformed = { status: 400, code: 'malformed_json' };
const unread = { status: 400, code: 'invalid_request' };
const invalid = { status: 422, code: 'validation_failed' };
const tooLarge = { status: 413, code: 'body_too_large' };
const wrongType = { status: 415, code: 'unsupported_media_type' };

// biome-ignore format: a table
const CASES: BadInput[] = [
  // Bodies that cannot be read.
  { name: 'a body that is cut off', target: CREATE, send: { raw: '{"name":' }, ...malformed },
  { name: 'an empty body', target: CREATE, send: { raw: '' , headers: { 'content-type': 'application/json' } }, ...malformed },
  { name: 'a body with a comment', target: CREATE, send: { raw: '{} // x' }, ...malformed },
  { name: 'a body that is not UTF-8', target: CREATE, send: { raw: new Uint8Array([0x22, 0xff, 0x22]) }, ...malformed },
  { name: 'no content type', target: CREATE, send: { raw: '{}', headers: { 'content-type': '' } }, ...wrongType },
  { name: 'a form', target: CREATE, send: { raw: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, ...wrongType },
  { name: 'text', target: CREATE, send: { raw: '{}', headers: { 'content-type': 'text/plain' } }, ...wrongType },
  { name: 'JSON in another encoding', target: CREATE, send: { raw: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } }, ...wrongType },
  { name: 'a type that only starts like JSON', target: CREATE, send: { raw: '{}', headers: { 'content-type': 'application/jsonp' } }, ...wrongType },
  { name: 'a body over the limit', target: CREATE, send: { raw: ' '.repeat(MIB + 1) }, ...tooLarge },
  { name: 'a chunked body over the limit', target: CREATE, send: { raw: chunked(MIB + 1) }, ...tooLarge },

  // Bodies that must not be taken in.
  { name: 'an array', target: CREATE, send: { raw: '[]' }, ...invalid, pointer: '' },
  { name: 'null', target: CREATE, send: { raw: 'null' }, ...invalid, pointer: '' },
  { name: 'a body nested too deeply', target: EXECUTE, send: { raw: nested(40) }, ...invalid, pointer: `/input${'/a'.repeat(31)}` },
  { name: 'a body nested as deeply as fits', target: EXECUTE, send: { raw: nested(100_000) }, ...invalid, pointer: `/input${'/a'.repeat(31)}` },
  { name: 'a __proto__ key', target: EXECUTE, send: { raw: '{"input":{"__proto__":{"admin":true}}}' }, ...invalid, pointer: '/input/__proto__' },
  { name: 'a constructor key', target: CREATE, send: { raw: '{"constructor":{}}' }, ...invalid, pointer: '/constructor' },
  { name: 'a NUL character', target: EXECUTE, send: { raw: '{"input":{"phone":"\\u0000"}}' }, ...invalid, pointer: '/input/phone' },
  { name: 'half of a surrogate pair', target: EXECUTE, send: { raw: '{"input":{"phone":"\\ud800"}}' }, ...invalid, pointer: '/input/phone' },
  { name: 'a number too large', target: EXECUTE, send: { raw: '{"input":{"phone":1e999}}' }, ...invalid, pointer: '/input/phone' },

  // Connectors.
  { name: 'an unknown field', target: CREATE, send: { json: { ...connectorBody, colour: 'red' } }, ...invalid, pointer: '/colour' },
  { name: 'an unknown field whose name needs escaping', target: CREATE, send: { json: { ...connectorBody, 'a/b~c': 1 } }, ...invalid, pointer: '/a~1b~0c' },
  { name: 'an unknown field in a step', target: CREATE, send: connector(step({ colour: 'red' })), ...invalid, pointer: '/steps/0/colour' },
  { name: 'a workspace of the caller\'s choosing', target: CREATE, send: { json: { ...connectorBody, workspace_id: 'x' } }, ...invalid, pointer: '/workspace_id' },
  { name: 'a missing name', target: CREATE, send: { json: { steps: [step()] } }, ...invalid, pointer: '/name' },
  { name: 'an empty name', target: CREATE, send: { json: { ...connectorBody, name: '  ' } }, ...invalid, pointer: '/name' },
  { name: 'no steps', target: CREATE, send: connector(), ...invalid, pointer: '/steps' },
  { name: 'too many steps', target: CREATE, send: connector(...Array.from({ length: 101 }, (_, i) => step({ name: `s${i}` }))), ...invalid, pointer: '/steps' },
  { name: 'a bad step name', target: CREATE, send: connector(step({ name: 'One' })), ...invalid, pointer: '/steps/0/name' },
  { name: 'a step name used twice', target: CREATE, send: connector(step(), step()), ...invalid, pointer: '/steps/1/name' },
  { name: 'a method that is not HTTP\'s', target: CREATE, send: connector(step({ request: { ...request, method: 'CONNECT' } })), ...invalid, pointer: '/steps/0/request/method' },
  { name: 'an unknown body type', target: CREATE, send: connector(step({ request: { ...request, body: { type: 'yaml' } } })), ...invalid, pointer: '/steps/0/request/body/type' },
  { name: 'a timeout beyond the limit', target: CREATE, send: connector(step({ timeout_ms: 120_001 })), ...invalid, pointer: '/steps/0/timeout_ms' },
  { name: 'a reference to an unknown step', target: CREATE, send: connector(step({ request: { url: 'https://api.example.com/{{steps.nope.id}}' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a reference to a later step', target: CREATE, send: connector(step({ condition: 'steps.two.ok' }), step({ name: 'two' })), ...invalid, pointer: '/steps/0/condition' },
  { name: 'a reference to an unknown step in the output', target: CREATE, send: { json: { ...connector(step()).json, output: { a: ['{{steps.nope}}'] } } }, ...invalid, pointer: '/output/a/0' },
  { name: 'an expression that does not parse', target: CREATE, send: connector(step({ condition: 'input. = 1' })), ...invalid, pointer: '/steps/0/condition' },
  { name: 'an expression that is not closed', target: CREATE, send: connector(step({ request: { url: 'https://api.example.com/{{input.a' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a file: URL', target: CREATE, send: connector(step({ request: { url: 'file:///etc/passwd' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'loopback', target: CREATE, send: connector(step({ request: { url: 'http://localhost/' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a port that is not permitted', target: CREATE, send: connector(step({ request: { url: 'https://api.example.com:22/' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a private address', target: CREATE, send: connector(step({ request: { url: 'http://10.0.0.1/' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a metadata address', target: CREATE, send: connector(step({ request: { url: 'http://169.254.169.254/latest/' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'a private address in a disguise', target: CREATE, send: connector(step({ request: { url: 'http://[::ffff:10.0.0.1]/' } })), ...invalid, pointer: '/steps/0/request/url' },
  { name: 'an input schema that is none', target: CREATE, send: { json: { ...connectorBody, input_schema: { type: 'strnig' } } }, ...invalid, pointer: '/input_schema/type' },
  { name: 'a credential that is not stored', target: CREATE, send: connector(step({ request: { ...request, auth: { credential: 'nobody' } } })), status: 422, code: 'unknown_credential', pointer: '/steps/0/request/auth/credential' },
  { name: 'a credential that is not stored, in an expression', target: CREATE, send: connector(step({ request: { ...request, headers: { 'X-Key': '{{workspace.nobody.key}}' } } })), status: 422, code: 'unknown_credential', pointer: '/steps/0/request/headers/X-Key' },
  { name: 'a patch without fields', target: UPDATE, send: { json: {} }, ...invalid, pointer: '' },
  { name: 'a patch of counters', target: UPDATE, send: { json: { success_count: 1_000_000 } }, ...invalid, pointer: '/success_count' },
  { name: 'a patch to an unknown step reference', target: UPDATE, send: { json: { output: '{{steps.nope.id}}' } }, ...invalid, pointer: '/output' },
  { name: 'a patch to a credential that is not stored', target: UPDATE, send: { json: { steps: [step({ name: 'lookup', request: { ...request, auth: { credential: 'nobody' } } })] } }, status: 422, code: 'unknown_credential', pointer: '/steps/0/request/auth/credential' },

  // Executions.
  { name: 'an input without a required field', target: EXECUTE, send: { json: { input: {} } }, ...invalid, pointer: '/input/phone' },
  { name: 'an input of another type', target: EXECUTE, send: { json: { input: { phone: 4930 } } }, ...invalid, pointer: '/input/phone' },
  { name: 'an input that is no object', target: EXECUTE, send: { json: { input: [] } }, ...invalid, pointer: '/input' },
  { name: 'an execution of a chosen version', target: EXECUTE, send: { json: { ...executeBody, version: 1 } }, ...invalid, pointer: '/version' },

  // Credentials.
  { name: 'a service name with a slash', target: STORE, send: credential({ service_name: 'a/b' }), ...invalid, pointer: '/service_name' },
  { name: 'a credential bound to no host', target: STORE, send: credential({ allowed_hosts: [] }), ...invalid, pointer: '/allowed_hosts' },
  { name: 'a credential bound to a URL', target: STORE, send: credential({ allowed_hosts: ['ok.example.com', 'https://x.example.com'] }), ...invalid, pointer: '/allowed_hosts/1' },
  { name: 'a credential bound to every host', target: STORE, send: credential({ allowed_hosts: ['*'] }), ...invalid, pointer: '/allowed_hosts/0' },
  { name: 'a credential of an unknown type', target: STORE, send: credential({ type: 'oauth9' }), ...invalid, pointer: '/type' },
  { name: 'an empty secret', target: STORE, send: credential({ fields: { api_key: '' } }), ...invalid, pointer: '/fields/api_key' },
  { name: 'a secret too many', target: STORE, send: credential({ fields: { api_key: 'x', extra: 'y' } }), ...invalid, pointer: '/fields/extra' },
  { name: 'a placement with a header injection', target: STORE, send: credential({ placement: { in: 'header', name: 'X\r\nY' } }), ...invalid, pointer: '/placement/name' },
  { name: 'a service name in a path', target: 'DELETE /api/v1/workspace/credentials/A.B', ...unread, pointer: '#path/service_name' },

  // Members and workspaces.
  { name: 'a role that does not exist', target: (ids) => `POST /api/v1/workspaces/${ids.workspace}/members`, send: { json: { user_id: '018f0000-0000-7000-8000-000000000000', role: 'root' } }, ...invalid, pointer: '/role' },
  { name: 'a user that does not exist', target: (ids) => `POST /api/v1/workspaces/${ids.workspace}/members`, send: { json: { user_id: '018f0000-0000-7000-8000-000000000000', role: 'viewer' } }, status: 422, code: 'unknown_user', pointer: '/user_id' },
  { name: 'a member added twice', target: (ids) => `POST /api/v1/workspaces/${ids.workspace}/members`, send: { json: { user_id: '$viewer', role: 'viewer' } }, status: 409, code: 'member_exists' },
  { name: 'the last owner\'s demotion', target: (ids) => `PATCH /api/v1/workspaces/${ids.workspace}/members/${ids.owner.id}`, send: { json: { role: 'viewer' } }, status: 409, code: 'last_owner' },
  { name: 'the last owner\'s removal', target: (ids) => `DELETE /api/v1/workspaces/${ids.workspace}/members/${ids.owner.id}`, status: 409, code: 'last_owner' },
  { name: 'a workspace without a name', target: 'POST /api/v1/workspaces', send: { json: {} }, ...invalid, pointer: '/name' },

  // Paths, queries, headers.
  { name: 'an id that is none', target: 'GET /api/v1/connectors/42', ...unread, pointer: '#path/id' },
  { name: 'an id with a quote', target: "GET /api/v1/executions/'or'1", ...unread, pointer: '#path/id' },
  { name: 'a limit of 0', target: 'GET /api/v1/connectors?limit=0', ...unread, pointer: '#query/limit' },
  { name: 'a limit of 101', target: 'GET /api/v1/connectors?limit=101', ...unread, pointer: '#query/limit' },
  { name: 'a negative limit', target: 'GET /api/v1/executions?limit=-1', ...unread, pointer: '#query/limit' },
  { name: 'a limit in words', target: 'GET /api/v1/workspaces?limit=ten', ...unread, pointer: '#query/limit' },
  { name: 'a limit given twice', target: 'GET /api/v1/connectors?limit=1&limit=2', ...unread, pointer: '#query/limit' },
  { name: 'a cursor that is none', target: 'GET /api/v1/connectors?cursor=abc', ...unread, pointer: '#query/cursor' },
  { name: 'an empty cursor', target: 'GET /api/v1/connectors?cursor=', ...unread, pointer: '#query/cursor' },
  { name: 'a NUL in a filter', target: 'GET /api/v1/audit-log?entity_id=%00', ...unread, pointer: '#query/entity_id' },
  { name: 'a NUL in a search', target: 'GET /api/v1/connector-templates?search=a%00b', ...unread, pointer: '#query/search' },
  { name: 'a status that does not exist', target: 'GET /api/v1/executions?status=done', ...unread, pointer: '#query/status' },
  { name: 'a connector filter that is no id', target: 'GET /api/v1/executions?connector_id=x', ...unread, pointer: '#query/connector_id' },
  { name: 'a workspace header that is no id', target: 'GET /api/v1/connectors', send: { workspace: 'acme' }, ...unread, pointer: '#header/X-Workspace-Id' },
  { name: 'an unknown route', target: 'GET /api/v1/nothing', status: 404, code: 'not_found' },
  { name: 'an unknown route below a known one', target: 'GET /api/v1/connectors/018f0000-0000-7000-8000-000000000000/nothing', status: 404, code: 'not_found' },
  { name: 'a method that is not allowed', target: 'PUT /api/v1/connectors', send: { json: {} }, status: 405, code: 'method_not_allowed' },
];

describe('bad input', () => {
  let ours: Fixture;
  beforeAll(async () => {
    ours = await newFixture();
  });

  async function send({ target, send = {} }: BadInput): Promise<Answer> {
    const json = JSON.stringify(send.json)?.replace('$viewer', ours.viewer.id);
    return call(typeof target === 'string' ? target : target(ours), {
      token: ours.owner.token,
      workspace: ours.workspace,
      ...send,
      ...(json === undefined ? {} : { json: JSON.parse(json) }),
    });
  }

  it.each(CASES)('is told apart, and nothing is written: $name', async (entry) => {
    const before = await databaseState();
    const problem = problemIn(await send(entry));
    expect(problem).toMatchObject({ status: entry.status, code: entry.code });
    expect(problem.type).toBe(`urn:patchbay:problem:${entry.code}`);
    if (entry.pointer !== undefined) {
      expect(problem.errors?.map(({ pointer }) => pointer)).toContain(entry.pointer);
    }
    expect(await databaseState()).toEqual(before);
  });

  it('of a wrong method is told which ones are allowed', async () => {
    const answer = await call('DELETE /api/v1/workspace/credentials', { token: ours.owner.token });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
  });

  it('is not what a body of exactly the limit is', async () => {
    const start = JSON.stringify({ ...executeBody, input: { phone: '' } }).slice(0, -3);
    const raw = `${start}${'1'.repeat(MIB - start.length - 3)}"}}`;
    expect(raw).toHaveLength(MIB);
    const answer = await call(EXECUTE(ours), { token: ours.owner.token, workspace: ours.workspace, raw });
    expect(answer.status).toBe(202);
  });

  it('never comes back in the answer, not even in part', async () => {
    const secret = 'canary-4f1d88e0';
    const bodies = [
      { ...credentialBody, fields: { token: secret } },
      { ...credentialBody, fields: { api_key: { value: secret } } },
      { ...credentialBody, type: secret },
    ];
    for (const json of bodies) {
      const answer = await call(STORE, { token: ours.owner.token, workspace: ours.workspace, json });
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
    const cut = await call(STORE, {
      token: ours.owner.token,
      workspace: ours.workspace,
      raw: `{"fields":{"token":"${secret}`,
    });
    expect(cut.status).toBe(400);
    expect(JSON.stringify(cut.body)).not.toContain(secret);
  });
});
