import { Agent, createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

/** One row that `write_step_runs` writes, as far as a test wants to know it. */
const Write = z.object({
  op: z.enum(['start', 'commit']),
  step_index: z.int(),
  step_name: z.string(),
  iteration: z.string(),
  attempt: z.int(),
  status: z.string().optional(),
});
export type LedgerWrite = z.infer<typeof Write>;

/** A call of one of the engine's functions. Rows of steps that run side by side are written together. */
const EngineCall = z.object({ p_id: z.string(), p_writes: z.array(Write).default([]) });
export type DatabaseCall = { fn: string; execution: string; writes: LedgerWrite[] };

export type DatabaseHooks = {
  /** The call has arrived and has had no effect yet. It goes on when the promise resolves. */
  onArrived?: (call: DatabaseCall) => void | Promise<void>;
  /** The call has taken effect, and its answer waits until the promise resolves. */
  onAnswered?: (call: DatabaseCall, status: number) => void | Promise<void>;
};

export interface DatabaseProxy {
  /** Starts between the tasks and the database: for `StackOptions.databaseUrlForTasks`. */
  start(target: string): Promise<string>;
  hooks: DatabaseHooks;
  stop(): Promise<void>;
}

/** Stands between the tasks and the database API, and lets a test act just before and just after a call. */
export function databaseProxy(): DatabaseProxy {
  const agent = new Agent({ keepAlive: true });
  const proxy: DatabaseProxy = { start, hooks: {}, stop };
  let target = '';

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const call = engineCall(incoming.url ?? '', body);
    if (call) await proxy.hooks.onArrived?.(call);
    const forwarded = send(
      `${target}${incoming.url}`,
      { method: incoming.method ?? 'GET', headers: incoming.headers, agent },
      async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part);
        if (call) await proxy.hooks.onAnswered?.(call, answer.statusCode ?? 0);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(parts));
      },
    );
    // A database that is down is what the caller would see without this proxy.
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end(body);
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  async function start(url: string): Promise<string> {
    target = url;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }
  async function stop(): Promise<void> {
    agent.destroy();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
  return proxy;
}

function engineCall(path: string, body: Buffer): DatabaseCall | undefined {
  const fn = /\/rpc\/(\w+)/.exec(path)?.[1];
  if (fn === undefined || body.length === 0) return undefined;
  const parsed = EngineCall.safeParse(JSON.parse(body.toString()));
  return parsed.success ? { fn, execution: parsed.data.p_id, writes: parsed.data.p_writes } : undefined;
}
