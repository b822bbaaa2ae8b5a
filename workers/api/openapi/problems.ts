import type { JsonObject } from '../../../core/json/json.ts';
import { isProblemCode, PROBLEMS, type ProblemCode } from '../../../core/problem/problem.ts';
import type { AnswerHeader } from './headers.ts';
import type { Operation } from './operation.ts';

/** What an example says of each problem; one that says nothing of its own repeats the title. */
const DETAILS: Partial<Record<ProblemCode, string>> = {
  invalid_request: 'The header of the request is not valid.',
  malformed_json: 'The body is not valid JSON in UTF-8.',
  workspace_required: 'You are a member of several workspaces: name one in the X-Workspace-Id header.',
  unauthenticated: 'The access token is not valid.',
  forbidden: 'This needs the role editor or higher; yours is viewer.',
  body_too_large: 'A body may have 1048576 bytes.',
  unsupported_media_type: 'Send the body as application/json.',
  validation_failed: 'The body has invalid fields.',
  internal: 'The request failed; its id finds it in our log.',
  unavailable: 'The database does not answer; try again.',
};

/** Problems whose examples point at what is wrong. */
const POINTERS: Partial<Record<ProblemCode, JsonObject>> = {
  invalid_request: { pointer: '#header/X-Workspace-Id', detail: 'must be a UUID' },
  validation_failed: { pointer: '/name', detail: 'is required' },
  unknown_credential: { pointer: '/steps/0/request/auth/credential', detail: 'no such credential' },
  unknown_user: { pointer: '/user_id', detail: 'no such user' },
};

/** The component that every problem is an instance of (RFC 9457). */
export const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  description: 'What went wrong (RFC 9457). Programs go by `code`; `detail` is for people.',
  properties: {
    type: { type: 'string', format: 'uri', description: 'Names the kind of problem; not a link.' },
    title: { type: 'string', description: 'The kind of problem, in words; the same for every request.' },
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What is wrong with this request.' },
    code: { type: 'string', enum: Object.keys(PROBLEMS), description: 'The kind of problem, for programs.' },
    requestId: { type: 'string', description: 'The value of `X-Request-Id`; tell it to support.' },
    errors: {
      type: 'array',
      items: { $ref: '#/components/schemas/FieldError' },
      description: 'Each field that is wrong.',
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId'],
  additionalProperties: false,
};

export const FIELD_ERROR_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    pointer: {
      type: 'string',
      description:
        'A JSON pointer (RFC 6901) into the body, or `#query/name`, `#path/name` or `#header/name` outside of it.',
    },
    detail: { type: 'string', description: 'What is wrong there.' },
  },
  required: ['pointer', 'detail'],
  additionalProperties: false,
};

/** A role of the workspace is asked for, so that the workspace must be found first. */
const ofWorkspace = new Set(['viewer', 'executor', 'editor', 'admin', 'owner']);

/** Every problem that an operation can answer with: its own, and those that come with how it is called. */
export function problemsOf(operation: Operation): ProblemCode[] {
  const { access, apiKeys, body, headers = [], method, params, query, problems = [] } = operation;
  const codes = new Set<ProblemCode>(problems);
  const add = (...more: ProblemCode[]) => {
    for (const code of more) codes.add(code);
  };
  add('internal');
  // Of the path: no other method is there.
  if (access === 'public') add('method_not_allowed');
  if (access !== 'public') add('unauthenticated', 'unavailable', 'invalid_request', 'rate_limited');
  if (access !== 'public' && !apiKeys) add('forbidden');
  if (access !== 'public' && method === 'post') add('idempotency_key_reused');
  if (headers.includes('If-Match')) add('precondition_failed');
  if (ofWorkspace.has(access)) add('workspace_not_found', 'workspace_required');
  if (access !== 'public' && access !== 'user' && access !== 'viewer') add('forbidden');
  if (params !== undefined || query !== undefined) add('invalid_request');
  if (access !== 'public' && method !== 'get') add('body_too_large');
  if (body !== undefined) add('malformed_json', 'unsupported_media_type', 'validation_failed');
  return Object.keys(PROBLEMS)
    .filter(isProblemCode)
    .filter((code) => codes.has(code));
}

/** What an operation can answer with, by status. Operations with the same problems share a component. */
function byStatus(operation: Operation): [status: number, codes: ProblemCode[]][] {
  return [...Map.groupBy(problemsOf(operation), (code) => PROBLEMS[code].status)];
}

const nameOf = (codes: ProblemCode[]) => codes.join('-');

/** The answers of an operation that are problems, by status. */
export function problemResponses(operation: Operation): Record<string, JsonObject> {
  return Object.fromEntries(
    byStatus(operation).map(([status, codes]) => [
      status,
      { $ref: `#/components/responses/${nameOf(codes)}` },
    ]),
  );
}

/** The components that {@link problemResponses} refers to. */
export function problemComponents(operations: readonly Operation[]): Record<string, JsonObject> {
  const components = operations
    .flatMap(byStatus)
    .map(([status, codes]): [string, JsonObject] => [nameOf(codes), problemResponse(status, codes)]);
  return Object.fromEntries(components.sort(([a], [b]) => a.localeCompare(b, 'en')));
}

function problemResponse(status: number, codes: ProblemCode[]): JsonObject {
  const headers: AnswerHeader[] = ['X-Request-Id'];
  if (status === 401) headers.push('WWW-Authenticate');
  if (status === 405) headers.push('Allow');
  if (status === 429) headers.push('RateLimit');
  if (status === 429 || status === 503) headers.push('Retry-After');
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join('\n\n'),
    headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
          ],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** One example of every problem that is answered somewhere, for all answers to refer to. */
export function problemExamples(operations: readonly Operation[]): Record<string, JsonObject> {
  const codes = new Set(operations.flatMap(problemsOf));
  return Object.fromEntries(
    [...codes].sort().map((code) => [code, { summary: PROBLEMS[code].title, value: exampleOf(code) }]),
  );
}

function exampleOf(code: ProblemCode): JsonObject {
  const { status, title } = PROBLEMS[code];
  const pointer = POINTERS[code];
  return {
    type: `urn:patchbay:problem:${code}`,
    title,
    status,
    detail: DETAILS[code] ?? `${title}.`,
    code,
    requestId: 'checkout-42',
    ...(pointer === undefined ? {} : { errors: [pointer] }),
  };
}
