import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type * as z from 'zod';
import { Connector, type CreateConnector } from '../../../core/connector/schema.ts';
import { Execution, FINAL_STATUSES } from '../../../core/execution/schema.ts';
import { ensureWorkspace, signIn } from '../../demo/users.ts';
import type { Stack } from '../../stack/stack.ts';
import { eventually } from './eventually.ts';

export type Answer = { status: number; headers: Headers; text: string; body: unknown };

/** The API as one user of one workspace sees it, with nothing between the test and HTTP. */
export interface Client {
  token: string;
  workspaceId: string;
  /** The database as this user sees it. */
  supabase: SupabaseClient;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The `data` of an answer; throws on any other status than the expected one. */
  data(expected: number, method: string, path: string, body?: unknown): Promise<unknown>;
  createConnector(definition: z.input<typeof CreateConnector>): Promise<Connector>;
  execute(connectorId: string, input?: unknown): Promise<Execution>;
  execution(id: string): Promise<Execution>;
  /** The execution once it has ended. */
  ended(id: string, withinMs: number): Promise<Execution>;
}

export type ClientOptions = { email?: string; onAnswer?: (answer: Answer) => void };

/** A new user with a workspace of their own, unless an e-mail address names a known one. */
export async function newClient(stack: Stack, options: ClientOptions = {}): Promise<Client> {
  const login = { email: options.email ?? `${randomUUID()}@example.com`, password: 'correct horse battery' };
  const token = await signIn(stack, login);
  const workspaceId = await ensureWorkspace(stack.url, token, 'Test');

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${stack.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-workspace-id': workspaceId,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer = { status: response.status, headers: response.headers, text, body: parsed(text) };
    options.onAnswer?.(answer);
    return answer;
  }
  async function data(expected: number, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await call(method, path, body);
    if (answer.status !== expected) throw new Error(`${method} ${path} → ${answer.status}: ${answer.text}`);
    return dataOf(answer);
  }
  const execution = async (id: string) => Execution.parse(await data(200, 'GET', `/api/v1/executions/${id}`));
  return {
    token,
    workspaceId,
    supabase: createClient(stack.supabaseUrl, stack.publishableKey, { accessToken: async () => token }),
    call,
    data,
    createConnector: async (definition) =>
      Connector.parse(await data(201, 'POST', '/api/v1/connectors', definition)),
    execute: async (connectorId, input = {}) =>
      Execution.parse(await data(202, 'POST', `/api/v1/connectors/${connectorId}/execute`, { input })),
    execution,
    async ended(id, withinMs) {
      let latest: Execution | undefined;
      try {
        return await eventually(`the end of execution ${id}`, withinMs, async () => {
          latest = await execution(id);
          return FINAL_STATUSES.has(latest.status) && latest;
        });
      } catch (error) {
        throw new Error(`execution ${id} has not ended: ${JSON.stringify(latest)}`, { cause: error });
      }
    },
  };
}

/** The database with the service role's rights, for looking behind the API. */
export function serviceClient(stack: Stack): SupabaseClient {
  return createClient(stack.supabaseUrl, stack.secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
}

export function dataOf({ body }: Answer): unknown {
  return typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
