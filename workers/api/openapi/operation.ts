import * as z from 'zod';
import type { Json, JsonObject } from '../../../core/json/json.ts';
import type { ProblemCode } from '../../../core/problem/problem.ts';
import type { AnswerHeader, RequestHeader } from './headers.ts';
import type { TagName } from './tags.ts';

/**
 * Who may call: anybody, any signed-in user, members from a role upwards, or SaaS admins. `executor` is no role of
 * members: an API key with the scope `execute` has it, and so has every editor.
 */
export type Access = 'public' | 'user' | 'viewer' | 'executor' | 'editor' | 'admin' | 'owner' | 'saas_admin';

/** What a reader is told of one path or query parameter. */
export interface ParameterText {
  readonly description: string;
  readonly example?: Json;
  /** Other parameters that the example needs. */
  readonly along?: Readonly<Record<string, string>>;
  /** The form on the wire, where zod reads a text into something else. */
  readonly schema?: JsonObject;
}

export interface Parameters {
  readonly schema: z.ZodObject;
  readonly about: Readonly<Record<string, ParameterText>>;
}

/** Parameters with a text for each: one that the schema has and `about` lacks does not compile. */
export function described<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  about: { readonly [Name in keyof Shape]: ParameterText },
): Parameters {
  return { schema, about };
}

/** A request that the reference shows, and that a test sends. */
export interface RequestExample {
  readonly summary: string;
  /** The body. */
  readonly value?: Json;
  /** The status that it is answered with; the first documented success unless it is named. */
  readonly answers?: number;
  /** Query parameters to send along. */
  readonly query?: Readonly<Record<string, string>>;
  /** Headers to send along. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RequestBody {
  readonly schema: z.ZodType;
  readonly examples: Readonly<Record<string, RequestExample>>;
  /** Other media types that it may come in. */
  readonly forms?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example: Json }>>;
}

export interface Success {
  readonly description: string;
  /** The whole body; an answer without one has no schema. */
  readonly schema?: z.ZodType;
  readonly example?: Json;
  readonly headers?: readonly AnswerHeader[];
  /** `application/json` unless it is named. */
  readonly contentType?: string;
}

/** One route, as data: what the reference page shows, and what tests hold the route to. */
export interface Operation {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces. */
  readonly path: string;
  readonly tag: TagName;
  readonly summary: string;
  readonly description: string;
  readonly access: Access;
  /** Whether API keys whose scope reaches `access` may call it, or only people. */
  readonly apiKeys: boolean;
  readonly params?: Parameters;
  readonly query?: Parameters;
  readonly headers?: readonly RequestHeader[];
  readonly body?: RequestBody;
  /** Of a route without a body: calls to show and to test, when the plain one will not do. */
  readonly calls?: Readonly<Record<string, RequestExample>>;
  readonly responses: Readonly<Record<number, Success>>;
  /** Besides those that every operation of its kind can answer with. */
  readonly problems?: readonly ProblemCode[];
}

/** The body of an answer that is one object. */
export const single = <Schema extends z.ZodType>(schema: Schema) => z.object({ data: schema });

/** The body of an answer that is a page of a list. */
export const page = <Schema extends z.ZodType>(schema: Schema) =>
  z.object({ data: z.array(schema), next_cursor: z.string().nullable() });

export const NO_CONTENT: Success = { description: 'Done; there is nothing to tell.' };

/** The success that an example is answered with unless it names another: the lowest status. */
export function usualStatus(operation: Operation): number {
  return Math.min(...Object.keys(operation.responses).map(Number));
}

/** The examples of an operation by name; a route that takes nothing has none. */
export function examplesOf({ body, calls }: Operation): [string, RequestExample][] {
  return Object.entries(body?.examples ?? calls ?? {});
}
