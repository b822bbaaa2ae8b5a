/** What another workspace's user can reach of a workspace's things: nothing, by the API or around it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, newClient } from './support/client.ts';
import { SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
let alice: Client;
let bob: Client;
let connectorId: string;
let executionId: string;

beforeAll(async () => {
  stack = await startTestStack();
  alice = await newClient(stack);
  bob = await newClient(stack);
  await alice.data(201, 'POST', '/api/v1/workspace/credentials', {
    service_name: 'phone',
    type: 'bearer',
    fields: { token: 'example-company-token' },
    allowed_hosts: [new URL(stack.example.url).host],
  });
  const connector = await alice.createConnector({
    name: 'Notes',
    steps: [
      {
        name: 'company',
        request: { url: `${stack.example.url}/companies/a.example`, auth: { credential: 'phone' } },
        retry: { max_attempts: 3, base_ms: 10, max_ms: 50 },
      },
    ],
    output: { name: '{{steps.company.body.name}}' },
    contact_mapping: { match: ['company'], fields: { company: '{{steps.company.body.name}}' } },
  });
  connectorId = connector.id;
  executionId = (await alice.execute(connectorId)).id;
  expect(await alice.ended(executionId, 20 * SECOND)).toMatchObject({ status: 'succeeded' });
});
afterAll(async () => {
  await stack?.close();
});

describe("another workspace's user", () => {
  it.each([
    ['GET', '/api/v1/connectors/:connector'],
    ['PATCH', '/api/v1/connectors/:connector', { name: 'Mine now' }],
    ['DELETE', '/api/v1/connectors/:connector'],
    ['POST', '/api/v1/connectors/:connector/execute', { input: {} }],
    ['GET', '/api/v1/connectors/:connector/executions'],
    ['GET', '/api/v1/connectors/:connector/stats'],
    ['GET', '/api/v1/executions/:execution'],
    ['POST', '/api/v1/executions/:execution/cancel'],
    ['DELETE', '/api/v1/workspace/credentials/phone'],
    ['GET', '/api/v1/workspaces/:workspace'],
    ['GET', '/api/v1/workspaces/:workspace/members'],
  ])('gets the answer of a thing that does not exist: %s %s', async (method, path, body?: unknown) => {
    const of = (connector: string, execution: string, workspace: string) =>
      path.replace(':connector', connector).replace(':execution', execution).replace(':workspace', workspace);
    const missing = '01900000-0000-7000-8000-000000000000';
    const foreign = await bob.call(method, of(connectorId, executionId, alice.workspaceId), body);
    const none = await bob.call(method, of(missing, missing, missing), body);
    expect(foreign.status).toBe(404);
    const { requestId: _one, ...seen } = Object(foreign.body);
    const { requestId: _other, ...expected } = Object(none.body);
    expect(seen).toEqual(expected);
  });

  it('cannot name the workspace in the header', async () => {
    for (const path of [
      `/api/v1/connectors/${connectorId}`,
      '/api/v1/connectors',
      '/api/v1/workspace/credentials',
    ]) {
      const answer = await bob.call('GET', path, undefined, { 'x-workspace-id': alice.workspaceId });
      expect(answer.status, path).toBe(404);
    }
  });

  it.each([
    'connectors',
    'connector_versions',
    'connector_executions',
    'connector_step_runs',
    'contacts',
    'audit_log',
    'workspace_members',
  ])('finds no row of %s directly, where its own user does', async (table) => {
    const own = await alice.supabase.from(table).select('workspace_id').eq('workspace_id', alice.workspaceId);
    expect(own.data?.length, own.error?.message).toBeGreaterThan(0);
    const foreign = await bob.supabase
      .from(table)
      .select('workspace_id')
      .eq('workspace_id', alice.workspaceId);
    expect(foreign.error).toBeNull();
    expect(foreign.data).toEqual([]);
  });

  it('changed nothing', async () => {
    expect(await alice.data(200, 'GET', `/api/v1/connectors/${connectorId}`)).toMatchObject({
      name: 'Notes',
      version: 1,
      success_count: 1,
    });
    expect(await alice.data(200, 'GET', '/api/v1/workspace/credentials/check/phone')).toMatchObject({
      exists: true,
    });
  });
});
