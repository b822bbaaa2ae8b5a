import { describe, expect, it } from 'vitest';
import { call } from '../../test/api.ts';
import { exampleIdsOf, saasAdmin } from '../../test/example-fixture.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';
import { plannedRequest, replaceIds } from '../../test/requests.ts';
import { examplesOf, type Operation, type RequestExample, usualStatus } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';

interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly example: RequestExample | undefined;
  readonly status: number;
}

const CASES = OPERATIONS.flatMap((operation): Case[] => {
  const usual = usualStatus(operation);
  const examples = examplesOf(operation);
  if (examples.length === 0) {
    return [{ name: operation.operationId, operation, example: undefined, status: usual }];
  }
  return examples.map(([name, example]) => ({
    name: `${operation.operationId}, ${name}`,
    operation,
    example,
    status: example.answers ?? usual,
  }));
});

/** Every query parameter that has an example, one at a time. */
const QUERIES = OPERATIONS.flatMap((operation) =>
  Object.entries(operation.query?.about ?? {}).map(([name, { example, along }]) => ({
    name: `${operation.operationId}, ${name}=${example}`,
    operation,
    query: `?${new URLSearchParams({ [name]: String(example), ...along })}`,
  })),
);

const PLAIN: RequestExample = { summary: 'Nothing else' };

describe('the examples of the reference', () => {
  let users: Fixture | undefined;
  const freshFixture = async () => {
    users ??= await newFixture();
    return newFixture(users);
  };
  const callerOf = async ({ access }: Operation, { owner, workspace }: Fixture) => {
    if (access === 'public') return {};
    return { token: access === 'saas_admin' ? (await saasAdmin()).token : owner.token, workspace };
  };

  it.each(CASES)('are answered as they say: $name', async ({ operation, example, status }) => {
    const fixture = await freshFixture();
    const { target, send } = plannedRequest(operation, await exampleIdsOf(fixture, operation), example);
    const answer = await call(target, { ...(await callerOf(operation, fixture)), ...send });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  });

  it.each(QUERIES)('of parameters are answered with success: $name', async ({ operation, query }) => {
    users ??= await newFixture();
    const fixture = operation.method === 'get' ? users : await freshFixture();
    const ids = await exampleIdsOf(fixture, operation);
    const { target } = plannedRequest(operation, ids, PLAIN);
    const answer = await call(target + replaceIds(query, ids), await callerOf(operation, fixture));
    expect(answer.status, JSON.stringify(answer.body)).toBe(usualStatus(operation));
  });
});
