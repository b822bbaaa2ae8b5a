/** Every POST of the API under an Idempotency-Key, made of the routes' own metadata, so that a new one is held to it. */
import { beforeAll, expect, it } from 'vitest';
import { call, problemIn } from '../../test/api.ts';
import { exampleIdsOf, saasAdmin } from '../../test/example-fixture.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';
import { firstExample, plannedRequest } from '../../test/requests.ts';
import { usualStatus } from '../openapi/operation.ts';
import { OPERATIONS } from '../openapi/operations/index.ts';

/**
 * They write nothing in the database here: a task does the work, and starting it again does no harm, or the example has
 * nothing to upgrade.
 */
const WITHOUT_WRITE: ReadonlySet<string> = new Set([
  'testCredential',
  'importCurl',
  'exportCurl',
  'lintDefinition',
  'startKeyRotation',
  'upgradeConnector',
]);

const posts = OPERATIONS.filter(({ method, access }) => method === 'post' && access !== 'public');

let users: Fixture;
beforeAll(async () => {
  users = await newFixture();
});

it('covers the writes that there are', () => {
  expect(posts.length).toBeGreaterThan(10);
});

it.each(posts)(
  '$path happens once, answers the same again, and refuses another request',
  async (operation) => {
    const fixture = await newFixture(users);
    const { token } = operation.access === 'saas_admin' ? await saasAdmin() : fixture.owner;
    const { target, send } = plannedRequest(operation, await exampleIdsOf(fixture, operation));
    const key = crypto.randomUUID();
    const post = (to: string) =>
      call(to, {
        token,
        ...(operation.access === 'user' || operation.access === 'saas_admin'
          ? {}
          : { workspace: fixture.workspace }),
        ...send,
        headers: { ...send.headers, 'idempotency-key': key },
      });
    const first = await post(target);
    expect(first.status, JSON.stringify(first.body)).toBe(
      firstExample(operation)?.answers ?? usualStatus(operation),
    );
    const again = await post(target);
    expect(again.status, JSON.stringify(again.body)).toBe(first.status);
    if (WITHOUT_WRITE.has(operation.operationId)) return;
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(problemIn(await post(`${target}?other=1`)).code).toBe('idempotency_key_reused');
  },
);
