import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../json/json.ts';
import { type BenchOptions, bench, get } from './testing/bench.ts';
import { json } from './testing/script-egress.ts';

const run = async (options: BenchOptions) => {
  const at = await bench(options);
  const outcome = await at.run();
  return {
    at,
    outcome,
    end: at.execution.end,
    calls: at.egress.requests.map(({ url }) => new URL(url).pathname),
  };
};

describe('a condition', () => {
  test.each<[string, Json, boolean]>([
    ["input.phone != ''", { phone: '1' }, true],
    ["input.phone != ''", { phone: '' }, false],
    ['input.no', {}, false],
    ['input.list', { list: [] }, false],
    ['input.n > 3', { n: 4 }, true],
    ['steps.a.status = 200', {}, true],
    ['steps.skipped.status = 200', {}, false],
    ['$exists(steps.skipped)', {}, false],
  ])('%s with %j', async (condition, input, runs) => {
    const { calls, at } = await run({
      input,
      steps: [get('a'), get('skipped', { condition: 'false' }), get('b', { condition })],
    });
    expect(calls).toEqual(runs ? ['/a', '/b'] : ['/a']);
    expect(at.steps.map(({ status }) => status)).toEqual([
      'succeeded',
      'skipped',
      runs ? 'succeeded' : 'skipped',
    ]);
    expect(at.execution.status).toBe('succeeded');
  });

  test('that fails fails its step, which may be passed over', async () => {
    const condition = '$number("x") > 1';
    expect((await run({ steps: [get('a', { condition }), get('b')] })).outcome).toMatchObject({
      status: 'failed',
      error: { class: 'template', step: 'a', message: expect.stringContaining('condition') },
    });
    expect(
      (await run({ steps: [get('a', { condition, continue_on_error: true }), get('b')] })).calls,
    ).toEqual(['/b']);
  });

  test('a reference to a skipped step is an error that names it, unless a default is given', async () => {
    const skipped = get('a', { condition: 'false' });
    expect((await run({ steps: [skipped], definition: { output: '{{steps.a.body}}' } })).end).toMatchObject({
      status: 'failed',
      error: {
        class: 'template',
        code: 'template_reference',
        step: null,
        message: expect.stringContaining('steps.a.body'),
      },
    });
    const output = '{{ $exists(steps.a) ? steps.a.body : "none" }}';
    expect((await run({ steps: [skipped], definition: { output } })).end?.output).toBe('none');
  });
});

describe('continue_on_error', () => {
  const answer = ({ url }: { url: string }) => json({ why: 'no' }, url.endsWith('/a') ? 404 : 200);

  test('goes on, and later steps see what went wrong', async () => {
    const { end, calls } = await run({
      steps: [
        get('a', { continue_on_error: true }),
        get('b', { condition: "steps.a.error.class = 'not_found'" }),
      ],
      definition: {
        output: { error: '{{steps.a.error}}', body: '{{steps.a.body.why}}', status: '{{steps.a.status}}' },
      },
      answer,
    });
    expect(calls).toEqual(['/a', '/b']);
    expect(end).toMatchObject({
      status: 'succeeded',
      output: {
        error: { class: 'not_found', code: 'http_404', message: expect.any(String) },
        body: 'no',
        status: 404,
      },
    });
  });

  test('without it the execution ends with the step that failed', async () => {
    const { end, calls } = await run({ steps: [get('a'), get('b')], answer });
    expect(calls).toEqual(['/a']);
    expect(end).toMatchObject({
      status: 'failed',
      output: null,
      contact: null,
      error: { code: 'http_404', step: 'a' },
    });
  });

  test('a step that made no call has no status', async () => {
    const { end } = await run({
      steps: [get('a', { continue_on_error: true, request: { url: 'https://x.example/{{input.no}}' } })],
      definition: { output: ['{{steps.a.status}}', '{{steps.a.error.code}}'] },
    });
    expect(end?.output).toEqual([null, 'template_reference']);
  });
});

