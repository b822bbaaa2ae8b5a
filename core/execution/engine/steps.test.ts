import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../json/json.ts';
import { MAX_LOOP_CHARS } from './limits.ts';
import { bench, CONNECTOR_ID, get, post } from './testing/bench.ts';
import { json } from './testing/script-egress.ts';

/** The ledger in short: step, round, attempt, how it ended. */
const rows = (at: Awaited<ReturnType<typeof bench>>) =>
  at.steps.map(
    ({ step_name, iteration, attempt, status }) => `${step_name}[${iteration}]#${attempt} ${status}`,
  );
const output = (template: unknown): { definition: JsonObject } => ({
  definition: { output: template as string },
});
const calls = (at: Awaited<ReturnType<typeof bench>>) =>
  at.egress.requests.map(({ method, url }) => `${method} ${url.replace('https://api.example.com', '')}`);

describe('a loop', () => {
  const loop = (changes: JsonObject = {}, step: JsonObject = {}) => ({
    name: 'each',
    request: { method: 'GET', url: 'https://api.example.com/items/{{item.id}}' },
    for_each: { items: 'input.items', ...changes },
    response: { map: { id: 'body.id', at: 'index' } },
    ...step,
  });
  const items = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
  const echo = ({ url }: { url: string }) => json({ id: url.split('/').at(-1) });

  test('runs its step for each item, in order, and leaves all results to later steps', async () => {
    const at = await bench({
      steps: [loop()],
      input: { items },
      answer: echo,
      ...output('{{steps.each.results}}'),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual([
      { id: 'a', at: 0 },
      { id: 'b', at: 1 },
      { id: 'c', at: 2 },
    ]);
    expect(calls(at)).toEqual(['GET /items/a', 'GET /items/b', 'GET /items/c']);
    expect(rows(at)).toEqual([
      'each[]#1 succeeded',
      'each[0]#1 succeeded',
      'each[1]#1 succeeded',
      'each[2]#1 succeeded',
    ]);
    expect(at.steps.map(({ settled }) => settled)).toEqual([false, true, true, true]);
  });

  test('of one value or none has one round or none', async () => {
    for (const [value, expected] of [
      [{ id: 'x' }, [{ id: 'x', at: 0 }]],
      [null, []],
      [[], []],
    ] as const) {
      const at = await bench({
        steps: [loop()],
        input: { items: value as never },
        answer: echo,
        ...output('{{steps.each.results}}'),
      });
      await at.run();
      expect(at.execution.end?.output).toEqual(expected);
    }
  });

  test('never runs more rounds at once than it may, and keeps the order of the results', async () => {
    let running = 0;
    let most = 0;
    const many = Array.from({ length: 20 }, (_, id) => ({ id: String(id) }));
    const at = await bench({
      steps: [loop({ max_concurrency: 4 })],
      input: { items: many },
      answer: async ({ url }) => {
        running += 1;
        most = Math.max(most, running);
        await at.time.sleep(100 - Number(url.split('/').at(-1)));
        running -= 1;
        return echo({ url });
      },
      ...output('{{steps.each.results.id}}'),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(most).toBe(4);
    expect(at.execution.end?.output).toEqual(many.map(({ id }) => id));
  });

  test('pauses between starts, and passes items on in batches', async () => {
    const times: number[] = [];
    const at = await bench({
      steps: [
        {
          ...post('send', { for_each: { items: 'input.items', batch_size: 2, delay_ms: 1_000 } }),
          request: {
            method: 'POST',
            url: 'https://api.example.com/bulk',
            body: { type: 'json', content: '{{item}}' },
          },
        },
      ],
      input: { items },
      answer: () => {
        times.push(at.time.now());
        return json({});
      },
    });
    await at.run();
    expect(at.egress.requests.map(({ body }) => body)).toEqual(['[{"id":"a"},{"id":"b"}]', '[{"id":"c"}]']);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(1_000);
  });

  test('stops calling when the results together are too large', async () => {
    const big = 'x'.repeat(MAX_LOOP_CHARS / 4);
    const at = await bench({
      steps: [get('each', { for_each: { items: '[1..50]' } })],
      answer: () => json(big),
    });
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { code: 'template_limit', step: 'each' },
    });
    expect(calls(at).length).toBeLessThanOrEqual(5);
  });

  test('keeps of each item what is left of it in the results, for the runs that come after a crash', async () => {
    const at = await bench({
      steps: [loop()],
      input: { items },
      answer: ({ url }) => json({ id: url.split('/').at(-1), more: 'x'.repeat(10_000) }),
      ...output('{{steps.each.results}}'),
    });
    let commits = 0;
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn === 'commitStep' && phase === 'after') commits += 1;
      if (commits >= 2) throw new Error('the process is gone');
    };
    await expect(at.run()).rejects.toThrow('gone');
    at.ledger.crossing = () => {};
    at.execution.leaseExpiresAt = 0;
    const [first] = at.steps.filter(({ iteration }) => iteration === '0');
    expect(first?.resume_state?.length).toBeLessThan(1_000);
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual(items.map(({ id }, index) => ({ id, at: index })));
    expect(calls(at)).toHaveLength(3);
  });

  test('with more items than it may have fails before any call', async () => {
    const at = await bench({ steps: [loop({ max_items: 2 })], input: { items } });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'loop_limit', step: 'each' } });
    expect(calls(at)).toEqual([]);
  });

  test.each([
    [0, 'failed', 2],
    [0.34, 'succeeded', 3],
  ])('that tolerates a share of %d ends as %s', async (share, status, made) => {
    const at = await bench({
      steps: [loop({ tolerated_failure_share: share })],
      input: { items },
      answer: ({ url }) => (url.endsWith('/b') ? json({}, 422) : echo({ url })),
      ...output({
        ok: '{{steps.each.succeeded}}',
        bad: '{{steps.each.failed}}',
        why: '{{steps.each.results[1].error.code}}',
      }),
    });
    expect(await at.run()).toMatchObject({ status });
    expect(calls(at)).toHaveLength(made);
    if (status === 'succeeded') {
      expect(at.execution.end?.output).toEqual({ ok: 2, bad: 1, why: 'http_422' });
    } else {
      expect(at.execution.end?.error).toMatchObject({ code: 'http_422', step: 'each' });
      expect(at.execution.end?.error?.message).toContain('1 of 3 items failed');
    }
  });

  test('of several steps keeps the results of each round apart', async () => {
    const at = await bench({
      steps: [
        {
          name: 'people',
          for_each: { items: 'input.items', max_concurrency: 3 },
          steps: [
            {
              ...get('look'),
              request: { method: 'GET', url: 'https://api.example.com/look/{{item.id}}' },
              response: { map: { found: 'body.id' } },
            },
            { name: 'name', transform: { both: '{{steps.look.found}}-{{index}}' } },
          ],
        },
      ],
      input: { items },
      answer: echo,
      ...output('{{steps.people.results.name.both}}'),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual(['a-0', 'b-1', 'c-2']);
    expect(rows(at)).toContain('look[1]#1 succeeded');
    expect(at.steps.filter(({ settled }) => !settled).map(({ step_name }) => step_name)).toEqual(['people']);
  });

  test('of several steps hands over no more of a finished round than its results', async () => {
    const at = await bench({
      steps: [{ name: 'each', for_each: { items: 'input.items' }, steps: [get('look')] }],
      input: { items },
    });
    let rounds = 0;
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn !== 'commitStep' || phase !== 'after') return;
      rounds = at.steps.filter(
        ({ step_name, status }) => step_name === 'each' && status === 'succeeded',
      ).length;
      const settled = at.steps.filter((row) => row.step_name === 'look' && row.settled).length;
      expect(settled).toBeGreaterThanOrEqual(Math.min(rounds, items.length));
    };
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(rounds).toBe(items.length + 1);
  });

  test('goes on with the items that are left after its process died', async () => {
    let dead = false;
    const at = await bench({
      steps: [loop()],
      input: { items },
      answer: echo,
      ...output('{{steps.each.results.id}}'),
    });
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn === 'commitStep' && phase === 'after' && !dead && at.egress.requests.length === 2) {
        dead = true;
        throw new Error('the process is gone');
      }
    };
    await at.run().catch(() => {});
    Object.assign(at.execution, { status: 'running', end: null, leaseExpiresAt: 0 });
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /items/a', 'GET /items/b', 'GET /items/c']);
    expect(at.execution.end?.output).toEqual(['a', 'b', 'c']);
  });
});

