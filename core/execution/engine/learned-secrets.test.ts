/** What a run learns to be secret stays secret: in failures, and for the runs that come after it. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../json/json.ts';
import { type Bench, bench, get, type TestCredential } from './testing/bench.ts';
import { json } from './testing/script-egress.ts';

const DECLARED = 'declared-by-the-author';
const crm: TestCredential = { type: 'custom', fields: { key: 'sk_live_abcdef' } };
const DERIVED = 'SK_LIVE_ABCDEF';

/** All that people may see of it. */
const seen = ({ execution, steps, log }: Bench) =>
  JSON.stringify([
    execution.end,
    steps.map(({ request, response, output, error }) => [request, response, output, error]),
    log,
  ]);

/** The process dies once so many rows have been committed; another one goes on. */
async function runDyingAfter(at: Bench, commits: number): Promise<void> {
  let left = commits;
  at.ledger.crossing = ({ fn, phase }) => {
    if (fn === 'commitStep' && phase === 'after') left -= 1;
    if (left <= 0) throw new Error('the process is gone');
  };
  await expect(at.run()).rejects.toThrow('gone');
  at.ledger.crossing = () => {};
  at.execution.leaseExpiresAt = 0;
  expect(await at.run({ owner: 'run_2' })).toMatchObject({ outcome: 'ended' });
}

describe('what the author of a step declared secret', () => {
  const redact = ['response.body.token'];
  const answer = () => json({ token: DECLARED });

  test('is hidden in the message of a failure, and where a later step reads the answer', async () => {
    const response = { error_when: [{ when: 'true', message: 'no token {{body.token}}' }] };
    const at = await bench({
      steps: [get('a', { redact, response, continue_on_error: true })],
      definition: { output: '{{steps.a.body.token}}' },
      answer,
    });
    await at.run();
    expect(at.execution.end?.output).toBe('[redacted]');
    expect(at.steps[0]?.error?.message).toBe('no token [redacted]');
    expect(seen(at)).not.toContain(DECLARED);
  });

  const loop = { items: '[1, 2]' };
  const pagination = { type: 'page', param: 'page', items: 'body.token', max_pages: 2 };
  test.each<[string, JsonObject, number, string]>([
    ['a step', get('a', { redact }), 1, 'a'],
    ['a step in a group', { name: 'group', steps: [get('a', { redact })] }, 2, 'a'],
    ['a loop in its middle', get('a', { redact, for_each: loop }), 1, 'a.results'],
    ['a loop', get('a', { redact, for_each: loop }), 3, 'a.results'],
    ['a loop over a group', { name: 'a', for_each: loop, steps: [get('b', { redact })] }, 3, 'a.results'],
    [
      'a finished loop over a group',
      { name: 'a', for_each: loop, steps: [get('b', { redact })] },
      5,
      'a.results',
    ],
    ['a list of pages', get('a', { redact, pagination: { ...pagination, max_pages: 1 } }), 2, 'a.items'],
  ])('is still hidden after a crash behind %s', async (_, step, commits, read) => {
    const at = await bench({
      steps: [step, get('last')],
      definition: { output: `{{steps.${read}}}` },
      answer: ({ url }) => (url.endsWith('/last') ? json({ echo: DECLARED }) : answer()),
    });
    await runDyingAfter(at, commits);
    expect(JSON.stringify(at.execution.end?.output)).toContain('[redacted]');
    expect(seen(at)).not.toContain(DECLARED);
  });
});

test('what an expression makes of a credential is still hidden after a crash behind the group that sent it', async () => {
  const url = 'https://api.example.com/a';
  const request = { method: 'GET', url, headers: { 'X-Key': '{{$uppercase(workspace.crm.key)}}' } };
  const at = await bench({
    credentials: { crm },
    steps: [{ name: 'group', steps: [{ name: 'a', request }] }, get('last')],
    definition: { output: '{{steps.a.body.echo}}' },
    answer: () => json({ echo: DERIVED }),
  });
  await runDyingAfter(at, 2);
  expect(at.execution.end?.output).toBe('[redacted]');
  expect(seen(at)).not.toContain(DERIVED);
});

test('a secret in the message of a failure is hidden before the message is cut', async () => {
  const token = 'tok-0123456789-abcdefghij';
  const error_when = [{ when: 'true', message: '{{body.text}}' }];
  for (const cut of [4, 12, 20]) {
    const at = await bench({
      credentials: { crm: { type: 'bearer', fields: { token } } },
      steps: [
        {
          name: 'a',
          request: { method: 'GET', url: 'https://api.example.com/a', auth: { credential: 'crm' } },
          response: { error_when },
        },
      ],
      answer: () => json({ text: `${'x'.repeat(1_000 - cut)}${token}` }),
    });
    await at.run();
    expect(seen(at)).not.toContain(token.slice(0, 4));
  }
});
