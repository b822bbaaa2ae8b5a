import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from './create-egress.ts';
import {
  listen,
  outcome,
  type Respond,
  requestTo,
  startHttp,
  startTcp,
  type TestServer,
  textOf,
} from './testing.ts';
import { selfSignedCertificate } from './testing-certificate.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(respond: Respond): Promise<TestServer> {
  const server = await startHttp(respond);
  cleanups.push(server.close);
  return server;
}

function open(policy: Partial<Parameters<typeof createEgress>[0]> = {}) {
  const egress = createEgress({ allowLoopback: true, ...policy });
  cleanups.push(egress.close);
  return egress;
}

const ok: Respond = (_request, response) => void response.end('ok');

describe('requests on the wire', () => {
  it('writes its own framing headers and passes the others on', async () => {
    const server = await serve(ok);
    await open().send(
      requestTo(`${server.origin}/a%2Fb?q=%20x`, {
        method: 'POST',
        headers: [
          ['Host', 'evil.example.com'],
          ['Content-Length', '1'],
          ['Transfer-Encoding', 'chunked'],
          ['Connection', 'upgrade'],
          ['Upgrade', 'websocket'],
          ['Expect', '100-continue'],
          ['X-Twice', '1'],
          ['X-Twice', '2'],
          ['Content-Type', 'text/plain'],
        ],
        body: 'grüße',
      }),
    );
    const [request] = server.requests;
    expect(request?.url).toBe('/a%2Fb?q=%20x');
    expect(server.bodies).toEqual(['grüße']);
    expect(request?.headers).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'keep-alive',
      'user-agent': 'Patchbay/0.1',
      accept: '*/*',
      'accept-encoding': 'gzip, deflate, br, zstd',
      'content-length': '7',
      'content-type': 'text/plain',
      'x-twice': '1, 2',
    });
  });

  it('lets a call set its own User-Agent, Accept and Accept-Encoding', async () => {
    const server = await serve(ok);
    const own = { 'user-agent': 'x/1', accept: 'text/csv', 'accept-encoding': 'identity' };
    await open().send(requestTo(server.origin, { headers: Object.entries(own) }));
    expect(server.requests[0]?.headers).toMatchObject(own);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'])('sends %s', async (method) => {
    const server = await serve(ok);
    expect(outcome(await open().send(requestTo(server.origin, { method })))).toBe(200);
    expect(server.requests[0]?.method).toBe(method);
  });

  it.each(['GET', 'POST', 'DELETE'])('sends a body of bytes with %s', async (method) => {
    const server = await serve(ok);
    await open().send(requestTo(server.origin, { method, body: new TextEncoder().encode('bytes') }));
    expect(server.bodies).toEqual(['bytes']);
  });

  it('never writes a request with a method or header that could split it', async () => {
    const server = await serve(ok);
    const egress = open();
    const bad = [
      { method: 'GET / HTTP/1.1\r\nX: y' },
      { method: 'CONNECT' },
      { method: 'TRACE' },
      { headers: [['x', 'a\r\nX-Evil: 1']] as const },
      { headers: [['x\r\ny', 'a']] as const },
      { headers: [['x', 'a\0']] as const },
      { headers: [['x', '€']] as const },
    ];
    for (const overrides of bad) {
      const result = await egress.send(requestTo(server.origin, overrides));
      expect(result).toMatchObject({ ok: false, failure: { class: 'egress_blocked', requestSent: false } });
    }
    expect(server.connections()).toBe(0);
  });

  it('returns headers in order, in lower case, with repetition', async () => {
    const server = await serve((_request, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.setHeader('X-Mixed', 'Värde');
      response.end();
    });
    const result = await open().send(requestTo(server.origin));
    const headers = result.ok ? result.response.headers : [];
    expect(headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2',
    ]);
    expect(headers).toContainEqual(['x-mixed', 'Värde']);
  });
});

