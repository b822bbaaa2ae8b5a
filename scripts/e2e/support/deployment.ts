import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureWorkspace, signIn } from '../../demo/users.ts';
import { readStackFile, type StackFile } from '../../stack/stack-file.ts';

/** Where to run, and what to call from there. */
export type Deployment = {
  url: string;
  token: string;
  workspaceId: string | undefined;
  /** The example API, as the deployment's tasks reach it; undefined where there is none. */
  upstream: string | undefined;
};

export const USAGE = `
  --url <url>         the API, such as https://patchbay-api.example.workers.dev; default: the running local stack
  --token <jwt>       an access token of an editor; needed with --url
  --workspace <id>    needed when the user has several
  --upstream <url>    the example API as the tasks reach it; default: the local stack's own, elsewhere public services
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the command line. Without `--url` it is about the local stack that is running. */
export async function deployment(args: string[]): Promise<Deployment> {
  const text = { type: 'string' } as const;
  const options = { url: text, token: text, workspace: text, upstream: text };
  const { values } = parsed(() => parseArgs({ args, options, strict: true }));
  const { url, token, workspace: workspaceId, upstream } = values;
  if (url === undefined) return localStack(values);
  if (token === undefined) throw new UsageError('--url needs --token');
  if (!URL.canParse(url)) throw new UsageError('--url is no URL');
  return { url: url.replace(/\/+$/, ''), token, workspaceId, upstream };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function localStack(values: { workspace?: string; upstream?: string }): Promise<Deployment> {
  const dataDir = process.env.PATCHBAY_DATA_DIR ?? join(import.meta.dirname, '../../../.patchbay');
  let stack: StackFile;
  try {
    stack = readStackFile(dataDir);
  } catch {
    throw new UsageError(
      `no stack has been started in ${dataDir}: run npm start, or name a deployment by --url`,
    );
  }
  const token = await signIn(stack, stack.demoLogin).catch((error: unknown) => {
    throw new UsageError(`the stack of ${dataDir} does not answer (is npm start running?): ${String(error)}`);
  });
  const workspaceId = values.workspace ?? (await ensureWorkspace(stack.url, token, 'Demo'));
  return { url: stack.url, token, workspaceId, upstream: values.upstream ?? stack.exampleUrl };
}
