/**
 * The access matrix, made of the routes' own metadata: every route × every kind of caller gives the status that the
 * metadata declares. A route without metadata fails in openapi/document.test.ts.
 */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { call, dataIn, problemIn, roundTrips, signUp, type User } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { exampleIdsOf, saasAdmin } from '../../test/example-fixture.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';
import { firstExample, type PlannedRequest, plannedRequest } from '../../test/requests.ts';
import { createApp } from '../app.ts';
import { EXAMPLE_IDS, type ExampleIds } from '../openapi/example-ids.ts';
import { type Access, type Operation, usualStatus } from '../openapi/operation.ts';
import { OPERATIONS } from '../openapi/operations/index.ts';

const ROLES = ['viewer', 'editor', 'admin', 'owner'] as const;
const SCOPES = ['read', 'execute', 'write', 'admin'] as const;
type Caller =
  | (typeof ROLES)[number]
  | 'outsider'
  | 'removed'
  | 'saas_admin'
  | `key:${(typeof SCOPES)[number]}`;

/** Who reaches what: each caller has a rank, and each route asks for one. */
const RANK: Record<Exclude<Access, 'public' | 'user' | 'saas_admin'>, number> = {
  viewer: 1,
  executor: 2,
  editor: 3,
  admin: 4,
  owner: 5,
};
const RANK_OF_SCOPE = { read: 1, execute: 2, write: 3, admin: 4 };

const isRole = (caller: Caller): caller is (typeof ROLES)[number] => ROLES.some((role) => role === caller);
const scopeOf = (caller: Caller) => SCOPES.find((scope) => caller === `key:${scope}`);

/** What the metadata say of a caller: a status, or `ok` for the usual success. */
function declared({ access, apiKeys }: Operation, caller: Caller): 'ok' | 403 | 404 {
  const scope = scopeOf(caller);
  if (access === 'public') return 'ok';
  if (access === 'saas_admin') return caller === 'saas_admin' ? 'ok' : 403;
  if (scope !== undefined) {
    if (!apiKeys) return 403;
    return access === 'user' || RANK_OF_SCOPE[scope] >= RANK[access] ? 'ok' : 403;
  }
  if (access === 'user') return 'ok';
  if (!isRole(caller)) return 404;
  return RANK[caller] >= RANK[access] ? 'ok' : 403;
}

const CALLERS: Caller[] = [
  ...ROLES,
  'outsider',
  'removed',
  'saas_admin',
  ...SCOPES.map((scope): Caller => `key:${scope}`),
];

/** Round trips to the database where it takes more than one: a write that must read first. */
const ROUND_TRIPS: Readonly<Record<string, number>> = {
  importCurl: 0,
  exportCurl: 0,
  updateConnector: 2,
  executeConnector: 2,
  testConnector: 2,
  replayExecution: 2,
  createBatch: 2,
  updateCredential: 2,
  publishTemplate: 2,
};

const isWrite = ({ method }: Operation) => method !== 'get';
const guarded = OPERATIONS.filter(({ access }) => access !== 'public');

interface World extends Fixture {
  readonly tokens: Readonly<Record<Caller, string>>;
}

let outsider: User;

async function worldOf(fixture: Fixture): Promise<World> {
  const as = { token: fixture.owner.token, workspace: fixture.workspace };
  const tokens = new Map<Caller, string>();
  for (const role of ROLES) tokens.set(role, fixture[role].token);
  for (const scope of SCOPES) tokens.set(`key:${scope}`, await newKey(fixture, scope));
  const removed = await signUp('removed');
  const members = `/api/v1/workspaces/${fixture.workspace}/members`;
  await call(`POST ${members}`, { ...as, json: { user_id: removed.id, role: 'admin' } });
  expect((await call(`DELETE ${members}/${removed.id}`, as)).status).toBe(204);
  tokens.set('removed', removed.token);
  tokens.set('outsider', outsider.token);
  tokens.set('saas_admin', (await saasAdmin()).token);
  return { ...fixture, tokens: Object.fromEntries(tokens) as Record<Caller, string> };
}

/** A write that succeeds can only be made once: a workspace of its own, with the same users and a key if one calls. */
async function freshFor(world: World, caller: Caller): Promise<World> {
  const fixture = await newFixture(world);
  const scope = scopeOf(caller);
  if (scope === undefined) return { ...fixture, tokens: world.tokens };
  return { ...fixture, tokens: { ...world.tokens, [caller]: await newKey(fixture, scope) } };
}

async function newKey({ owner, workspace }: Fixture, scope: string): Promise<string> {
  const as = { token: owner.token, workspace };
  const made = await call('POST /api/v1/api-keys', { ...as, json: { name: scope, scope } });
  return z.string().parse(dataIn(made).key);
}

/** A viewer may leave: for their own calls, the member of the examples is somebody else. */
function requestBy(caller: Caller, operation: Operation, fixture: Fixture, ids: ExampleIds): PlannedRequest {
  return plannedRequest(operation, caller === 'viewer' ? { ...ids, member: fixture.editor.id } : ids);
}

