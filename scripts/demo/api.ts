import { hc } from 'hono/client';
import type { AppType } from '../../workers/api/index.ts';

/** Hono's typed client for the API: routes, bodies and answers are those of the Worker's own code. */
export function apiClient(url: string, token: string, workspaceId?: string) {
  return hc<AppType>(url, {
    headers: { authorization: `Bearer ${token}`, ...(workspaceId ? { 'x-workspace-id': workspaceId } : {}) },
  });
}
export type Api = ReturnType<typeof apiClient>;

type TypedResponse<T> = { ok: boolean; status: number; json(): Promise<T>; text(): Promise<string> };

/** The `data` of an answer. Throws what the problem document says when the call was refused. */
export async function data<T>(answer: Promise<TypedResponse<{ data: T }>>): Promise<T> {
  const response = await answer;
  if (!response.ok) throw new Error(`the API answered ${response.status}: ${await response.text()}`);
  return (await response.json()).data;
}
