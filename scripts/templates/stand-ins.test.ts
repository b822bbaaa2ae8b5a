/** Proof that the tests of the official templates can fail: a wrong call is noticed, whatever is wrong with it. */
import { describe, expect, it } from 'vitest';
import { isRequestStep, type RequestStep } from '../../core/connector/request-step.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import { officialRuns, officialTemplate, TEMPLATES } from './testing/official-runs.ts';

const runs = officialRuns();

describe('the stand-ins are strict', () => {
  type Mutation = [what: string, mutate: (step: RequestStep) => boolean];
  /** Each answers whether there was something to change. */
  const MUTATIONS: Mutation[] = [
    [
      'another method',
      ({ request }) => {
        request.method = request.method === 'GET' ? 'DELETE' : 'PUT';
        return true;
      },
    ],
    [
      'a longer path',
      ({ request }) => {
        request.url = `${request.url}/more`;
        return true;
      },
    ],
    [
      'no credential',
      ({ request }) => {
        const had = request.auth !== undefined || request.headers?.['X-Webhook-Token'] !== undefined;
        delete request.auth;
        delete request.headers?.['X-Webhook-Token'];
        return had;
      },
    ],
    [
      'no version header',
      ({ request: { headers = {} } }) => {
        const name = Object.keys(headers).find((header) => /version/i.test(header));
        if (name) delete headers[name];
        return name !== undefined;
      },
    ],
    [
      'another content type',
      ({ request }) => {
        if (request.body === undefined) return false;
        request.headers = { ...request.headers, 'Content-Type': 'text/plain' };
        return true;
      },
    ],
    [
      'one query parameter more',
      ({ request }) => {
        if (Array.isArray(request.query)) return false;
        request.query = { ...request.query, surprise: 'x' };
        return request.method === 'GET';
      },
    ],
    [
      'one field of the body more',
      ({ request: { body } }) => {
        if ((body?.type !== 'json' && body?.type !== 'form') || !isObject(body.content)) return false;
        body.content = { ...body.content, surprise: 'x' };
        return true;
      },
    ],
    [
      'one field of the body less',
      ({ request: { body } }) => {
        if ((body?.type !== 'json' && body?.type !== 'form') || !isObject(body.content)) return false;
        const [first = ''] = Object.keys(body.content);
        delete body.content[first];
        return true;
      },
    ],
    [
      'no idempotency key',
      (step) => {
        const had = step.idempotency_key;
        step.idempotency_key = false;
        return had;
      },
    ],
  ];
  const cases = TEMPLATES.flatMap(({ slug, definition }) =>
    definition.steps.flatMap(({ name }, index) =>
      MUTATIONS.map(([what, mutate]) => ({ slug, name, index, what, mutate })),
    ),
  ).filter(({ slug, index, mutate }) => {
    const step = structuredClone(officialTemplate(slug)).definition.steps[index];
    return step !== undefined && isRequestStep(step) && mutate(step);
  });

  it.each(cases)('$slug, step $name: $what is noticed', async ({ slug, index, mutate }) => {
    expect((await runWith(slug, index, mutate)).status).toBe('failed');
  });

  it.each(cases.filter(({ what }) => what === 'another method'))(
    '$slug, step $name: nothing is noticed when nothing is wrong',
    async ({ slug, index }) => {
      expect((await runWith(slug, index, () => true)).status).toBe('succeeded');
    },
  );
});

/** Inputs with which a step succeeds that fails with the example's. */
const OTHER_INPUT: Record<string, JsonObject> = {
  'hubspot-contact-upsert update': { email: 'grace@example.com' },
};

/** One attempt, and a failure counts: what is wrong with the step decides how the execution ends. */
function runWith(slug: string, index: number, mutate: (step: RequestStep) => boolean) {
  const file = structuredClone(officialTemplate(slug));
  const step = file.definition.steps[index];
  if (!step || !isRequestStep(step)) throw new Error(`no call in step ${index}`);
  mutate(step);
  delete step.retry;
  step.continue_on_error = false;
  Object.assign(file.example.input, OTHER_INPUT[`${slug} ${step.name}`]);
  return runs.runFile(file);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
