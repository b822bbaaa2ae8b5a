import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from './create-egress.ts';
import { OriginPools } from './origin-pools.ts';
import { outcome, type Respond, recordingDial, requestTo, resolveTo, startHttp, textOf } from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(respond?: Respond) {
  const server = await startHttp(respond);
  cleanups.push(server.close);
  return server;
}

function open(...parameters: Parameters<typeof createEgress>) {
  const egress = createEgress(...parameters);
  cleanups.push(egress.close);
  return egress;
}

/** A thousand names that are all this machine. */
const HOSTS = Array.from({ length: 1_000 }, (_, index) => `h${index}.localhost`);
const local = { resolve: resolveTo('127.0.0.1') };

describe('a thousand hosts', () => {
  it('leave no more idle sockets than there are pools', async () => {
    const server = await serve();
    const egress = open({ allowLoopback: true, maxOrigins: 32 }, local);
    let most = 0;
    for (const host of HOSTS) {
      expect(outcome(await egress.send(requestTo(`http://${host}:${server.port}/`)))).toBe(200);
      most = Math.max(most, server.open());
    }
    expect(server.connections()).toBe(1_000);
    // The peer sees a close a little later than it was made.
    expect(most).toBeLessThanOrEqual(32 + 16);
    await expect.poll(server.open).toBeLessThanOrEqual(32);
  });

  it('called at once are all served, and their sockets closed afterwards', async () => {
    const server = await serve((_request, response) => void setTimeout(() => response.end('ok'), 20));
    const egress = open({ allowLoopback: true, maxOrigins: 32 }, local);
    const calls = HOSTS.slice(0, 300).map((host) => egress.send(requestTo(`http://${host}:${server.port}/`)));
    expect((await Promise.all(calls)).map(outcome)).toEqual(Array(300).fill(200));
    // Idle ones stay for the keep-alive time, or until a newcomer wants room.
    await egress.send(requestTo(`http://newcomer.localhost:${server.port}/`));
    await expect.poll(server.open).toBeLessThanOrEqual(32);
  });

  it('that cannot be connected leave no pool behind', async () => {
    const connect = recordingDial([])((_name, _options, done) =>
      done(null, [{ address: '8.8.8.8', family: 4 }]),
    );
    const pools = new OriginPools({ connect }, 32);
    cleanups.push(() => pools.close());
    for (let host = 0; host < 1_000; host += 1) {
      await new Promise<void>((resolve) => {
        const handler = {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData() {},
          onResponseEnd() {},
          onResponseError: () => resolve(),
        };
        pools.dispatch({ origin: `http://h${host}.example.com`, path: '/', method: 'GET' }, handler);
      });
    }
    await expect.poll(() => pools.size).toBe(0);
  });
});

describe('a connection that is used again', () => {
  it('carries the headers of the request at hand, and no others', async () => {
    const server = await serve();
    const egress = open({ allowLoopback: true, connectionsPerOrigin: 1 });
    for (const token of ['of-one-workspace', null, 'of-another']) {
      const headers = token === null ? [] : ([['authorization', `Bearer ${token}`]] as const);
      await egress.send(requestTo(server.origin, { headers }));
    }
    expect(server.connections()).toBe(1);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer of-one-workspace',
      undefined,
      'Bearer of-another',
    ]);
  });

  it('sends back no cookie of an earlier answer', async () => {
    const server = await serve((_request, response) => void response.setHeader('set-cookie', 'sid=1').end());
    const egress = open({ allowLoopback: true });
    for (let round = 0; round < 2; round += 1) await egress.send(requestTo(server.origin));
    expect(server.requests[1]?.headers).not.toHaveProperty('cookie');
  });

  it("is dropped when a server answers twice: the second answer is nobody else's", async () => {
    const server = await serve((request, response) => {
      const own = Buffer.from(`own ${request.url}`);
      response.end(own, () => {
        request.socket.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned');
      });
    });
    const egress = open({ allowLoopback: true, connectionsPerOrigin: 1 });
    for (let call = 0; call < 10; call += 1) {
      const result = await egress.send(requestTo(`${server.origin}/${call}`));
      if (result.ok) expect(textOf(result)).toBe(`own /${call}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(server.connections()).toBe(10);
  });
});

it('an origin whose call is in flight is not closed to make room', async () => {
  const server = await serve((request, response) => {
    setTimeout(() => response.end('ok'), request.headers.host?.startsWith('slow') ? 300 : 0);
  });
  const egress = open({ allowLoopback: true, maxOrigins: 2 }, local);
  const slow = egress.send(requestTo(`http://slow.localhost:${server.port}/`));
  for (const host of HOSTS.slice(0, 20)) await egress.send(requestTo(`http://${host}:${server.port}/`));
  expect(outcome(await slow)).toBe(200);
});
