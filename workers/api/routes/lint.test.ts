import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, problemIn } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';

const URL = 'https://api.example.com/v1';
const LINT = 'POST /api/v1/connectors/lint';

let world: Fixture;
beforeAll(async () => {
  world = await newFixture();
});
const lint = (json: object) => call(LINT, { token: world.viewer.token, workspace: world.workspace, json });

describe('a definition that is not stored', () => {
  it('gets hints, nested steps included, and stays unstored', async () => {
    const before = await databaseState();
    const answer = await lint({
      steps: [
        { name: 'g', steps: [{ name: 'a', request: { url: 'http://api.example.com/' } }] },
        { name: 'b', request: { url: URL } },
      ],
      output: '{{steps.b.body}}',
    });
    expect(answer.status).toBe(200);
    expect(dataIn(answer)).toEqual({
      errors: [],
      hints: [
        expect.objectContaining({ code: 'plain_http', pointer: '/steps/0/steps/0/request/url' }),
        expect.objectContaining({ code: 'unused_step', pointer: '/steps/0/steps/0' }),
      ],
    });
    expect(await databaseState()).toEqual(before);
  });

  it('gets its errors as data, and no hints then', async () => {
    const answer = await lint({ steps: [{ name: 'a', request: { url: 'http://{{steps.b.x}}/' } }] });
    expect(answer.status).toBe(200);
    expect(dataIn(answer)).toEqual({
      errors: [{ pointer: '/steps/0/request/url', detail: 'the step "b" does not exist' }],
      hints: [],
    });
  });

  it('is told which credentials are not stored, at each place', async () => {
    const steps = [
      { name: 'a', request: { url: URL, auth: { credential: 'numverify' } } },
      { name: 'b', request: { url: URL, headers: { 'X-A': '{{workspace.never_stored.key}}' } } },
    ];
    const answer = await lint({ steps, output: ['{{steps.a.body}}', '{{steps.b.body}}'] });
    expect(dataIn(answer)).toEqual({
      errors: [
        {
          pointer: '/steps/1/request/headers/X-A',
          detail: 'no credential is stored for never_stored',
        },
      ],
      hints: [],
    });
  });

  it('may have a name, or none', async () => {
    const steps = [{ name: 'a', request: { url: URL } }];
    const output = '{{steps.a.body}}';
    for (const json of [
      { steps, output },
      { name: 'N', description: 'D', steps, output },
    ])
      expect(dataIn(await lint(json))).toEqual({ errors: [], hints: [] });
  });

  it('that does not fit the schema is 422', async () => {
    const answer = await lint({ steps: [{ name: 'A b', request: {} }] });
    expect(problemIn(answer)).toMatchObject({ status: 422, code: 'validation_failed' });
  });

  it('is refused to a made-up API key like everything else', async () => {
    const token = `pbk_${'a'.repeat(22)}_${'b'.repeat(43)}`;
    const steps = [{ name: 'a', request: { url: URL } }];
    expect((await call(LINT, { token, workspace: world.workspace, json: { steps } })).status).toBe(401);
  });
});

describe('a stored connector', () => {
  it('is checked as it is stored', async () => {
    const as = { token: world.owner.token, workspace: world.workspace };
    const steps = [{ name: 'a', request: { method: 'POST', url: URL }, retry: {} }];
    const made = await call('POST /api/v1/connectors', {
      ...as,
      json: { name: 'Linted', steps, output: '{{steps.a.body}}' },
    });
    const { id } = dataIn(made);
    expect(dataIn(await call(`GET /api/v1/connectors/${id}/lint`, as))).toEqual({
      errors: [],
      hints: [expect.objectContaining({ code: 'repeated_write', pointer: '/steps/0/retry' })],
    });
  });
});
