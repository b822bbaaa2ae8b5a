/**
 * Bodies that the document does not allow, made from each route's schema and its example: each is refused with a pointer
 * to what is wrong, and nothing is written.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../../core/json/json.ts';
import { pointerTo } from '../../../core/json/json.ts';
import { call, problemIn } from '../../test/api.ts';
import { databaseState } from '../../test/database-state.ts';
import { at, DOCUMENT, flawOf } from '../../test/document.ts';
import { exampleIdsOf, saasAdmin } from '../../test/example-fixture.ts';
import { type Fixture, newFixture } from '../../test/fixture.ts';
import { plannedRequest } from '../../test/requests.ts';
import { examplesOf, type Operation } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { isObject } from './schemas.ts';

const MIN_SHAPES = 20;
const MAX_SHAPES = 40;

interface Shape {
  readonly name: string;
  /** Where the body was changed. */
  readonly pointer: string;
  readonly raw: string;
}

const LONG = 'x'.repeat(100_000);
/** In the place of any part of a body. */
const REPLACEMENTS: [string, Json][] = [
  ['null', null],
  ['a number', -1.5],
  ['true', true],
  ['an empty text', ''],
  ['a long text', LONG],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of lists', [[[]]]],
  ['an object of objects', { a: { b: { c: null } } }],
];
/** What a caller might try to set. */
const EXTRA = [
  'colour',
  'id',
  'workspace_id',
  'created_by',
  'created_at',
  'revision',
  'is_official',
  'a/b~c',
];
/** Written out, since these cannot be made from values. */
const RAW: [string, string, string][] = [
  ['a __proto__ key', '/__proto__', '"__proto__":{"admin":true}'],
  ['a constructor key', '/constructor', '"constructor":{"prototype":{}}'],
  ['a prototype key', '/prototype', '"prototype":[]'],
  ['a NUL', '/nul', '"nul":"\\u0000"'],
  ['half of a surrogate pair', '/half', '"half":"\\ud800"'],
  ['a number too large', '/large', '"large":1e999'],
  ['nesting', '/deep', `"deep":${'['.repeat(40)}${']'.repeat(40)}`],
];

/** Every part of a body with its pointer, the body itself first. */
function partsOf(body: Json, pointer = ''): string[] {
  if (typeof body !== 'object' || body === null) return [pointer];
  return [pointer, ...Object.entries(body).flatMap(([key, part]) => partsOf(part, pointerTo(pointer, key)))];
}

/** A copy whose part at `pointer` is another, or is gone. */
function replaced(body: Json, pointer: string, value: Json | undefined): Json {
  if (pointer === '') return value ?? null;
  const copy: Json = structuredClone(body);
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let holder: unknown = copy;
  for (const key of keys) holder = Object(holder)[key];
  if (value !== undefined) Object(holder)[last] = value;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete Object(holder)[last];
  return copy;
}

function shapesOf(operation: Operation): Shape[] {
  const examples = examplesOf(operation).filter(([, { answers = 200 }]) => answers < 300);
  const bodies = examples.map(([, { value = null }]) => value).filter(isObject);
  const { content } = at(DOCUMENT, 'paths', operation.path, operation.method, 'requestBody');
  const schema = at(content, 'application/json', 'schema');
  const shapes = new Map<string, Shape>();
  const add = (name: string, pointer: string, body: Json) => {
    const raw = JSON.stringify(body);
    if (flawOf(body, schema) !== null) shapes.set(raw, { name, pointer, raw });
  };
  for (const body of bodies) {
    add('a list around it', '', [body]);
    for (const key of EXTRA) add(`another field: ${key}`, pointerTo('', key), { ...body, [key]: 'x' });
    for (const pointer of partsOf(body)) {
      if (pointer !== '') add(`without ${pointer}`, pointer, replaced(body, pointer, undefined));
      for (const [name, value] of REPLACEMENTS) {
        add(`${name} at ${pointer}`, pointer, replaced(body, pointer, value));
      }
    }
  }
  const spread = [...shapes.values()];
  const step = Math.max(1, spread.length / MAX_SHAPES);
  const chosen = Array.from(
    { length: Math.min(spread.length, MAX_SHAPES) },
    (_, n) => spread[Math.floor(n * step)],
  );
  const rest = JSON.stringify(bodies[0] ?? {}).slice(1);
  return [
    ...chosen.filter((shape) => shape !== undefined),
    ...RAW.map(([name, pointer, text]) => ({
      name,
      pointer,
      raw: `{${text}${rest === '}' ? '' : ','}${rest}`,
    })),
  ];
}

const related = (a: string, b: string) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

describe('bodies that are not allowed', () => {
  let ours: Fixture;
  beforeAll(async () => {
    ours = await newFixture();
  });

  it.each(OPERATIONS.filter(({ body }) => body !== undefined))(
    'are refused with a pointer, and nothing is written: $operationId',
    async (operation) => {
      const { token } = operation.access === 'saas_admin' ? await saasAdmin() : ours.owner;
      const { target } = plannedRequest(operation, await exampleIdsOf(ours, operation));
      const shapes = shapesOf(operation);
      expect(shapes.length).toBeGreaterThanOrEqual(MIN_SHAPES);
      const before = await databaseState();
      for (const { name, pointer, raw } of shapes) {
        const answer = await call(target, { token, workspace: ours.workspace, raw });
        const problem = problemIn(answer);
        expect(problem, name).toMatchObject({ status: 422, code: 'validation_failed' });
        const pointers = (problem.errors ?? []).map((error) => error.pointer);
        expect(pointers.length, name).toBeGreaterThan(0);
        expect(
          pointers.some((found) => related(found, pointer)),
          `${name}: ${pointers.join(' ')}`,
        ).toBe(true);
      }
      expect(await databaseState()).toEqual(before);
    },
  );
});
