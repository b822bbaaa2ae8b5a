import type { Json, JsonObject } from '../../../core/json/json.ts';
import { describeComponents } from './descriptions.ts';
import {
  ANSWER_HEADERS,
  type AnswerHeader,
  type HeaderText,
  REQUEST_HEADERS,
  type RequestHeader,
} from './headers.ts';
import { INFO, SECURITY_SCHEMES, SERVERS } from './info.ts';
import type { Operation, Parameters, Success } from './operation.ts';
import {
  FIELD_ERROR_SCHEMA,
  PROBLEM_SCHEMA,
  problemComponents,
  problemExamples,
  problemResponses,
} from './problems.ts';
import { isObject, type SchemaCollector, schemaCollector } from './schemas.ts';
import { TAGS } from './tags.ts';

/** The OpenAPI 3.1 document of these operations. https://spec.openapis.org/oas/v3.1.1.html */
export function buildDocument(operations: readonly Operation[]): JsonObject {
  const schemas = schemaCollector();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: operationObject(operation, schemas),
    };
  }
  const resolved = schemas.resolve(paths);
  return {
    openapi: '3.1.0',
    info: INFO,
    servers: SERVERS,
    security: [{ user: [] }],
    tags: Object.entries(TAGS)
      .filter(([name]) => operations.some(({ tag }) => tag === name))
      .map(([name, description]) => ({ name, description })),
    paths: resolved,
    components: {
      schemas: {
        ...describeComponents(schemas.components()),
        FieldError: FIELD_ERROR_SCHEMA,
        Problem: PROBLEM_SCHEMA,
      },
      responses: problemComponents(operations),
      examples: problemExamples(operations),
      parameters: Object.fromEntries(
        Object.entries<HeaderText>(REQUEST_HEADERS).map(([name, text]) => [
          name,
          headerParameter(name, text),
        ]),
      ),
      headers: Object.fromEntries(
        Object.entries<HeaderText>(ANSWER_HEADERS).map(([name, text]) => [name, headerObject(text)]),
      ),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function operationObject(operation: Operation, schemas: SchemaCollector): JsonObject {
  const { operationId, tag, summary, description, access, params, query, headers = [], body } = operation;
  const named: RequestHeader[] = ['X-Request-Id', ...headers];
  if (access !== 'public' && operation.method === 'post') named.push('Idempotency-Key');
  if (isConditional(operation)) named.push('If-None-Match');
  return {
    operationId,
    tags: [tag],
    summary,
    description: `${description}\n\n${whoMay(operation)}`,
    ...(access === 'public' ? { security: [] } : { security: securityOf(operation) }),
    parameters: [
      ...parametersOf('path', params, schemas),
      ...parametersOf('query', query, schemas),
      ...named.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: schemas.convert(body.schema, 'input'),
                examples: Object.fromEntries(
                  Object.entries(body.examples).map(([name, { summary: title, value = null }]) => [
                    name,
                    { summary: title, value },
                  ]),
                ),
              },
              ...Object.fromEntries(
                Object.entries(body.forms ?? {}).map(([type, { schema, example }]) => [
                  type,
                  { schema: schemas.convert(schema, 'input'), example },
                ]),
              ),
            },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.responses).map(([status, success]) => [
          status,
          successObject(operation, success, schemas),
        ]),
      ),
      ...(isConditional(operation) ? { 304: NOT_MODIFIED } : {}),
      ...problemResponses(operation),
    },
  };
}

/** A GET whose answer has an `ETag` need not be answered twice. */
function isConditional({ method, responses }: Operation): boolean {
  return method === 'get' && responses[200]?.headers?.includes('ETag') === true;
}

const NOT_MODIFIED: JsonObject = {
  description: 'What the caller has is what there is.',
  headers: {
    ETag: { $ref: '#/components/headers/ETag' },
    'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  },
};

function securityOf({ apiKeys }: Operation): Json {
  return apiKeys ? [{ user: [] }, { apiKey: [] }] : [{ user: [] }];
}

/** What roles and scopes are called in the text of an operation. */
const CALLERS: Record<Operation['access'], string> = {
  public: 'Needs no token.',
  user: 'For every signed-in user',
  viewer: 'Needs the role `viewer` or higher',
  executor: 'Needs the role `editor` or higher',
  editor: 'Needs the role `editor` or higher',
  admin: 'Needs the role `admin` or higher',
  owner: 'Needs the role `owner`',
  saas_admin: 'For SaaS admins',
};
const SCOPES: Partial<Record<Operation['access'], string>> = {
  user: 'read',
  viewer: 'read',
  executor: 'execute',
  editor: 'write',
  admin: 'admin',
};

function whoMay({ access, apiKeys }: Operation): string {
  if (access === 'public') return CALLERS.public;
  const scope = SCOPES[access];
  if (!apiKeys || scope === undefined) return `${CALLERS[access]}; not for API keys.`;
  return `${CALLERS[access]}, or an API key with the scope \`${scope}\`${scope === 'admin' ? '' : ' or higher'}.`;
}

function parametersOf(
  place: 'path' | 'query',
  parameters: Parameters | undefined,
  schemas: SchemaCollector,
): JsonObject[] {
  if (parameters === undefined) return [];
  const { properties, required } = schemas.convert(parameters.schema, 'input');
  return Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const text = parameters.about[name];
    return {
      name,
      in: place,
      required: Array.isArray(required) && required.includes(name),
      description: text?.description ?? '',
      schema: text?.schema ?? schema,
      ...(text?.example === undefined ? {} : { example: text.example }),
    };
  });
}

function successObject(operation: Operation, success: Success, schemas: SchemaCollector): JsonObject {
  const { description, schema, example, headers = [], contentType = 'application/json' } = success;
  const named: AnswerHeader[] = ['X-Request-Id', ...headers];
  if (operation.access !== 'public') named.push('RateLimit-Policy');
  if (operation.access !== 'public' && operation.method === 'post') named.push('Idempotency-Replayed');
  return {
    description,
    headers: Object.fromEntries(named.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    ...(schema === undefined
      ? {}
      : {
          content: {
            [contentType]: {
              schema: schemas.convert(schema, 'output'),
              ...(example === undefined
                ? {}
                : { examples: { usual: { summary: description, value: example } } }),
            },
          },
        }),
  };
}

function headerParameter(name: string, { description, schema, example }: HeaderText): JsonObject {
  return { name, in: 'header', required: false, description, schema, example };
}

function headerObject({ description, schema, example, required = false }: HeaderText): JsonObject {
  return { description, required, schema, example };
}
