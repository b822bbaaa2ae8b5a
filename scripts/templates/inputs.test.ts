/** What official templates make of inputs other than their example's. */
import { describe, expect, it } from 'vitest';
import { officialRuns } from './testing/official-runs.ts';

const runs = officialRuns();
const { run, lastBody } = runs;

describe('inputs that may be left out, or are not as usual', () => {
  it('a national number goes with its country', async () => {
    const { output } = await run('numverify-phone-validation', { phone: '4158586273', country_code: 'US' });
    expect(output).toMatchObject({ valid: true, country_code: 'US' });
  });

  it('an invalid number is an answer, not a failure', async () => {
    const { status, output } = await run('numverify-phone-validation', { phone: '+123' });
    expect({ status, output }).toMatchObject({
      status: 'succeeded',
      output: { valid: false, line_type: null },
    });
  });

  it('Slack: a reply names its thread', async () => {
    expect((await run('slack-message', { thread_ts: '1503435956.000200' })).status).toBe('succeeded');
    expect(new URLSearchParams(lastBody()).get('thread_ts')).toBe('1503435956.000200');
  });

  it('Slack: characters that a form must escape arrive as they are', async () => {
    const text = 'a & b = c + 100% \u00e9\u{1f680}\nnext <line>';
    expect((await run('slack-message', { text })).status).toBe('succeeded');
    expect(new URLSearchParams(lastBody()).get('text')).toBe(text);
  });

  it('GitHub: an issue of a title alone', async () => {
    expect((await run('github-issue', { body: null, labels: null })).status).toBe('succeeded');
    expect(JSON.parse(lastBody())).toEqual({ title: 'Found a bug', body: '', labels: [], assignees: [] });
  });

  it('GitHub: lists stay lists, with one name as with two', async () => {
    await run('github-issue', { labels: ['a', 'b'], assignees: ['octocat'] });
    expect(JSON.parse(lastBody())).toMatchObject({ labels: ['a', 'b'], assignees: ['octocat'] });
  });

  it.each([
    ['nothing', null, 0],
    ['one line', 'one', 1],
    ['empty lines between', 'one\n\n \ntwo\n', 2],
  ])('Jira and Notion: a text of %s', async (_what, text, paragraphs) => {
    expect((await run('jira-issue', { description: text })).status).toBe('succeeded');
    expect(JSON.parse(lastBody()).fields.description.content).toHaveLength(paragraphs);
    expect((await run('notion-page', { text })).status).toBe('succeeded');
    expect(JSON.parse(lastBody()).children).toHaveLength(paragraphs);
  });

  it('Jira: a site that the credential is not bound to is never called', async () => {
    const before = runs.standIn.seen.length;
    expect((await run('jira-issue', { site: 'other-site' })).error).toMatchObject({
      code: 'blocked_host_binding',
    });
    expect(runs.standIn.seen.length).toBe(before);
  });

  it('HubSpot: only what is given is sent, and the e-mail address is always that of the contact', async () => {
    await run('hubspot-contact-upsert', {
      first_name: null,
      last_name: null,
      properties: { email: 'other@example.com' },
    });
    expect(JSON.parse(lastBody()).properties).toEqual({ email: 'ada@example.com' });
  });

  it('HubSpot: a contact who exists is changed and not created', async () => {
    const { output, steps } = await run('hubspot-contact-upsert', { email: 'grace@example.com' });
    expect(output).toEqual({ contact_id: '512', created: false });
    expect(steps.map(({ status }) => status)).toEqual(['succeeded', 'skipped']);
  });

  it('HubSpot: an address is changed only if nothing else is given, since it may be the second of a contact', async () => {
    const names = { email: 'grace@example.com', first_name: null, last_name: null };
    await run('hubspot-contact-upsert', { ...names, properties: { email: 'x@example.com', phone: '1' } });
    expect(JSON.parse(lastBody())).toEqual({ properties: { phone: '1' } });
    expect((await run('hubspot-contact-upsert', { ...names, properties: null })).status).toBe('succeeded');
    expect(JSON.parse(lastBody())).toEqual({ properties: { email: 'grace@example.com' } });
  });

  it('HubSpot: when the change fails for another reason than that nobody is there, nobody is created twice', async () => {
    const BROKEN = { status: 500 };
    runs.standIn.interrupt(BROKEN, BROKEN, BROKEN);
    expect((await run('hubspot-contact-upsert', { email: 'grace@example.com' })).error?.code).toBe(
      'http_409',
    );
  });

  it('HubSpot and Stripe: the contact learns its id', async () => {
    expect((await run('hubspot-contact-upsert')).contact?.fields).toMatchObject({ hubspot_id: '33451' });
    const { contact } = await run('stripe-customer-find-or-create');
    expect(contact).toEqual({
      match: { email: 'grace@example.com' },
      fields: { email: 'grace@example.com', stripe_id: 'cus_Pk3NewCustomer' },
    });
  });

  it('SendGrid: text alone, without a name', async () => {
    expect((await run('sendgrid-email', { html: null, from_name: null })).status).toBe('succeeded');
    expect(JSON.parse(lastBody())).toMatchObject({
      from: { email: 'hello@example.com' },
      content: [{ type: 'text/plain', value: 'Good to have you.' }],
    });
  });

  it('Twilio: a messaging service in place of a number', async () => {
    const { output } = await run('twilio-sms', { from: null, messaging_service_sid: `MG${'0'.repeat(32)}` });
    expect(output).toMatchObject({ status: 'accepted' });
  });

  it('Stripe: finding nobody is an answer, not a failure', async () => {
    const { status, output } = await run('stripe-customer-lookup', { email: 'nobody@example.com' });
    expect({ status, output }).toMatchObject({
      status: 'succeeded',
      output: { found: false, customer_id: null },
    });
  });

  it('Stripe: a customer who exists is not created again', async () => {
    const { output, steps } = await run('stripe-customer-find-or-create', { email: 'ada@example.com' });
    expect(output).toEqual({ customer_id: 'cus_NffrFeUfNV2Hib', created: false });
    expect(steps.map(({ status }) => status)).toEqual(['succeeded', 'skipped']);
  });

  it('OpenAI: an answer that was cut short says so', async () => {
    const { output } = await run('openai-response', { max_output_tokens: 16, instructions: null });
    expect(output).toMatchObject({ text: 'A storm', complete: false });
  });

  it('Sheets: the first sheet by default, and formulas only when asked for', async () => {
    const { output } = await run('google-sheets-append-row', { range: null, values: ['=1+1'] });
    expect(output).toEqual({ updated_range: 'Sheet1!A7:A7', updated_cells: 1 });
    expect(runs.standIn.seen.at(-1)?.query.get('valueInputOption')).toBe('RAW');
    await run('google-sheets-append-row', { input_option: 'USER_ENTERED' });
    expect(runs.standIn.seen.at(-1)?.query.get('valueInputOption')).toBe('USER_ENTERED');
  });

  it('Sheets: a row of lists, texts and nothing keeps its cells', async () => {
    await run('google-sheets-append-row', { values: ['a', null, true, 1.5] });
    expect(JSON.parse(lastBody()).values).toEqual([['a', null, true, 1.5]]);
  });

  it('Airtable: a table by a name with a space, and values of any type', async () => {
    const fields = { Name: 'Ada', Tags: ['one'] };
    expect(
      (await run('airtable-record', { table: 'New leads', fields, typecast: true })).output,
    ).toMatchObject({ fields });
    expect(JSON.parse(lastBody())).toEqual({ fields, typecast: true });
  });

  it('Notion: a page under a page', async () => {
    const page_id = '59833787-2cf9-4fdf-8782-e53db20768a5';
    expect((await run('notion-page', { data_source_id: null, page_id })).status).toBe('succeeded');
    expect(JSON.parse(lastBody()).parent).toEqual({ type: 'page_id', page_id });
  });

  it.each(['https://127.0.0.1/leads', 'https://localhost/leads', 'https://[::1]/', 'https://10.0.0.1/'])(
    'webhook: %s is refused',
    async (url) => {
      expect((await run('webhook', { url })).error?.class).toBe('egress_blocked');
    },
  );

  it('webhook: the token goes to no other host', async () => {
    const before = runs.standIn.seen.length;
    const { error } = await run('webhook-with-token', { url: 'https://slack.com/api/chat.postMessage' });
    expect(error).toMatchObject({ code: 'blocked_host_binding' });
    expect(runs.standIn.seen.length).toBe(before);
  });
});

describe('lead-to-slack', () => {
  it('announces a person whom nobody knows', async () => {
    const { status, output, steps } = await run('lead-to-slack', { email: 'x@example.com' });
    expect({ status, output }).toMatchObject({
      status: 'succeeded',
      output: { full_name: null, company: null },
    });
    expect(steps.map((step) => step.status)).toEqual(['succeeded', 'failed', 'succeeded']);
    expect(new URLSearchParams(lastBody()).get('text')).toBe(
      'New lead: *name unknown*, x@example.com\nWork: unknown at unknown\nPhone: +14158586273 (valid, United States of America, mobile)',
    );
  });

  it('says of an invalid number that it is', async () => {
    await run('lead-to-slack', { phone: '+123' });
    expect(new URLSearchParams(lastBody()).get('text')).toContain('Phone: +123 (not valid)');
  });

  it('lets no name speak to a whole channel', async () => {
    await run('lead-to-slack', { email: 'mallory@example.com', phone: '+1<!here>4158586273' });
    const text = new URLSearchParams(lastBody()).get('text') ?? '';
    expect(text).toContain('Mallory &lt;!channel&gt; &amp; Sons');
    expect(text).not.toMatch(/[<>]/);
  });
});