describe('the output', () => {
  test.each<[string, Json | undefined, Json]>([
    ['nothing', undefined, null],
    ['a text', 'plain', 'plain'],
    ['one value, with its type', '{{steps.a.body.n}}', 7],
    ['values in a text', 'n={{steps.a.body.n}} l={{steps.a.body.list}}', 'n=7 l=[1,"x"]'],
    [
      'a structure',
      { deep: [{ n: '{{steps.a.body.n}}' }, '{{steps.a.body.list}}'] },
      { deep: [{ n: 7 }, [1, 'x']] },
    ],
    [
      'null, true and an object as they are',
      ['{{steps.a.body.nil}}', '{{steps.a.body.yes}}', '{{steps.a.body.o}}'],
      [null, true, { '': 0 }],
    ],
    [
      'the input and the execution',
      '{{input.x}}/{{execution.connector_version}}/{{execution.trigger.type}}',
      'y/1/api',
    ],
  ])('may be %s', async (_, output, expected) => {
    const { end } = await run({
      input: { x: 'y' },
      definition: output === undefined ? {} : { output },
      steps: [get('a')],
      answer: () => json({ n: 7, list: [1, 'x'], nil: null, yes: true, o: { '': 0 } }),
    });
    expect(end).toMatchObject({ status: 'succeeded', output: expected });
  });

  test('that cannot be made fails the execution, with every step kept', async () => {
    const { end, at } = await run({ definition: { output: '{{input.no}}' } });
    expect(end).toMatchObject({
      status: 'failed',
      error: { class: 'template', step: null, message: expect.stringContaining('output') },
    });
    expect(at.steps).toMatchObject([{ status: 'succeeded' }]);
  });

  test('that quotes a long expression cut in the middle of a character can still be stored', async () => {
    const { end } = await run({
      definition: { output: `{{ $number("${'x'.repeat(107)}\u{1f600}\u{1f600}\u{1f600}" & input.no) }}` },
    });
    expect(end?.error?.message.isWellFormed()).toBe(true);
    expect(end?.error?.code).toMatch(/^template/);
  });
});

describe('the contact', () => {
  const contact = (mapping: JsonObject, input: Json = {}, more: BenchOptions = {}) =>
    run({ ...more, input, definition: { contact_mapping: mapping } });

  test('is its fields, and those of them by which it is found', async () => {
    const { end } = await contact(
      { match: ['phone'], fields: { phone: '{{input.phone}}', n: '{{steps.only.body.n}}' } },
      { phone: '+49' },
      { answer: () => json({ n: 1 }) },
    );
    expect(end).toMatchObject({
      status: 'succeeded',
      contact: { match: { phone: '+49' }, fields: { phone: '+49', n: 1 } },
    });
  });

  test.each<[string, Json]>([
    ['empty', ''],
    ['blank', '  '],
    ['null', null],
    ['an object', {}],
    ['a list', ['x']],
  ])('with a match value that is %s would find a stranger: the execution fails', async (_, phone) => {
    const { end } = await contact({ match: ['phone'], fields: { phone: '{{input.phone}}' } }, { phone });
    expect(end).toMatchObject({
      status: 'failed',
      contact: null,
      error: { class: 'template', message: expect.stringContaining('"phone"') },
    });
  });

  test('with a match on a field that it has not fails', async () => {
    for (const match of ['email', 'constructor', '__proto__']) {
      expect((await contact({ match: [match], fields: { phone: '1' } })).end?.status).toBe('failed');
    }
  });

  test('with a match value that is a secret would match everybody who has one: the execution fails', async () => {
    const { end } = await contact(
      { match: ['id'], fields: { id: '{{steps.a.body.id}}' } },
      {},
      {
        credentials: { crm: { type: 'bearer', fields: { token: 'tok-123456' } } },
        steps: [{ name: 'a', request: { url: 'https://api.example.com/', auth: { credential: 'crm' } } }],
        answer: () => json({ id: 'tok-123456' }),
      },
    );
    expect(end).toMatchObject({ status: 'failed', contact: null });
    expect(JSON.stringify(end)).not.toContain('tok-123456');
  });

  test('of an execution that fails is not given to the ledger', async () => {
    const { end } = await contact(
      { match: ['phone'], fields: { phone: '1' } },
      {},
      { answer: () => json({}, 404) },
    );
    expect(end).toMatchObject({ status: 'failed', contact: null });
  });
});

