/** Proof that the tests of the official templates can fail: a wrong call is noticed, whatever is wrong with it. */
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { TemplateFile } from './schema.ts';
import { officialRuns, officialTemplate, TEMPLATES } from './testing/official-runs.ts';

const runs = officialRuns();

describe('the stand-ins are strict', () => {
  type Mutation = [what: string, mutate: (step: TemplateFile['definition']['steps'][number]) => boolean];
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
    return step !== undefined && mutate(step);
  });

  it.each(cases)('$slug, step $name: $what is noticed', async ({ slug, index, mutate }) => {
    const file = structuredClone(officialTemplate(slug));
    const step = file.definition.steps[index];
    if (step) {
      mutate(step);
      delete step.retry;
      step.continue_on_error = false;
    }
    const { status } = await runs.runFile(file);
    expect(status).toBe('failed');
  });
});

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