describe('every route', () => {
  let world: World;
  let theirs: Fixture;
  beforeAll(async () => {
    outsider = await signUp('outsider');
    world = await worldOf(await newFixture());
    theirs = await newFixture();
  });

  /** Two hours from now, when every token of these tests has expired. */
  const later = createApp({
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now() + 2 * 60 * 60 * 1000,
    sleep: async () => {},
    log: () => {},
  });

  describe.each(guarded)('$method $path', (operation) => {
    it('answers 401 without a token and to any that is not good, asking the database nothing', async () => {
      const { target, send } = plannedRequest(operation, await exampleIdsOf(world, operation));
      const { token } = world.owner;
      const before = await roundTrips();
      const bad: [string, string | undefined][] = [
        ['none', undefined],
        ['forged', `${token.slice(0, -8)}AAAAAAAA`],
        ['unsigned', `${token.split('.').slice(0, 2).join('.')}.`],
        ['the anon key', env.SUPABASE_PUBLISHABLE_KEY],
        ['the secret key', env.TEST_SECRET_KEY],
        ['a malformed API key', 'pbk_x'],
      ];
      for (const [name, presented] of bad) {
        const answer = await call(target, { token: presented, workspace: world.workspace, ...send });
        expect(problemIn(answer), name).toMatchObject({ status: 401, code: 'unauthenticated' });
        expect(answer.headers.get('www-authenticate'), name).toBe(
          presented === undefined ? 'Bearer' : 'Bearer error="invalid_token"',
        );
      }
      expect(await roundTrips()).toBe(before);
    });

    it('answers 401 to a token that has expired', async () => {
      const [method = '', path = ''] = plannedRequest(operation, EXAMPLE_IDS).target.split(' ');
      const request = new Request(`https://api.test${path}`, {
        method,
        headers: { authorization: `Bearer ${world.owner.token}` },
      });
      const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
      expect((await later.fetch(request, env, context)).status).toBe(401);
    });

    const denied = CALLERS.filter((caller) => declared(operation, caller) !== 'ok');
    if (denied.length > 0) {
      it('refuses whom its metadata refuse, and changes nothing', async () => {
        const ids = await exampleIdsOf(world, operation);
        const before = await databaseState();
        const statuses: Record<string, number> = {};
        for (const caller of denied) {
          const { target, send } = requestBy(caller, operation, world, ids);
          const answer = await call(target, {
            token: world.tokens[caller],
            workspace: world.workspace,
            ...send,
          });
          const { code } = problemIn(answer);
          if (answer.status === 404) expect(code, caller).toBe('workspace_not_found');
          if (answer.status === 403) expect(code, caller).toBe('forbidden');
          statuses[caller] = answer.status;
        }
        expect(statuses).toEqual(
          Object.fromEntries(denied.map((caller) => [caller, declared(operation, caller)])),
        );
        expect(await databaseState()).toEqual(before);
      });
    }

    const allowed = CALLERS.filter((caller) => declared(operation, caller) === 'ok');
    it(`serves whom its metadata serve: ${allowed.join(', ')}`, async () => {
      const expected = firstExample(operation)?.answers ?? usualStatus(operation);
      let ids: ExampleIds | undefined;
      for (const caller of allowed) {
        const fixture = isWrite(operation) ? await freshFor(world, caller) : world;
        const scope = scopeOf(caller);
        if (fixture !== world || ids === undefined) ids = await exampleIdsOf(fixture, operation);
        const { target, send } = requestBy(caller, operation, fixture, ids);
        const before = await roundTrips();
        const answer = await call(target, {
          token: fixture.tokens[caller],
          ...(isMemberCall(operation, caller) ? { workspace: fixture.workspace } : {}),
          ...send,
        });
        expect(answer.status, `${caller} ${JSON.stringify(answer.body)}`).toBe(expected);
        if (scope === undefined)
          expect((await roundTrips()) - before).toBe(ROUND_TRIPS[operation.operationId] ?? 1);
      }
    });

    const foreign = foreignIdsIn(operation);
    if (foreign.length > 0) {
      it(`answers 404 to another workspace's ${foreign.join(', ')} in one's own workspace`, async () => {
        const ids = await exampleIdsOf(theirs, operation);
        const { target, send } = plannedRequest(operation, { ...ids, workspace: world.workspace });
        const before = await databaseState();
        const answer = await call(target, {
          token: world.owner.token,
          workspace: world.workspace,
          ...send,
        });
        const problem = problemIn(answer);
        expect(problem.status).toBe(404);
        expect(operation.problems).toContain(problem.code);
        expect(await databaseState()).toEqual(before);
      });
    }

    if (operation.access !== 'user' && operation.access !== 'saas_admin') {
      it('tells a workspace of others from none in no way', async () => {
        const ids = await exampleIdsOf(world, operation);
        const missing = '018f0000-0000-7000-8000-000000000000';
        const problems = [];
        for (const workspace of [world.workspace, missing]) {
          const { target, send } = plannedRequest(operation, { ...ids, workspace });
          const answer = await call(target, { token: outsider.token, workspace, ...send });
          problems.push({ ...problemIn(answer), requestId: '' });
        }
        expect(problems[0]).toEqual(problems[1]);
      });
    }
  });
});

/** Somebody who is no member would be told so of the workspace that they name. */
function isMemberCall({ access }: Operation, caller: Caller): boolean {
  return access !== 'user' && access !== 'saas_admin' && (isRole(caller) || scopeOf(caller) !== undefined);
}

/** The kinds of ids in the path that belong to one workspace. */
function foreignIdsIn({ params, access }: Operation): string[] {
  if (access === 'saas_admin') return [];
  const examples = Object.values(params?.about ?? {}).map(({ example }) => example);
  return (
    [
      'connector',
      'installedConnector',
      'execution',
      'failedExecution',
      'batch',
      'circuit',
      'member',
      'apiKey',
    ] as const
  ).filter((kind) => examples.includes(EXAMPLE_IDS[kind]));
}
