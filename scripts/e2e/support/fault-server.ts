import { createConnection, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { listen } from '../../../trigger/egress/testing.ts';
import { selfSignedCertificate } from '../../../trigger/egress/testing-certificate.ts';

/** One request to a faulty service: which one of its target's it is, from 1, and the socket to answer on, byte for byte. */
export type Visit = { visit: number; socket: Socket; origin: string };
export type Answer = (visit: Visit) => void;

export interface FaultServer {
  readonly origin: string;
  /** When each request came, by target; ms since the epoch. */
  readonly visits: ReadonlyMap<string, readonly number[]>;
  close(): Promise<void>;
}

/** A service below HTTP. Requests without a body only, whose head fits into one packet. */
export async function startFaultServer(answer: Answer, tls = false): Promise<FaultServer> {
  const visits = new Map<string, number[]>();
  const onSocket = (socket: Socket) => {
    // What is hung up on in the middle of an answer is the test.
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const target = data.toString('latin1').split(' ')[1] ?? '';
      const times = visits.get(target) ?? [];
      visits.set(target, times);
      times.push(Date.now());
      answer({ visit: times.length, socket, origin });
    });
  };
  const server = await listen(
    tls
      ? createTlsServer(selfSignedCertificate('localhost'), onSocket).on('tlsClientError', () => {})
      : createServer(onSocket),
  );
  const origin = tls ? server.origin.replace('http:', 'https:') : server.origin;
  return { origin, visits, close: server.close };
}

/**
 * Ports on which a connection is never accepted: a thread listens with the shortest queue there is and then sleeps, and
 * the queues are full. The system answers no further SYN.
 */
export async function startDeafPorts(count: number): Promise<{ origins: string[]; close(): Promise<void> }> {
  const worker = new Worker(DEAF, { eval: true, workerData: count });
  const ports = await new Promise<number[]>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', resolve);
  });
  const fillers = ports.flatMap((port) =>
    Array.from({ length: QUEUED }, () => createConnection(port, '127.0.0.1').on('error', () => {})),
  );
  await Promise.all(
    fillers.map((socket) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))),
  );
  return {
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    async close() {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

/** A backlog of 1 takes one connection more than it says (listen(2)). */
const QUEUED = 2;
const DEAF = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const ports = [];
for (let n = 0; n < workerData; n += 1) {
  const server = createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    ports.push(server.address().port);
    if (ports.length < workerData) return;
    parentPort.postMessage(ports);
    // Sleeps without turning to the event loop, which would accept.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
`;