describe('connections', () => {
  it('keeps them alive and uses them again', async () => {
    const server = await serve(ok);
    const egress = open();
    const timings = [];
    for (let round = 0; round < 20; round += 1) {
      const result = await egress.send(requestTo(server.origin));
      if (result.ok) timings.push(result.response.timings);
    }
    expect(server.requests).toHaveLength(20);
    expect(server.connections()).toBe(1);
    expect(timings[0]).toHaveProperty('connectMs');
    expect(timings.slice(1).some((timing) => 'connectMs' in timing)).toBe(false);
    for (const { firstByteMs, totalMs } of timings) expect(firstByteMs).toBeLessThanOrEqual(totalMs);
  });

  it('opens no more than its bound per origin', async () => {
    const server = await serve((_request, response) => void setTimeout(() => response.end('ok'), 5));
    const egress = open({ connectionsPerOrigin: 3 });
    const results = await Promise.all(
      Array.from({ length: 30 }, () => egress.send(requestTo(server.origin))),
    );
    expect(results.map(outcome)).toEqual(Array(30).fill(200));
    expect(server.connections()).toBe(3);
  });

  it('opens a new one when the server has closed the idle one', async () => {
    const server = await serve((request, response) => {
      response.end('ok', () => request.socket.end());
    });
    const egress = open();
    for (let round = 0; round < 3; round += 1) {
      expect(outcome(await egress.send(requestTo(server.origin)))).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(server.connections()).toBe(3);
  });

  it('uses no proxy from the environment', async () => {
    const proxy = await serve(ok);
    const server = await serve((_request, response) => void response.end('direct'));
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin;
    try {
      expect(textOf(await open().send(requestTo(server.origin)))).toBe('direct');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(proxy.connections()).toBe(0);
  });

  it('ends calls in flight when closed, and refuses later ones', async () => {
    const server = await serve(() => void egress.close());
    const egress = createEgress({ allowLoopback: true });
    const inFlight = await egress.send(requestTo(server.origin));
    expect(inFlight).toMatchObject({ ok: false, failure: { code: 'egress_closed', requestSent: true } });
    const later = await egress.send(requestTo(server.origin));
    expect(later).toMatchObject({ ok: false, failure: { code: 'egress_closed', requestSent: false } });
  });
});

describe('network failures', () => {
  it('reports a refused connection, knowing that nothing was sent', async () => {
    const server = await startHttp();
    await server.close();
    const result = await open().send(requestTo(server.origin, { method: 'POST', body: 'x' }));
    expect(result).toMatchObject({
      ok: false,
      failure: { class: 'network', code: 'connect_refused', requestSent: false },
    });
  });

  it.each([
    ['before an answer', ''],
    ['within the headers', 'HTTP/1.1 200 OK\r\nx: '],
    ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['within a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
  ])('reports a connection closed %s, and that the request may have arrived', async (_name, answer) => {
    for (const how of ['end', 'resetAndDestroy'] as const) {
      const server = await startTcp((socket) =>
        socket.once('data', () => socket.write(answer === '' ? 'H' : answer, () => socket[how]())),
      );
      cleanups.push(server.close);
      const result = await open().send(requestTo(server.origin, { method: 'POST', body: 'x' }));
      expect(result.ok).toBe(false);
      expect(result).toMatchObject({ failure: { requestSent: true } });
      expect(['connect_reset', 'invalid_response']).toContain(outcome(result));
    }
  });

  it('never repeats a request on its own', async () => {
    let requests = 0;
    const server = await startTcp((socket) =>
      socket.once('data', () => {
        requests += 1;
        socket.destroy();
      }),
    );
    cleanups.push(server.close);
    for (const method of ['GET', 'POST']) await open().send(requestTo(server.origin, { method }));
    expect(requests).toBe(2);
  });

  it('refuses a certificate that nobody vouches for, before a request is written', async () => {
    const { cert, key } = selfSignedCertificate('localhost');
    let received = 0;
    const server = tls.createServer({ cert, key }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => (received += data.length));
    });
    const { port, close } = await listen(server);
    cleanups.push(close);
    const result = await open().send(
      requestTo(`https://localhost:${port}/`, { method: 'POST', body: 'secret' }),
    );
    expect(result).toMatchObject({
      ok: false,
      failure: { class: 'network', code: 'tls_failed', requestSent: false },
    });
    expect(!result.ok && result.failure.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(received).toBe(0);
  });

  it('reports a server that does not speak TLS', async () => {
    const server = await serve(ok);
    const result = await open().send(requestTo(`https://127.0.0.1:${server.port}/`));
    expect(result).toMatchObject({ ok: false, failure: { code: 'tls_failed', requestSent: false } });
  });

  it('names hosts but no path, query, header or body in a failure', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.destroy()));
    cleanups.push(server.close);
    const egress = open();
    const canary = 'c4n4ry';
    const request = { method: 'POST', headers: [['x-api-key', canary]] as const, body: canary };
    const results = await Promise.all([
      egress.send(requestTo(`${server.origin}/${canary}?k=${canary}`, request)),
      egress.send(requestTo(`http://10.0.0.1/${canary}?k=${canary}`, request)),
      egress.send(requestTo(`http://u:${canary}@example.com/`, request)),
      egress.send(requestTo(`http://127.0.0.1:1/${canary}`, { ...request, timeoutMs: 500 })),
      egress.send(requestTo(`http://[${canary}/`, request)),
      egress.send(requestTo(server.origin, { ...request, headers: [['x-api-key', `${canary}\r\n`]] })),
    ]);
    expect(results.map(({ ok: succeeded }) => succeeded)).toEqual(Array(6).fill(false));
    expect(JSON.stringify(results)).not.toContain(canary);
  });
});
