/**
 * Requests made from the document, for every operation: no answer may be a failure of ours, and each must be one that the
 * document promises, which `call` sees to.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Json, JsonObject } from '../../../core/json/json.ts';
import { call } from '../../test/api.ts';
import { anyJson, anyPlainText, arbitraryOf } from '../../test/arbitraries.ts';
import { at, DOCUMENT, dereferenced } from '../../test/document.ts';
import { exampleIdsOf, saasAdmin } from '../../test/example-fixture.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';
import { replaceIds } from '../../test/requests.ts';
import type { ExampleIds } from './example-ids.ts';
import type { Operation } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { isObject } from './schemas.ts';

const RUNS = inject('long') ? 500 : 4;
/** Generous: some requests take 30 ms. */
const TIMEOUT_MS = 20_000 + RUNS * 200;

interface Generated {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

const parametersOf = ({ path, method }: Operation): JsonObject[] => {
  const { parameters } = at(DOCUMENT, 'paths', path, method);
  return Array.isArray(parameters) ? parameters.filter(isObject).map(dereferenced) : [];
};

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A value that fits, mostly, or any text at all. */
function parameterText(parameter: JsonObject): fc.Arbitrary<string> {
  const fitting = arbitraryOf(at(parameter, 'schema')).map(asText);
  const example = fc.constant(asText(parameter.example ?? ''));
  return fc.oneof({ arbitrary: example, weight: 4 }, { arbitrary: fitting, weight: 3 }, anyPlainText);
}

/** What a header of HTTP can hold; nobody can send the rest. */
const inHeader = (text: string) => text.replace(/[^\x20-\x7e]/g, '').trim();

/** Waiting is tested elsewhere, and would take its time. */
const WAITING = new Map<string, fc.Arbitrary<string>>([
  ['Prefer', fc.constantFrom('wait=0', 'WAIT="0"', 'wait=0, respond-async', 'wait=0; x=y')],
  ['wait', fc.constantFrom('0', '00', '-1', '100', '')],
]);

function requestOf(operation: Operation): fc.Arbitrary<Generated> {
  const parameters = parametersOf(operation);
  const textsIn = (place: string, requiredToo: boolean): fc.Arbitrary<Record<string, string>> => {
    const texts = parameters
      .filter((parameter) => parameter.in === place)
      .map((parameter): [string, fc.Arbitrary<string>] => [
        String(parameter.name),
        WAITING.get(String(parameter.name)) ?? parameterText(parameter),
      ]);
    const record = Object.fromEntries(texts);
    const some = requiredToo
      ? fc.record(record)
      : fc.record(record, { requiredKeys: Object.keys(record).filter((name) => name === 'wait') });
    return some.map((values) =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? ''])),
    );
  };
  const { content } = at(DOCUMENT, 'paths', operation.path, operation.method, 'requestBody');
  const schema = at(content, 'application/json', 'schema');
  const fitting = arbitraryOf(schema);
  const changed = fc
    .tuple(fitting, fc.string({ maxLength: 8 }), anyJson)
    .map(([body, key, value]) =>
      isObject(body) ? { ...body, [Object.keys(body)[key.length] ?? key]: value } : value,
    );
  const examples = Object.values(operation.body?.examples ?? {}).map(({ value = null }) => value);
  const body =
    content === undefined
      ? fc.constant(undefined)
      : fc
          .oneof(
            { arbitrary: fitting, weight: 4 },
            { arbitrary: changed, weight: 3 },
            { arbitrary: fc.constantFrom(...examples), weight: 2 },
            anyJson,
          )
          .map((value) => JSON.stringify(value));
  return fc
    .tuple(textsIn('path', true), textsIn('query', false), textsIn('header', false), body)
    .map(([path, query, headers, text]) => ({
      path:
        operation.path.replace(/\{([^}]+)\}/g, (_, name: string) => segment(String(path[name]))) +
        (Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`),
      headers: { Prefer: 'wait=0', ...mapValues(headers, inHeader) },
      body: text,
    }));
}

/** URLs have no empty segments, and resolve `.` and `..` before anything is sent. */
function segment(text: string): string {
  return text === '' || /^\.+$/.test(text) ? 'x' : encodeURIComponent(text.toWellFormed());
}

function mapValues(texts: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]));
}

const ids = (generated: Generated, of: ExampleIds): Generated => ({
  path: replaceIds(generated.path, of),
  headers: mapValues(generated.headers, (text) => replaceIds(text, of)),
  body: generated.body === undefined ? undefined : replaceIds(generated.body, of),
});

describe('generated requests', () => {
  let users: Fixture;
  beforeAll(async () => {
    users = await newFixture();
  });

  it.each(OPERATIONS)(
    'are answered as documented: $operationId',
    async (operation) => {
      const fixture = await newFixture(users);
      const of = await exampleIdsOf(fixture, operation);
      const { token } = operation.access === 'saas_admin' ? await saasAdmin() : fixture.owner;
      await fc.assert(
        fc.asyncProperty(requestOf(operation), async (generated) => {
          const { path, headers, body } = ids(generated, of);
          const answer = await call(`${operation.method.toUpperCase()} ${path}`, {
            ...(operation.access === 'public' ? {} : { token }),
            workspace: fixture.workspace,
            headers,
            ...(body === undefined ? {} : { raw: body }),
          });
          expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(500);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    TIMEOUT_MS,
  );
});