describe('pages', () => {
  const list = (pagination: JsonObject, changes: JsonObject = {}) => ({
    name: 'list',
    request: { method: 'GET', url: 'https://api.example.com/list?a=1' },
    pagination: { items: 'body.items', ...pagination },
    ...changes,
  });
  /** Five items, two a page. */
  const page = (at: number) => [0, 1, 2, 3, 4].slice(at, at + 2);

  test.each([
    ['next_url', { type: 'next_url', next: 'body.next' }, ['/list?a=1', '/list?a=1&at=2', '/list?a=1&at=4']],
    ['link_header', { type: 'link_header' }, ['/list?a=1', '/list?a=1&at=2', '/list?a=1&at=4']],
    [
      'cursor',
      { type: 'cursor', next: 'body.cursor', param: 'at' },
      ['/list?a=1', '/list?a=1&at=2', '/list?a=1&at=4'],
    ],
    [
      'offset',
      { type: 'offset', param: 'at', page_size: 2, size_param: 'n' },
      ['/list?a=1&at=0&n=2', '/list?a=1&at=2&n=2', '/list?a=1&at=4&n=2'],
    ],
    [
      'page',
      { type: 'page', param: 'page', page_size: 2 },
      ['/list?a=1&page=1', '/list?a=1&page=2', '/list?a=1&page=3'],
    ],
  ] as const)('of the kind %s are fetched until there are no more', async (_, pagination, expected) => {
    const at = await bench({
      steps: [list(pagination)],
      answer: ({ url }) => {
        const query = new URL(url).searchParams;
        const from = query.has('page') ? (Number(query.get('page')) - 1) * 2 : Number(query.get('at') ?? 0);
        const next = from + 2 < 5 ? from + 2 : null;
        const link =
          next === null ? [] : ([['link', `</list?a=1&at=${next}>; rel="next"`]] as [string, string][]);
        return json(
          { items: page(from), cursor: next, next: next === null ? null : `/list?a=1&at=${next}` },
          200,
          link,
        );
      },
      ...output({
        all: '{{steps.list.items}}',
        pages: '{{steps.list.pages}}',
        more: '{{steps.list.has_more}}',
      }),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual({ all: [0, 1, 2, 3, 4], pages: 3, more: false });
    expect(calls(at)).toEqual(expected.map((path) => `GET ${path}`));
    expect(rows(at)).toEqual([
      'list[]#1 succeeded',
      'list[p0]#1 succeeded',
      'list[p1]#1 succeeded',
      'list[p2]#1 succeeded',
    ]);
  });

  test('end at a limit and say that there is more', async () => {
    const at = await bench({
      steps: [list({ type: 'page', param: 'page', max_pages: 2 })],
      answer: (_request, call) => json({ items: [call] }),
      ...output({ all: '{{steps.list.items}}', more: '{{steps.list.has_more}}' }),
    });
    await at.run();
    expect(at.execution.end?.output).toEqual({ all: [1, 2], more: true });
  });

  test('that repeat fail the step', async () => {
    for (const pagination of [
      { type: 'next_url', next: '"/list?a=1&at=2"' },
      { type: 'page', param: 'page' },
    ]) {
      const at = await bench({ steps: [list(pagination)], answer: () => json({ items: [1, 2] }) });
      expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'pagination_loop' } });
      expect(at.egress.requests.length).toBeLessThanOrEqual(3);
    }
  });

  test.each([
    ['fail', 'failed', undefined],
    ['keep', 'succeeded', [1]],
  ])('of which one fails: %s', async (on_error, status, kept) => {
    const at = await bench({
      steps: [list({ type: 'page', param: 'page', on_error })],
      answer: (_request, call) => (call === 1 ? json({ items: [1] }) : json({}, 404)),
      ...output('{{steps.list.items}}'),
    });
    expect(await at.run()).toMatchObject({ status });
    expect(at.execution.end?.output ?? undefined).toEqual(kept);
  });

  test('never take a link from an answer for a template', async () => {
    const at = await bench({
      steps: [
        list(
          { type: 'next_url', next: 'body.next' },
          { request: { method: 'GET', url: 'https://api.example.com/list', auth: { credential: 'crm' } } },
        ),
      ],
      credentials: { crm: { type: 'bearer', fields: { token: 'secret-token-1' } } },
      answer: (_request, call) =>
        json({ items: [call], next: call === 1 ? '/list?x={{workspace.crm.token}}' : null }),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.egress.requests[1]?.url).not.toContain('secret-token-1');
  });

  test('are not mixed with those of another version after a redrive', async () => {
    const at = await bench({
      steps: [list({ type: 'page', param: 'page', page_size: 1 })],
      answer: (_request, call) => (call === 2 ? json({}, 404) : json({ items: [call] })),
    });
    expect(await at.run()).toMatchObject({ status: 'failed' });
    for (const row of at.steps)
      if (row.status === 'failed') Object.assign(row, { superseded: true, resume_state: null });
    Object.assign(at.execution, { status: 'queued', end: null, leaseExpiresAt: null, connector_version: 2 });
    at.execution.definition = { format: 1, steps: [list({ type: 'page', param: 'page', page_size: 5 })] };
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'pagination_changed' } });
    expect(at.egress.requests).toHaveLength(2);
  });

  test('go on with the page after the last one when the process died', async () => {
    const at = await bench({
      steps: [list({ type: 'page', param: 'page' })],
      answer: (_request, call) => {
        if (call === 3) throw new Error('the process is gone');
        return json({ items: call > 4 ? [] : [call] });
      },
      ...output('{{steps.list.items}}'),
    });
    await at.run().catch(() => {});
    Object.assign(at.execution, { status: 'running', end: null, leaseExpiresAt: 0 });
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual([1, 2, 4]);
    expect(calls(at).map((call) => call.slice(-6))).toEqual([
      'page=1',
      'page=2',
      'page=3',
      'page=3',
      'page=4',
    ]);
  });
});

