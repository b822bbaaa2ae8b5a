import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Call = {
  method: string;
  /** Path and query as they came over the wire. */
  target: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** The caller closed the connection before it had its answer. */
  closedEarly: boolean;
};
export type Handler = (call: Call, response: ServerResponse) => void | Promise<void>;

export interface Upstream {
  url: string;
  /** `host:port`, as a credential's allowed host. */
  host: string;
  calls: Call[];
  stop(): Promise<void>;
}

/** Somebody else's service: remembers each call that arrives, then lets the test answer it. */
export async function startUpstream(handler: Handler): Promise<Upstream> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://upstream');
    const call: Call = {
      method: request.method ?? '',
      target: request.url ?? '/',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
      closedEarly: false,
    };
    calls.push(call);
    response.once('close', () => {
      call.closedEarly = !response.writableFinished;
    });
    await handler(call, response);
  });
  // A caller that is killed in the middle of its request is what these tests are about.
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    url: `http://${host}`,
    host,
    calls,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
