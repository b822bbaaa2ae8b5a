import * as z from 'zod';
import { uuidv7 } from '../../core/ids.ts';
import { EXAMPLE_IDS, type ExampleIds } from '../api/openapi/example-ids.ts';
import type { Operation } from '../api/openapi/operation.ts';
import { call, dataIn, idIn, signUp, sql, type User } from './api.ts';
import { connectorBody, executeBody, type Fixture } from './fixture.ts';

const shared = new Map<string, Promise<User>>();

/** A user that tests of one file share. */
function sharedUser(name: string): Promise<User> {
  const known = shared.get(name) ?? signUp(name);
  shared.set(name, known);
  return known;
}

/** A SaaS admin who belongs to no workspace. */
export async function saasAdmin(): Promise<User> {
  const user = await sharedUser('saas-admin');
  await sql('insert into public.saas_admin_users (user_id) values ($1) on conflict do nothing', user.id);
  return user;
}

/** Makes what an operation's examples speak of, unless the fixture has it. */
const MADE: Partial<Record<keyof ExampleIds, (fixture: Fixture) => Promise<string>>> = {
  recordedExecution: async ({ owner, workspace, connector }) => {
    const as = { token: owner.token, workspace };
    const id = idIn(await call(`POST /api/v1/connectors/${connector}/execute`, { ...as, json: executeBody }));
    await sql(
      `insert into public.connector_step_runs
         (workspace_id, execution_id, step_index, step_name, attempt, fence, status, request)
       values ($1, $2, 0, 'lookup', 1, 1, 'running',
         '{"method":"GET","url":"https://api.example.com/validate?number=1&access_key=[redacted]","headers":{"X-A":"it''s"}}')`,
      workspace,
      id,
    );
    return id;
  },
  failedExecution: async ({ owner, workspace, connector }) => {
    const as = { token: owner.token, workspace };
    const id = idIn(await call(`POST /api/v1/connectors/${connector}/execute`, { ...as, json: executeBody }));
    await sql(
      `update public.connector_executions set status = 'failed', fence = 1, started_at = now(), finished_at = now(),
         error = '{"class":"upstream","code":"http_500","message":"The service answered 500.","step":"lookup"}' where id = $1`,
      id,
    );
    return id;
  },
  batch: async ({ owner, workspace, connector }) => {
    const as = { token: owner.token, workspace };
    const json = { items: [executeBody, executeBody] };
    return idIn(await call(`POST /api/v1/connectors/${connector}/batches`, { ...as, json }));
  },
  guest: async () => (await sharedUser('guest')).id,
  saasAdmin: async () => {
    const { id } = await signUp('second-saas-admin');
    await sql('insert into public.saas_admin_users (user_id) values ($1)', id);
    return id;
  },
  template: () => newTemplate(),
  installedTemplate: async (fixture) => (await installed(fixture)).template,
  installedConnector: async (fixture) => (await installed(fixture)).connector,
  slug: async () => `template-${crypto.randomUUID()}`,
  circuit: newCircuit,
  apiKey: async (fixture) => {
    const as = { token: fixture.owner.token, workspace: fixture.workspace };
    return idIn(await call('POST /api/v1/api-keys', { ...as, json: { name: 'Key', scope: 'read' } }));
  },
};

/** A circuit that is open, of calls without a credential. */
async function newCircuit({ workspace }: Fixture): Promise<string> {
  const id = uuidv7({ now: Date.now }, (length) => crypto.getRandomValues(new Uint8Array(length)));
  await sql(
    `insert into public.circuits (id, workspace_id, host, failures, opened_at, retry_at, open_ms)
     values ($1, $2, $3, 20, now(), now() + interval '1 hour', 30000)`,
    ...[id, workspace, `${id}.example.com`],
  );
  return id;
}

const TEMPLATES = '/api/v1/connector-templates';

/** A published template. */
async function newTemplate(): Promise<string> {
  const { token } = await saasAdmin();
  const { name: _, ...definition } = connectorBody;
  const name = `Template ${crypto.randomUUID()}`;
  const id = idIn(await call(`POST ${TEMPLATES}`, { token, json: { name, definition } }));
  dataIn(await call(`POST ${TEMPLATES}/${id}/publish`, { token }));
  return id;
}

/** A template that the fixture's workspace has installed. */
async function installed({ owner, workspace }: Fixture): Promise<{ template: string; connector: string }> {
  const template = await newTemplate();
  const as = { token: owner.token, workspace };
  const { connector } = dataIn(await call(`POST ${TEMPLATES}/${template}/install`, { ...as, json: {} }));
  return { template, connector: z.object({ id: z.string() }).parse(connector).id };
}

/** The ids of a fixture in the roles of the examples of an operation. */
export async function exampleIdsOf(fixture: Fixture, operation: Operation): Promise<ExampleIds> {
  const ids: Record<keyof ExampleIds, string> = {
    ...EXAMPLE_IDS,
    workspace: fixture.workspace,
    connector: fixture.connector,
    execution: fixture.execution,
    user: fixture.owner.id,
    member: fixture.viewer.id,
  };
  const text = JSON.stringify([operation.params?.about, operation.query?.about, operation.body?.examples]);
  for (const [name, make] of Object.entries(MADE) as [keyof ExampleIds, (f: Fixture) => Promise<string>][]) {
    if (text.includes(EXAMPLE_IDS[name])) ids[name] = await make(fixture);
  }
  return ids;
}
