/** Servers and sockets for the tests of the egress door. Everything stays on loopback. */
import http from 'node:http';
import net, { type AddressInfo, type LookupFunction } from 'node:net';
import type { EgressRequest, EgressResult } from '../../core/egress/port.ts';
import type { Connector, Resolve } from './connector.ts';

export interface TestServer {
  readonly port: number;
  readonly origin: string;
  /** Sockets accepted and requests parsed so far. */
  readonly connections: () => number;
  /** Sockets open at present. */
  readonly open: () => number;
  readonly requests: readonly http.IncomingMessage[];
  /** Body of each request, by the same index. */
  readonly bodies: readonly string[];
  close(): Promise<void>;
}

export type Respond = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

export async function startHttp(respond: Respond = (_request, response) => void response.end('ok')) {
  const requests: http.IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(request);
      bodies.push(body);
      respond(request, response, body);
    });
  });
  return { ...(await listen(server)), requests, bodies } satisfies TestServer;
}

/** A server below HTTP, for answers that no HTTP library would send. */
export async function startTcp(onSocket: (socket: net.Socket) => void) {
  return { ...(await listen(net.createServer(onSocket))), requests: [], bodies: [] } satisfies TestServer;
}

export async function listen(server: net.Server, host = '127.0.0.1', wanted = 0) {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, host, resolve);
  });
  const { port } = addressOf(server);
  return {
    port,
    origin: `http://${host}:${port}`,
    connections: () => accepted,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One port on 127.0.0.1 and, where the machine has it, on ::1. Answers HTTP, so that what got through is seen. */
export async function listenOnLoopback() {
  const answer = (_request: http.IncomingMessage, response: http.ServerResponse) =>
    void response.end('canary');
  const v4 = await listen(http.createServer(answer));
  const v6 = await listen(http.createServer(answer), '::1', v4.port).catch(() => null);
  return {
    port: v4.port,
    hasV6: v6 !== null,
    connections: () => v4.connections() + (v6?.connections() ?? 0),
    async close() {
      await v4.close();
      await v6?.close();
    },
  };
}

/** A public service at start.example.com that redirects to wherever its URL says, byte for byte. */
export async function startRedirects() {
  const server = await startTcp((socket) =>
    socket.on('data', (data) => {
      const [, path = ''] = data.toString('latin1').split(' ');
      const [, status = '302', location = ''] = path.split('/');
      const head = Buffer.from(`HTTP/1.1 ${status} Moved\r\ncontent-length: 0\r\nlocation: `);
      // In one piece: several small writes would each wait for the peer's delayed acknowledgement.
      socket.write(Buffer.concat([head, Buffer.from(location, 'base64url'), Buffer.from('\r\n\r\n')]));
    }),
  );
  return {
    ...server,
    urlTo: (location: string, status = 302) =>
      `http://start.example.com/${status}/${Buffer.from(location).toString('base64url')}`,
  };
}

function addressOf(server: net.Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP');
  return address;
}

export const ONE_MIB = 1024 * 1024;

export function requestTo(url: string, overrides: Partial<EgressRequest> = {}): EgressRequest {
  return {
    method: 'GET',
    url,
    headers: [],
    body: null,
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    maxResponseBytes: ONE_MIB,
    credentialHosts: null,
    credentialHeaders: [],
    ...overrides,
  };
}

/** The failure's code, or the status when the call succeeded. */
export function outcome(result: EgressResult): string | number {
  return result.ok ? result.response.status : result.failure.code;
}

export function textOf(result: EgressResult): string {
  if (!result.ok) throw new Error(`expected a response, got ${result.failure.code}`);
  return Buffer.from(result.response.body).toString();
}

export function resolveTo(...addresses: string[]): Resolve {
  return async () => addresses.map((address) => ({ address, family: net.isIP(address) }));
}

/** Runs the guarded lookup as a socket would and tells which address it would connect to. */
function pick(
  hostname: string,
  lookup: LookupFunction,
  done: (error: Error | null, address: string) => void,
): void {
  if (net.isIP(hostname) !== 0) {
    done(null, hostname);
    return;
  }
  lookup(hostname, { all: true }, (error, addresses) => {
    const first = typeof addresses === 'string' ? addresses : addresses[0]?.address;
    done(error, first ?? '');
  });
}

/** Opens nothing: records the address that would be connected and reports a refusal. */
export function recordingDial(dialled: string[]): (lookup: LookupFunction) => Connector {
  return (lookup) => (target, callback) =>
    pick(target.hostname, lookup, (error, address) => {
      if (error !== null) return callback(error, null);
      dialled.push(address);
      callback(Object.assign(new Error('recorded'), { code: 'ECONNREFUSED' }), null);
    });
}

/** Stands in for the internet: whatever public address is chosen, the socket goes to this port and says so. */
export function internetAt(port: number, dialled: string[] = []): (lookup: LookupFunction) => Connector {
  return (lookup) => (target, callback) =>
    pick(target.hostname, lookup, (error, address) => {
      if (error !== null) return callback(error, null);
      dialled.push(address);
      const socket = net.connect({ host: '127.0.0.1', port });
      socket.once('error', (reason) => callback(reason, null));
      socket.once('connect', () => {
        Object.defineProperty(socket, 'remoteAddress', { value: address });
        callback(null, socket);
      });
    });
}
