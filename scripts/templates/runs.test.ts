/** Every official template through the real engine and egress door, against stand-ins of the providers. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../core/json/json.ts';
import { officialRuns, TEMPLATES } from './testing/official-runs.ts';
import { SECRETS } from './testing/providers/index.ts';
import type { Secrets } from './testing/run-template.ts';
import type { Answer } from './testing/stand-in.ts';

const runs = officialRuns();
const { run } = runs;

describe('the example', () => {
  it.each(TEMPLATES)('of $slug gives the output that it promises', async ({ slug, example, definition }) => {
    const before = runs.standIn.seen.length;
    const result = await run(slug);
    expect({ status: result.status, error: result.error }).toEqual({ status: 'succeeded', error: null });
    expect(result.output).toEqual(example.output);
    expect(runs.standIn.seen.length - before).toBe(definition.steps.length);
    for (const fields of Object.values(SECRETS)) {
      for (const value of Object.values(fields)) {
        if (value !== SECRETS.jira?.username) expect(result.written).not.toContain(value);
      }
    }
  });
});

describe('a wrong credential', () => {
  const WRONG: Secrets = Object.fromEntries(
    Object.entries(SECRETS).map(([service, fields]) => [
      service,
      Object.fromEntries(Object.keys(fields).map((name) => [name, 'stand-in-wrong-value'])),
    ]),
  );
  /** Those who say so with status 200. */
  const IN_BODY: Record<string, string> = {
    'lead-to-slack': 'invalid_access_key',
    'numverify-phone-validation': 'invalid_access_key',
    'slack-message': 'invalid_auth',
  };
  it.each(TEMPLATES.filter(({ credentials }) => credentials.length > 0))('fails $slug', async ({ slug }) => {
    const { status, error } = await run(slug, {}, WRONG);
    expect(status).toBe('failed');
    const reason = IN_BODY[slug];
    if (reason === undefined) expect(error).toMatchObject({ class: 'authentication', code: 'http_401' });
    else expect(error).toMatchObject({ class: 'authentication', message: expect.stringContaining(reason) });
  });

  it.each(TEMPLATES.filter(({ credentials }) => credentials.length > 0))(
    'none at all sends nothing: $slug',
    async ({ slug }) => {
      const before = runs.standIn.seen.length;
      const { status, error } = await run(slug, {}, {});
      expect(status).toBe('failed');
      expect(error?.code).toBe(slug === 'webhook-with-token' ? 'template_reference' : 'credential_missing');
      expect(runs.standIn.seen.length).toBe(before);
    },
  );
});

describe("the provider's own errors reach the person", () => {
  const CASES: [slug: string, what: string, changes: JsonObject, code: string, body: RegExp][] = [
    ['slack-message', 'unknown channel', { channel: 'C404' }, 'slack_channel_not_found', /channel_not_found/],
    [
      'numverify-phone-validation',
      'no digits',
      { phone: 'none' },
      'numverify_input',
      /no_phone_number_provided/,
    ],
    ['people-data-labs-person', 'nobody known', { email: 'x@example.com' }, 'http_404', /not_found/],
    ['people-data-labs-person', 'nobody likely enough', { min_likelihood: 9 }, 'http_404', /not_found/],
    ['people-data-labs-company', 'unknown company', { domain: 'nowhere.example' }, 'http_404', /not_found/],
    ['github-issue', 'unknown repository', { repo: 'nowhere' }, 'http_404', /Not Found/],
    ['jira-issue', 'unknown project', { project: 'NONE' }, 'http_400', /valid project is required/],
    ['jira-issue', 'unknown type', { issue_type: 'Wish' }, 'http_400', /Specify a valid issue type/],
    [
      'hubspot-contact-upsert',
      'unknown property',
      { properties: { shoe: '1' } },
      'http_400',
      /does not exist/,
    ],
    [
      'sendgrid-email',
      'unverified sender',
      { from: 'eve@example.com' },
      'http_403',
      /verified Sender Identity/,
    ],
    ['twilio-sms', 'invalid number', { to: '+15005550001' }, 'http_400', /21211/],
    ['twilio-sms', 'unknown account', { account_sid: `AC${'1'.repeat(32)}` }, 'http_404', /20404/],
    ['openai-response', 'unknown model', { model: 'gpt-0' }, 'http_404', /model_not_found/],
    ['openai-response', 'failed answer (200)', { prompt: 'fail' }, 'openai_server_error', /server_error/],
    [
      'google-sheets-append-row',
      'unknown sheet',
      { range: 'Nope' },
      'http_400',
      /Unable to parse range: Nope/,
    ],
    ['google-sheets-append-row', 'unknown file', { spreadsheet_id: 'xxxxxxxxxxxx' }, 'http_404', /NOT_FOUND/],
    ['airtable-record', 'unknown field', { fields: { Shoe: 1 } }, 'http_422', /UNKNOWN_FIELD_NAME/],
    ['airtable-record', 'unknown table', { table: 'Nope' }, 'http_403', /MODEL_NOT_FOUND/],
    [
      'notion-page',
      'page not shared',
      { data_source_id: 'd9824bdc-8445-4327-be8b-5b47500af6cf' },
      'http_404',
      /object_not_found/,
    ],
    ['notion-page', 'line too long', { text: 'x'.repeat(2001) }, 'http_400', /validation_error/],
    ['webhook', 'unknown address', { url: 'https://hooks.example.com/nowhere' }, 'http_404', /^$/],
    ['lead-to-slack', 'unknown channel', { channel: 'C404' }, 'slack_channel_not_found', /channel_not_found/],
  ];
  it.each(CASES)('%s: %s', async (slug, _what, changes, code, body) => {
    const { status, error, steps } = await run(slug, changes);
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code });
    const seen = steps.at(-1)?.response?.body;
    expect(
      `${code.startsWith('http_') ? (JSON.stringify(seen ?? null) ?? '').replace(/^null$/, '') : error?.message}`,
    ).toMatch(body);
  });
});

describe('a failure that passes', () => {
  const BUSY: Answer = { status: 503, headers: { 'retry-after': '0' } };
  const repeats = new Set(
    TEMPLATES.filter(({ definition }) => (definition.steps[0]?.retry?.max_attempts ?? 1) > 1).map(
      ({ slug }) => slug,
    ),
  );
  it.each(TEMPLATES)('is tried again by $slug, if that does no harm', async ({ slug, example }) => {
    const before = runs.standIn.seen.length;
    runs.standIn.interrupt(BUSY);
    const { status, output } = await run(slug);
    if (repeats.has(slug)) {
      expect({ status, output }).toEqual({ status: 'succeeded', output: example.output });
    } else {
      expect(status).toBe('failed');
      expect(runs.standIn.seen.length - before).toBe(1);
    }
  });

  it.each(['webhook', 'webhook-with-token'])('%s: all attempts carry one Idempotency-Key', async (slug) => {
    runs.standIn.interrupt(BUSY, BUSY);
    await run(slug);
    const keys = runs.standIn.seen.slice(-3).map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^patchbay-/);
  });

  it('Stripe: a creation whose answer was lost is repeated under the same key', async () => {
    runs.standIn.interrupt({ status: 200, body: { object: 'list', data: [] } }, BUSY);
    expect((await run('stripe-customer-find-or-create')).output).toMatchObject({ created: true });
    const [first, second] = runs.standIn.seen.slice(-2);
    expect(first?.headers['idempotency-key']).toBe(second?.headers['idempotency-key']);
  });
});