describe('branches', () => {
  test('a parallel runs its steps at the same time, and later steps see all of them', async () => {
    let most = 0;
    let running = 0;
    const at = await bench({
      steps: [{ name: 'both', parallel: { steps: [get('a'), get('b')] } }],
      answer: async ({ url }) => {
        running += 1;
        most = Math.max(most, running);
        await at.time.sleep(50);
        running -= 1;
        return json({ url });
      },
      ...output(['{{steps.a.status}}', '{{steps.b.body.url}}']),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(most).toBe(2);
    expect(at.execution.end?.output).toEqual([200, 'https://api.example.com/b']);
  });

  test('a failure in a parallel lets what has begun come to its end, and nothing else begin', async () => {
    const at = await bench({
      steps: [
        { name: 'both', parallel: { steps: [get('a'), get('b'), get('c')], max_concurrency: 2 } },
        get('after'),
      ],
      answer: async ({ url }) => {
        if (url.endsWith('/b')) await at.time.sleep(100);
        return url.endsWith('/a') ? json({}, 404) : json({});
      },
    });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'http_404', step: 'a' } });
    expect(calls(at)).toEqual(['GET /a', 'GET /b']);
    expect(rows(at)).toEqual(['both[]#1 failed', 'a[]#1 failed', 'b[]#1 succeeded']);
  });

  test.each([
    [1, ['GET /one']],
    [2, ['GET /two', 'GET /three']],
    [9, ['GET /other']],
  ])('a switch on %d runs the first case that holds, and decides once', async (n, expected) => {
    const at = await bench({
      steps: [
        {
          name: 'pick',
          switch: {
            cases: [
              { when: 'input.n = 1', steps: [get('one')] },
              { when: 'input.n > 1 and input.n < 5', steps: [get('two'), get('three')] },
            ],
            default: [get('other')],
          },
        },
      ],
      input: { n },
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(expected);
  });

  test('a step that fails has others run in its place, which see why', async () => {
    const at = await bench({
      steps: [
        { ...get('main'), on_error: [{ name: 'instead', transform: { why: '{{steps.main.error.code}}' } }] },
        get('after'),
      ],
      answer: ({ url }) => json({}, url.endsWith('/main') ? 404 : 200),
      ...output('{{steps.instead.why}}'),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toBe('http_404');
    expect(at.steps[0]).toMatchObject({ status: 'failed', tolerated: true });
  });

  test('a group that was finished is not entered again by a later process, and its results are there', async () => {
    const at = await bench({
      steps: [{ name: 'group', steps: [get('a'), { name: 'inner', steps: [get('b')] }] }, get('c')],
      answer: ({ url }) => {
        if (url.endsWith('/c') && at.egress.requests.length === 3) throw new Error('the process is gone');
        return json({ url });
      },
      ...output(['{{steps.a.status}}', '{{steps.b.status}}', '{{steps.c.status}}']),
    });
    await at.run().catch(() => {});
    Object.assign(at.execution, { status: 'running', end: null, leaseExpiresAt: 0 });
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /a', 'GET /b', 'GET /c', 'GET /c']);
    expect(at.execution.end?.output).toEqual([200, 200, 200]);
  });

  test('a stop ends the execution with its output, as succeeded or failed', async () => {
    for (const [stop, end] of [
      [{ output: { n: '{{input.n}}' } }, { status: 'succeeded', output: { n: 3 }, error: null }],
      [
        { status: 'failed', message: 'nothing to do' },
        { status: 'failed', output: null, error: { code: 'stopped', message: 'nothing to do', step: 'end' } },
      ],
    ] as const) {
      const at = await bench({
        steps: [{ name: 'end', condition: 'input.n = 3', stop: stop as JsonObject }, get('after')],
        input: { n: 3 },
      });
      await at.run();
      expect(at.execution.end).toMatchObject(end);
      expect(calls(at)).toEqual([]);
    }
  });
});

describe('a wait', () => {
  const HOUR = 3_600_000;

  test('that is short is slept through', async () => {
    const at = await bench({ steps: [{ name: 'pause', wait: { seconds: 2 } }, get('after')] });
    const began = at.time.now();
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.time.now() - began).toBe(2_000);
  });

  test('that is long gives the process back, and the execution its five minutes', async () => {
    const at = await bench({ steps: [get('a'), { name: 'pause', wait: { seconds: 7_200 } }, get('b')] });
    const began = at.time.now();
    const first = await at.run();
    expect(first).toMatchObject({ outcome: 'waiting', resumeAt: new Date(began + 2 * HOUR).toISOString() });
    expect(at.execution).toMatchObject({ status: 'running', owner: null, leaseExpiresAt: null });
    expect(await at.run()).toMatchObject({ outcome: 'waiting' });
    at.time.skip(2 * HOUR);
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /a', 'GET /b']);
    expect(rows(at)).toEqual(['a[]#1 succeeded', 'pause[]#1 succeeded', 'b[]#1 succeeded']);
    expect(at.steps[1]?.duration_ms).toBe(2 * HOUR);
  });

  test('until a time ends then; one that is no time fails', async () => {
    const at = await bench({
      steps: [{ name: 'pause', wait: { until: '{{input.at}}' } }],
      input: { at: '2026-01-01T03:00:00+02:00' },
    });
    expect(await at.run()).toMatchObject({ outcome: 'waiting', resumeAt: '2026-01-01T01:00:00.000Z' });
    for (const wrong of ['tomorrow', '2026-01-01', 7, '2027-01-01T00:00:00Z']) {
      const other = await bench({
        steps: [{ name: 'pause', wait: { until: '{{input.at}}' } }],
        input: { at: wrong },
      });
      expect(await other.run()).toMatchObject({
        status: 'failed',
        error: { class: 'template', step: 'pause' },
      });
    }
  });

  test('beside a step that works stays in the process until that has ended', async () => {
    const at = await bench({
      steps: [{ name: 'both', parallel: { steps: [{ name: 'pause', wait: { seconds: 60 } }, get('slow')] } }],
      answer: async () => {
        await at.time.sleep(30_000);
        return json({});
      },
    });
    expect(await at.run()).toMatchObject({ outcome: 'waiting' });
    expect(rows(at)).toEqual(['both[]#1 waiting', 'slow[]#1 succeeded', 'pause[]#1 waiting']);
    at.time.skip(30_000);
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
  });

  test('of a retry that is long gives the process back too', async () => {
    const at = await bench({
      steps: [get('a')],
      answer: (_request, call) => json({}, call === 1 ? 429 : 200, [['retry-after', '120']]),
    });
    const { last, parked } = await at.runThroughWaits();
    expect([last, parked]).toMatchObject([{ status: 'succeeded' }, 1]);
    expect(at.execution.spentMs).toBe(0);
  });
});

describe('a sub-connector', () => {
  const CHILD = '01890000-0000-7000-8000-0000000000c1';
  const call = (changes: JsonObject = {}) => ({
    name: 'call',
    connector: { id: CHILD, input: { n: '{{input.n}}' } },
    ...changes,
  });
  const child = { steps: [get('inside')], output: { twice: '{{input.n * 2}}' } };

  test('runs as an execution of its own, and its output is the step’s', async () => {
    const at = await bench({
      steps: [call()],
      connectors: { [CHILD]: child },
      input: { n: 21 },
      ...output(['{{steps.call.twice}}', '{{steps.call.body}}']),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(at.execution.end?.output).toEqual([42, { twice: 42 }]);
    const [, inner] = [...at.ledger.executions.values()];
    expect(inner).toMatchObject({
      connector_id: CHILD,
      parentId: at.execution.id,
      depth: 1,
      status: 'succeeded',
    });
  });

  test('is found again by a later process, and does nothing twice', async () => {
    const at = await bench({
      steps: [call(), get('after')],
      connectors: { [CHILD]: child },
      input: { n: 1 },
    });
    let dead = false;
    at.ledger.crossing = ({ fn, phase }) => {
      if (fn === 'finish' && phase === 'after' && !dead) {
        dead = true;
        throw new Error('the process is gone');
      }
    };
    await at.run().catch(() => {});
    Object.assign(at.execution, { status: 'running', end: null, leaseExpiresAt: 0 });
    expect(await at.run({ owner: 'run_2' })).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /inside', 'GET /after']);
    expect(at.ledger.executions.size).toBe(2);
  });

  test('that fails fails its step; one that is not there does too', async () => {
    const at = await bench({
      steps: [call()],
      connectors: { [CHILD]: child },
      input: { n: 1 },
      answer: () => json({}, 403),
    });
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'authorization', step: 'call' },
    });
    const none = await bench({ steps: [call()], input: { n: 1 } });
    expect(await none.run()).toMatchObject({ status: 'failed', error: { code: 'connector_not_found' } });
  });

  test('that calls itself comes to an end', async () => {
    const itself = { name: 'again', connector: { id: CONNECTOR_ID } };
    const at = await bench({ steps: [itself], connectors: { [CONNECTOR_ID]: { steps: [itself] } } });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'connector_depth' } });
    expect(at.ledger.executions.size).toBe(6);
  });

  test('that waits long parks its caller as well', async () => {
    const at = await bench({
      steps: [call()],
      connectors: { [CHILD]: { steps: [{ name: 'pause', wait: { seconds: 600 } }], output: { done: true } } },
      input: { n: 1 },
      ...output('{{steps.call.done}}'),
    });
    const { last, parked } = await at.runThroughWaits();
    expect([last, parked]).toMatchObject([{ status: 'succeeded' }, 1]);
    expect(at.execution.end?.output).toBe(true);
  });

  test('is cancelled with its caller', async () => {
    const at = await bench({
      steps: [call()],
      connectors: { [CHILD]: child },
      input: { n: 1 },
      answer: async () => {
        at.execution.cancelRequested = true;
        await at.time.sleep(20_000);
        return json({});
      },
    });
    expect(await at.run()).toMatchObject({ status: 'cancelled' });
    const [, inner] = [...at.ledger.executions.values()];
    expect(inner).toMatchObject({ status: 'cancelled' });
  });
});

