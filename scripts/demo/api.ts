import { type Patchbay, patchbay } from '../../workers/api/client.ts';

export type Api = Patchbay;

export function apiClient(url: string, token: string, workspaceId?: string): Api {
  return patchbay(url, { token, ...(workspaceId === undefined ? {} : { workspaceId }) });
}

type TypedResponse<T> = { ok: boolean; status: number; json(): Promise<T>; text(): Promise<string> };

/** The `data` of an answer. Throws what the problem document says when the call was refused. */
export async function data<T>(answer: Promise<TypedResponse<{ data: T }>>): Promise<T> {
  const response = await answer;
  if (!response.ok) throw new Error(`the API answered ${response.status}: ${await response.text()}`);
  return (await response.json()).data;
}