describe('before the first step', () => {
  const input_schema = { type: 'object', required: ['phone'], properties: { phone: { type: 'string' } } };

  test.each<[Json, string]>([
    [{}, '/input/phone'],
    [{ phone: 7 }, '/input/phone'],
  ])('an input that does not fit ends it, with pointers: %j', async (input, pointer) => {
    const { end, calls } = await run({ input, definition: { input_schema } });
    expect(calls).toEqual([]);
    expect(end).toMatchObject({
      status: 'failed',
      error: { class: 'validation', code: 'invalid_input', step: null, errors: [{ pointer }] },
    });
  });

  test.each<[string, Json]>([
    ['nothing', null],
    ['of a later format', { format: 2, steps: [get('a')] }],
    ['damaged', { format: 1, steps: [{ name: 'a' }] }],
    ['without steps', { format: 1, steps: [] }],
  ])('a stored definition that is %s ends it, instead of breaking every attempt', async (_, stored) => {
    const at = await bench();
    at.execution.definition = stored;
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'internal', code: 'definition_unreadable', step: null },
    });
    expect(at.execution.status).toBe('failed');
  });

  test('a stored template that does not parse ends it', async () => {
    expect(
      (await run({ steps: [get('a', { request: { url: 'https://x.example/{{' } })] })).end,
    ).toMatchObject({
      status: 'failed',
      error: { class: 'template', code: 'template_syntax' },
    });
  });

  test.each<[string, (ciphertext: string) => string]>([
    ['altered', (ciphertext) => `${ciphertext.slice(0, -2)}AA`],
    ['of another key', (ciphertext) => ciphertext.replace('v1.test.', 'v1.lost.')],
    ['no sealed value', () => 'v1.x'],
  ])('a credential whose row is %s ends it, and names the service', async (_, change) => {
    const at = await bench({ credentials: { crm: { type: 'bearer', fields: { token: 'tok-123456' } } } });
    at.execution.credentials = at.execution.credentials.map((row) => ({
      ...row,
      ciphertext: change(row.ciphertext),
    }));
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'internal', code: 'credential_unreadable', message: expect.stringContaining('crm') },
    });
    expect(at.egress.requests).toEqual([]);
  });

  test('a credential copied from another service does not open', async () => {
    const secret = { type: 'bearer', fields: { token: 'tok-123456' } } as const;
    const at = await bench({ credentials: { one: secret, two: secret } });
    const [one, two] = at.execution.credentials;
    if (!one || !two) throw new Error('two credentials');
    two.ciphertext = one.ciphertext;
    expect(await at.run()).toMatchObject({ error: { code: 'credential_unreadable' } });
  });

  test('what an earlier attempt left behind and nobody can open ends it', async () => {
    const at = await bench({ steps: [get('a'), get('b')] });
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'finish') throw new Error('dies');
    };
    await expect(at.run()).rejects.toThrow('dies');
    at.ledger.crossing = () => {};
    for (const step of at.steps)
      if (step.resume_state) step.resume_state = step.resume_state.replace('v1.test.', 'v1.lost.');
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'resume_state_unreadable' } });
  });
});

describe('what an execution leaves behind is bounded', () => {
  const large = Array.from({ length: 400 }, () => 'x'.repeat(10_000));

  test('an output that is too large fails, before a large body is copied as often as it is named', async () => {
    const output = Array.from({ length: 1_000 }, () => '{{steps.a.body}}');
    const { end } = await run({ steps: [get('a')], answer: () => json(large), definition: { output } });
    expect(end).toMatchObject({
      status: 'failed',
      output: null,
      error: { class: 'template', code: 'template_limit', message: expect.stringContaining('output') },
    });
  });

  test('so does a contact, whose fields are all indexed', async () => {
    const contact_mapping = { match: ['id'], fields: { id: '1', all: '{{steps.a.body}}' } };
    const definition = { contact_mapping };
    const { end } = await run({ steps: [get('a')], answer: () => json(large), definition });
    expect(end).toMatchObject({
      status: 'failed',
      contact: null,
      error: {
        class: 'template',
        code: 'template_limit',
        message: expect.stringContaining('contact_mapping'),
      },
    });
  });

  test('so do the fields of a step, each of which may be the whole body', async () => {
    const map = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}`, 'body']));
    const { end } = await run({ steps: [get('a', { response: { map } })], answer: () => json(large) });
    expect(end).toMatchObject({
      status: 'failed',
      error: { class: 'template', code: 'template_limit', step: 'a' },
    });
  });

  test('what is recorded of many steps can be read in one answer', async () => {
    const steps = Array.from({ length: 30 }, (_, index) =>
      get(`s${index}`, { response: { map: { all: 'body' } } }),
    );
    const { at } = await run({ steps, answer: () => json(large.slice(0, 30)) });
    expect(at.execution.status).toBe('succeeded');
    const recorded = at.steps.map(({ request, response, output }) => ({ request, response, output }));
    expect(JSON.stringify(recorded).length).toBeLessThan(8 * 1024 * 1024);
  }, 30_000);
});
