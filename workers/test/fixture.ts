import { call, dataIn, idIn, newWorkspace, signUp, sql, type User } from './api.ts';

/** A workspace with one of everything, and a user in each role. */
export interface Fixture {
  readonly workspace: string;
  readonly owner: User;
  readonly admin: User;
  readonly editor: User;
  readonly viewer: User;
  readonly connector: string;
  readonly execution: string;
  readonly service: string;
}

export const SERVICE = 'numverify';

export const credentialBody = {
  service_name: SERVICE,
  type: 'api_key',
  fields: { api_key: 'canary-2b7e151628aed2a6' },
  placement: { in: 'query', name: 'access_key' },
  allowed_hosts: ['api.example.com'],
};

export const connectorBody = {
  name: 'Enrich a lead',
  input_schema: { type: 'object', required: ['phone'], properties: { phone: { type: 'string' } } },
  steps: [
    {
      name: 'lookup',
      request: {
        url: 'https://api.example.com/validate',
        query: { number: '{{input.phone}}' },
        auth: { credential: SERVICE },
      },
      response: { map: { country: 'body.country_code' } },
    },
  ],
  output: { country: '{{steps.lookup.country}}' },
};

export const executeBody = { input: { phone: '+49 30 1234567' } };

type Users = Pick<Fixture, 'owner' | 'admin' | 'editor' | 'viewer'>;

async function newUsers(): Promise<Users> {
  const [owner, admin, editor, viewer] = await Promise.all([
    signUp('owner'),
    signUp('admin'),
    signUp('editor'),
    signUp('viewer'),
  ]);
  return { owner, admin, editor, viewer };
}

/** A workspace of its own; its users may have others, since signing up is what takes time. */
export async function newFixture(users?: Users): Promise<Fixture> {
  const { owner, ...others } = users ?? (await newUsers());
  const { admin, editor, viewer } = others;
  const workspace = await newWorkspace(owner);
  const as = { token: owner.token, workspace };
  for (const [role, { id }] of Object.entries({ admin, editor, viewer })) {
    dataIn(
      await call(`POST /api/v1/workspaces/${workspace}/members`, { ...as, json: { user_id: id, role } }),
    );
  }
  dataIn(await call('POST /api/v1/workspace/credentials', { ...as, json: credentialBody }));
  const connector = idIn(await call('POST /api/v1/connectors', { ...as, json: connectorBody }));
  const execution = idIn(
    await call(`POST /api/v1/connectors/${connector}/execute`, { ...as, json: executeBody }),
  );
  return { workspace, owner, admin, editor, viewer, connector, execution, service: SERVICE };
}

/** A platform operator, who belongs to no workspace. */
export async function newSaasAdmin(): Promise<User> {
  const user = await signUp('operator');
  await sql('insert into public.saas_admin_users (user_id) values ($1)', user.id);
  return user;
}
