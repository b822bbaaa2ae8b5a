import { env, exports } from 'cloudflare:workers';
import * as z from 'zod';

import { assertDocumented } from './document.ts';

const BASE = 'https://api.test';

/** A person with a token, as hosted Supabase would hand it out. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly workspace?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with the JSON content type unless `headers` say otherwise. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed if it is JSON, a text otherwise; undefined when empty. */
  readonly body: unknown;
}

/**
 * Calls the Worker through its entry point. `target` is `METHOD /path`. Throws when the answer is not one that the
 * OpenAPI document promises, so that every test holds every answer to it.
 */
export async function call(target: string, options: CallOptions = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = target.split(' ');
  const headers = new Headers();
  if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
  if (options.workspace !== undefined) headers.set('x-workspace-id', options.workspace);
  const body = options.json === undefined ? options.raw : JSON.stringify(options.json);
  if (body !== undefined) headers.set('content-type', 'application/json');
  for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
  const response = await exports.default.fetch(BASE + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : isJson(response.headers) ? JSON.parse(text) : text,
  };
  assertDocumented(target, answer);
  return answer;
}

const isJson = (headers: Headers) => /[/+]json\b/.test(headers.get('content-type') ?? '');

const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

/** The problem in an answer; throws when the answer is not a complete one. */
export function problemIn(answer: Answer): z.infer<typeof Problem> {
  const type = answer.headers.get('content-type');
  if (type !== 'application/problem+json') throw new Error(`not a problem but ${type}`);
  const problem = Problem.parse(answer.body);
  if (problem.status !== answer.status) throw new Error('the problem names another status');
  if (problem.requestId !== answer.headers.get('x-request-id')) throw new Error('another request id');
  return problem;
}

const Data = z.object({ data: z.looseObject({ id: z.string().optional() }) });

/** The single object in an answer; throws with the whole answer when it is something else. */
export function dataIn(answer: Answer): Record<string, unknown> {
  const parsed = Data.safeParse(answer.body);
  if (!parsed.success) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return parsed.data.data;
}

/** The id of the object in an answer. */
export function idIn(answer: Answer): string {
  return z.string().parse(dataIn(answer).id);
}

async function control(path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(env.TEST_CONTROL_URL + path, {
    method: 'POST',
    body: JSON.stringify(body ?? null),
  });
  if (!response.ok) throw new Error(`control: ${await response.text()}`);
  return response.json();
}

/** SQL with the rights of the database's owner. */
export async function sql(text: string, ...parameters: unknown[]): Promise<Record<string, unknown>[]> {
  return z.array(z.record(z.string(), z.unknown())).parse(await control('/sql', { sql: text, parameters }));
}

/** Round trips to the database API since the start. Tests of one file run one after another. */
export async function roundTrips(): Promise<number> {
  return z.number().parse(await control('/requests'));
}

/** What the Trigger API was asked to start. */
export async function triggered(): Promise<
  { path: string; headers: Record<string, unknown>; body: unknown }[]
> {
  return z
    .array(z.object({ path: z.string(), headers: z.record(z.string(), z.unknown()), body: z.unknown() }))
    .parse(await control('/triggered'));
}

async function auth(path: string, body: unknown, key: string): Promise<unknown> {
  const response = await fetch(`${env.SUPABASE_URL}/auth/v1${path}`, {
    method: 'POST',
    headers: { apikey: key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`auth: ${response.status} ${await response.text()}`);
  return response.json();
}

/** A new user, signed in. */
export async function signUp(name: string): Promise<User> {
  const email = `${name}-${crypto.randomUUID()}@example.test`;
  const password = crypto.randomUUID();
  const { id } = z
    .object({ id: z.string() })
    .parse(await auth('/admin/users', { email, password, email_confirm: true }, env.TEST_SECRET_KEY));
  const session = await auth('/token?grant_type=password', { email, password }, env.SUPABASE_PUBLISHABLE_KEY);
  return { id, email, token: z.object({ access_token: z.string() }).parse(session).access_token };
}

/** A workspace of its own for a test, made by its owner. */
export async function newWorkspace(owner: User): Promise<string> {
  return idIn(await call('POST /api/v1/workspaces', { token: owner.token, json: { name: 'Test' } }));
}
