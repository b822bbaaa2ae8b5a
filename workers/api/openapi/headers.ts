import type { Json, JsonObject } from '../../../core/json/json.ts';
import { EXAMPLE_IDS } from './example-ids.ts';

export interface HeaderText {
  readonly description: string;
  readonly schema: JsonObject;
  readonly example: Json;
  readonly required?: boolean;
}

const text: JsonObject = { type: 'string' };

/** Headers of requests, besides those that HTTP itself needs. */
export const REQUEST_HEADERS = {
  'X-Workspace-Id': {
    description:
      'The workspace that the request is about. May be left out by members of only one workspace; an API key always stands for its own.',
    schema: { type: 'string', format: 'uuid' },
    example: EXAMPLE_IDS.workspace,
  },
  'X-Request-Id': {
    description: 'A name for this request, to find it in logs; one is made up when it is missing.',
    schema: { type: 'string', maxLength: 128, pattern: '^[A-Za-z0-9_\\-=]+$' },
    example: 'checkout-42',
  },
  'Idempotency-Key': {
    description:
      'Makes a POST safe to send again: for a day, the same key and request get the first answer, and the same key with another request is 422. Keys belong to their caller.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
    example: 'order-1001',
  },
  'If-Match': {
    description:
      'The `ETag` that was read. When somebody else has changed the object since, this answers 412 and changes nothing.',
    schema: text,
    example: '"r1"',
  },
  'If-None-Match': {
    description: 'The `ETag` that is known already. When it still stands, this answers 304 without a body.',
    schema: text,
    example: '"r7"',
  },
  'Last-Event-ID': {
    description:
      'The `id` of the last event that came: the stream goes on behind it, with nothing lost and nothing twice. `last_event_id` says the same where headers cannot be set.',
    schema: { type: 'string', pattern: '^\\d{1,9}(\\.[1-9]\\d{0,6})?$' },
    example: '0',
  },
  Prefer: {
    description:
      '`wait=N` waits up to N seconds (30 at most) for the end, and answers 200 with the result if it comes in time (RFC 7240).',
    schema: text,
    example: 'wait=1',
  },
} as const satisfies Record<string, HeaderText>;
export type RequestHeader = keyof typeof REQUEST_HEADERS;

/** Headers of answers. `required` ones come with every answer that documents them. */
export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'The name of this request in our logs.',
    schema: text,
    example: 'checkout-42',
    required: true,
  },
  Allow: {
    description: 'The methods that are there.',
    schema: text,
    example: 'GET, HEAD',
    required: true,
  },
  Location: {
    description: 'Where the object can be read.',
    schema: { type: 'string', format: 'uri-reference' },
    example: `/api/v1/connectors/${EXAMPLE_IDS.connector}`,
    required: true,
  },
  ETag: {
    description: 'The revision of the object, for `If-Match` and `If-None-Match`.',
    schema: text,
    example: '"r1"',
    required: true,
  },
  'Idempotency-Replayed': {
    description: '`true` when this is the answer of an earlier call with the same `Idempotency-Key`.',
    schema: { type: 'string', enum: ['true'] },
    example: 'true',
  },
  'RateLimit-Policy': {
    description: 'How many requests (`q`) a caller has in how many seconds (`w`).',
    schema: text,
    example: '"caller";q=100;w=10',
  },
  RateLimit: {
    description: 'What is left (`r`) of which policy, and the seconds (`t`) until there is more.',
    schema: text,
    example: '"caller";r=0;t=10',
    required: true,
  },
  'Preference-Applied': {
    description: 'The `wait` that was granted, if one was asked for.',
    schema: text,
    example: 'wait=1',
  },
  'Retry-After': {
    description: 'Seconds after which trying again makes sense.',
    schema: { type: 'integer', minimum: 0 },
    example: 2,
    required: true,
  },
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 6750).',
    schema: text,
    example: 'Bearer error="invalid_token"',
    required: true,
  },
} as const satisfies Record<string, HeaderText>;
export type AnswerHeader = keyof typeof ANSWER_HEADERS;
