import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Json, JsonObject } from '../../../core/json/json.ts';
import committed from '../../assets/openapi.json';
import { at, DOCUMENT, dereferenced, flawOf } from '../../test/document.ts';
import { createApp } from '../app.ts';
import { OPERATIONS } from './operations/index.ts';
import { isObject } from './schemas.ts';

/** Routes that serve the document and its page. */
const PAGES = new Set(['GET /openapi.json', 'GET /docs', 'GET /docs/:file']);

interface Located {
  readonly pointer: string;
  readonly node: JsonObject;
}

function everyObject(value: Json | undefined, pointer = ''): Located[] {
  if (Array.isArray(value)) return value.flatMap((item, n) => everyObject(item, `${pointer}/${n}`));
  if (!isObject(value)) return [];
  const below = Object.entries(value).flatMap(([key, child]) => everyObject(child, `${pointer}/${key}`));
  return [{ pointer, node: value }, ...below];
}

const operations = OPERATIONS.map(({ method, path }) => at(DOCUMENT, 'paths', path, method));
const entries = (value: JsonObject) =>
  Object.entries(value).map(([name, node]): [string, JsonObject] => [name, isObject(node) ? node : {}]);

describe('the OpenAPI document', () => {
  it('has an operation for every route, and no other', () => {
    const registered = createApp()
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => !PAGES.has(route))
      .map((route) => route.replace(/:([a-z_]+)/g, '{$1}'));
    const documented = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(documented.toSorted()).toEqual([...new Set(registered)].toSorted());
    expect(new Set(documented).size).toBe(documented.length);
  });

  it('is the one that is served (npm run generate writes it)', () => {
    expect(committed).toEqual(DOCUMENT);
  });

  it('names every operation once', () => {
    const ids = OPERATIONS.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no reference that leads nowhere, and no component that nobody refers to', () => {
    const references = everyObject(DOCUMENT).flatMap(({ node }) =>
      typeof node.$ref === 'string' ? [node.$ref] : [],
    );
    for (const reference of references) {
      expect(Object.keys(dereferenced({ $ref: reference })), reference).not.toEqual([]);
    }
    const used = new Set(references);
    for (const kind of ['schemas', 'parameters', 'headers', 'examples', 'responses']) {
      for (const [name] of entries(at(DOCUMENT, 'components', kind))) {
        expect(used, `components/${kind}/${name}`).toContain(`#/components/${kind}/${name}`);
      }
    }
  });

  it('describes every parameter, with an example', () => {
    for (const operation of operations) {
      const parameters = Array.isArray(operation.parameters) ? operation.parameters.filter(isObject) : [];
      const path = parameters.filter((parameter) => parameter.in === 'path');
      for (const parameter of [...parameters].map(dereferenced)) {
        expect(parameter.description, `${operation.operationId} ${parameter.name}`).toMatch(/\w/);
        expect(parameter.example, `${operation.operationId} ${parameter.name}`).toBeDefined();
        expect(flawOf(parameter.example, at(parameter, 'schema')), String(parameter.name)).toBeNull();
      }
      expect(path.every(({ required }) => required === true)).toBe(true);
    }
    for (const { path, params } of OPERATIONS) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      expect(Object.keys(params?.schema.shape ?? {}).toSorted()).toEqual(named.toSorted());
    }
  });

  it('describes every component and every property', () => {
    const silent = everyObject(at(DOCUMENT, 'components', 'schemas'))
      .filter(({ pointer }) => !pointer.includes('/examples/'))
      .flatMap(({ pointer, node }) => {
        const isComponent = pointer.split('/').length === 2 && pointer !== '';
        const missing = entries(isObject(node.properties) ? node.properties : {})
          .filter(([, property]) => !/\w/.test(String(property.description ?? '')))
          .map(([name]) => `${pointer}/${name}`);
        return isComponent && !/\w/.test(String(node.description ?? '')) && pointer !== '/FieldError'
          ? [pointer, ...missing]
          : missing;
      });
    expect(silent).toEqual([]);
  });

  it('has a schema and an example for every answer with a body, and each example is valid', () => {
    for (const operation of operations) {
      for (const [status, node] of entries(at(operation, 'responses'))) {
        const response = dereferenced(node);
        const where = `${operation.operationId} ${status}`;
        expect(response.description, where).toMatch(/\w/);
        for (const [, media] of entries(at(response, 'content'))) {
          expect(Object.keys(at(media, 'schema')), where).not.toEqual([]);
          const examples = entries(at(media, 'examples'));
          expect(examples, where).not.toEqual([]);
          for (const [, example] of examples) {
            expect(flawOf(dereferenced(example).value, at(media, 'schema')), where).toBeNull();
          }
        }
      }
    }
  });

  it('has an example for every request body, which the schema takes unless it shows a refusal', () => {
    for (const { operationId, body } of OPERATIONS) {
      if (body === undefined) continue;
      const examples = Object.values(body.examples);
      expect(examples.length, operationId).toBeGreaterThan(0);
      for (const { value, summary, answers = 200 } of examples) {
        if (answers === 422) continue;
        expect(z.safeParse(body.schema, value).success, `${operationId}: ${summary}`).toBe(true);
      }
    }
  });

  it('asks for a token everywhere but where it says that none is needed', () => {
    for (const { access, method, path } of OPERATIONS) {
      const { security } = at(DOCUMENT, 'paths', path, method);
      expect(Array.isArray(security) && security.length === 0, path).toBe(access === 'public');
    }
  });
});