describe('what an answer means', () => {
  test.each([
    [
      'success_when that does not hold',
      { success_when: 'body.ok' },
      { ok: false },
      200,
      { code: 'not_successful', class: 'upstream' },
    ],
    ['success_when that holds of an error status', { success_when: 'status = 404' }, {}, 404, null],
    [
      'error_when',
      {
        error_when: [
          { when: 'body.error', class: 'rate_limit', code: 'slow_down', message: 'it says {{body.error}}' },
        ],
      },
      { error: 'ratelimited' },
      200,
      { code: 'slow_down', class: 'rate_limit', message: 'it says ratelimited' },
    ],
    [
      'a schema that it does not fit',
      { schema: { type: 'object', required: ['id'] } },
      {},
      200,
      { code: 'invalid_response_body' },
    ],
  ] as const)('%s', async (_, response, body, status, error) => {
    const at = await bench({
      steps: [get('a', { response: response as JsonObject })],
      answer: () => json(body, status),
    });
    const ended = await at.run();
    if (error) expect(ended).toMatchObject({ status: 'failed', error });
    else expect(ended).toMatchObject({ status: 'succeeded' });
  });

  test('an assertion that does not hold fails the step with its message', async () => {
    const at = await bench({
      steps: [
        get('a', {
          assert: [{ that: 'steps.a.status = 200' }, { that: 'steps.a.body.n > 5', message: 'too few' }],
        }),
      ],
      answer: () => json({ n: 3 }),
    });
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { code: 'assertion_failed', message: 'too few' },
    });
  });

  test('a map may be one expression that makes all fields', async () => {
    const at = await bench({
      steps: [get('a', { response: { map: 'body.{ "id": key, "n": $count(list) }' } })],
      answer: () => json({ key: 'k', list: [1, 2] }),
      ...output(['{{steps.a.id}}', '{{steps.a.n}}']),
    });
    await at.run();
    expect(at.execution.end?.output).toEqual(['k', 2]);
  });
});

describe('a cache', () => {
  test('answers in place of the service until its time is over, and tells credentials apart', async () => {
    const step = get('a', { cache: { ttl_seconds: 60 } });
    const at = await bench({
      steps: [step],
      answer: (_request, call) => json({ call }),
      ...output('{{steps.a.body.call}}'),
    });
    const again = async () => {
      Object.assign(at.execution, { status: 'queued', end: null, leaseExpiresAt: null, resumedAt: null });
      at.execution.steps.length = 0;
      await at.run();
      return [at.execution.end?.output, at.steps[0]?.source];
    };
    expect(await again()).toEqual([1, null]);
    expect(await again()).toEqual([1, 'cache']);
    at.time.skip(61_000);
    expect(await again()).toEqual([2, null]);
    expect(at.ledger.written.join()).not.toContain('"call\\":1,');
  });

  test('that cannot be written loses no answer', async () => {
    const at = await bench({ steps: [post('a', { cache: { ttl_seconds: 60 } })] });
    at.ledger.crossing = ({ fn }) => {
      if (fn === 'writeCache') throw new Error('the database is away');
    };
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toHaveLength(1);
    expect(at.log.map(({ message }) => message)).toContain('an answer was not kept for later executions');
  });
});

describe('a test run', () => {
  const options = (changes: JsonObject): JsonObject => ({
    mode: 'live',
    steps: {},
    mocks: {},
    pinned: {},
    ...changes,
  });

  test('takes nothing for a mock but a mock, whatever a step is called', async () => {
    const at = await bench({ steps: [get('constructor')], options: options({}) });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /constructor']);
    const other = await bench({ steps: [get('constructor'), get('b')], options: options({ only: 'b' }) });
    expect(await other.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(other)).toEqual(['GET /b']);
  });

  test('that is dry renders every request and sends none, and goes on after what fails', async () => {
    const at = await bench({
      steps: [
        {
          ...post('a'),
          request: { method: 'POST', url: 'https://api.example.com/a', auth: { credential: 'crm' } },
        },
        { ...get('b'), request: { method: 'GET', url: 'https://api.example.com/{{steps.a.body.id}}' } },
        get('c'),
      ],
      credentials: { crm: { type: 'bearer', fields: { token: 'secret-token-1' } } },
      options: options({ mode: 'dry_run' }),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual([]);
    expect(at.steps.map(({ step_name, status, source }) => [step_name, status, source])).toEqual([
      ['a', 'succeeded', 'not_sent'],
      ['b', 'failed', null],
      ['c', 'succeeded', 'not_sent'],
    ]);
    expect(at.steps[0]?.request?.headers).toMatchObject({ Authorization: '[redacted]' });
    expect(at.ledger.written.join()).not.toContain('secret-token-1');
  });

  test('has mocks and pinned answers stand in, and ends where it is told to', async () => {
    const at = await bench({
      steps: [get('a', { response: { map: { id: 'body.id' } } }), get('b'), get('c')],
      options: options({
        until: 'b',
        mocks: { a: { status: 200, headers: {}, body: { id: 7 } } },
        pinned: { b: { status: 404, headers: {}, body: null } },
      }),
    });
    expect(await at.run()).toMatchObject({ status: 'failed', error: { code: 'http_404', step: 'b' } });
    expect(at.steps.map(({ step_name, source, output: fields }) => [step_name, source, fields])).toEqual([
      ['a', 'mock', { id: 7 }],
      ['b', 'pinned', null],
    ]);
    expect(calls(at)).toEqual([]);
  });

  test('of one step runs it alone, with what it is given', async () => {
    const at = await bench({
      steps: [
        get('a'),
        { ...get('b'), request: { method: 'GET', url: 'https://api.example.com/{{steps.a.id}}' } },
        get('c'),
      ],
      options: options({ only: 'b', steps: { a: { id: 'x', status: 200 } } }),
    });
    expect(await at.run()).toMatchObject({ status: 'succeeded' });
    expect(calls(at)).toEqual(['GET /x']);
    expect(rows(at)).toEqual(['b[]#1 succeeded']);
  });
});
