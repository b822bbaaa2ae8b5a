import { afterEach, describe, expect, it } from 'vitest';
import type { EgressRequest } from '../../core/egress/port.ts';
import { createEgress } from './create-egress.ts';
import {
  internetAt,
  outcome,
  type Respond,
  requestTo,
  resolveTo,
  startHttp,
  type TestServer,
  textOf,
} from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(respond: Respond): Promise<TestServer> {
  const server = await startHttp(respond);
  cleanups.push(server.close);
  return server;
}

function open(...parameters: Parameters<typeof createEgress>) {
  const egress = createEgress(...parameters);
  cleanups.push(egress.close);
  return egress;
}

const redirect =
  (status: number, location: string): Respond =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();

const local = { allowLoopback: true };

describe('redirects to where a call may not go', () => {
  const targets = [
    'http://127.0.0.1:CANARY/',
    'http://localhost:CANARY/',
    'http://0x7f000001:CANARY/',
    'http://[::1]:CANARY/',
    'http://[::ffff:127.0.0.1]:CANARY/',
    '//127.0.0.1:CANARY/',
    'http://user@127.0.0.1:CANARY/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://private.example.com/',
    'http://api.example.com:22/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:CANARY/_x',
    'data:text/plain,x',
  ];

  it.each(targets)('stops at %s', async (template) => {
    const canary = await serve((_request, response) => void response.end('secret'));
    const location = template.replace('CANARY', String(canary.port));
    const internet = await serve(redirect(302, location));
    const dialled: string[] = [];
    const egress = open(
      { allowLoopback: false },
      {
        resolve: (name) => resolveTo(name === 'private.example.com' ? '127.0.0.1' : '93.184.216.34')(name),
        dial: internetAt(internet.port, dialled),
      },
    );
    const result = await egress.send(requestTo('http://api.example.com/'));
    // The first hop was written, so the caller must not treat the call as never made.
    expect(result).toMatchObject({ ok: false, failure: { class: 'egress_blocked', requestSent: true } });
    expect(dialled).toEqual(['93.184.216.34']);
    expect(canary.connections()).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])(
    'stops a chain of %i from public host to public host to private',
    async (status) => {
      const canary = await serve((_request, response) => void response.end('secret'));
      const hops = ['http://b.example.com/', 'http://c.example.com/', `http://127.0.0.1:${canary.port}/`];
      const internet = await serve((request, response) => {
        const at = ['a.example.com', 'b.example.com', 'c.example.com'].indexOf(request.headers.host ?? '');
        response.writeHead(status, { location: hops[at] ?? '/' }).end();
      });
      const egress = open(
        { allowLoopback: false, allowedPorts: [canary.port] },
        { resolve: resolveTo('93.184.216.34'), dial: internetAt(internet.port) },
      );
      const result = await egress.send(requestTo('http://a.example.com/', { method: 'POST', body: 'x' }));
      expect(result).toMatchObject({ ok: false, failure: { code: 'blocked_address', requestSent: true } });
      expect(internet.requests.map(({ headers }) => headers.host)).toEqual([
        'a.example.com',
        'b.example.com',
        'c.example.com',
      ]);
      expect(canary.connections()).toBe(0);
    },
  );

  it.each<[string, Respond]>([
    ...[300, 304, 305, 306, 310, 399].map((status): [string, Respond] => [
      `status ${status}`,
      (_request, response) => void response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(),
    ]),
    [
      'a Refresh header',
      (_request, response) => void response.writeHead(200, { refresh: '0; url=http://127.0.0.1:1/' }).end(),
    ],
    [
      'a Location with 201',
      (_request, response) => void response.writeHead(201, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    [
      'a Content-Location',
      (_request, response) =>
        void response.writeHead(200, { 'content-location': 'http://127.0.0.1:1/' }).end(),
    ],
    [
      'a Link',
      (_request, response) =>
        void response.writeHead(200, { link: '<http://127.0.0.1:1/>; rel=preload' }).end(),
    ],
    [
      'an Alt-Svc',
      (_request, response) => void response.writeHead(200, { 'alt-svc': 'h2="127.0.0.1:1"' }).end(),
    ],
    [
      'a meta element',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<meta http-equiv="refresh" content="0; url=http://127.0.0.1:1/">'),
    ],
  ])('does not follow %s', async (_name, respond) => {
    const internet = await serve(respond);
    const dialled: string[] = [];
    const egress = open(
      { allowLoopback: false, allowedPorts: [1] },
      { resolve: resolveTo('93.184.216.34'), dial: internetAt(internet.port, dialled) },
    );
    for (let call = 0; call < 2; call += 1) {
      expect((await egress.send(requestTo('http://a.example.com/'))).ok).toBe(true);
    }
    expect(new Set(dialled)).toEqual(new Set(['93.184.216.34']));
    expect(new Set(internet.requests.map(({ url }) => url))).toEqual(new Set(['/']));
  });

  it('follows a redirect to another public host', async () => {
    const internet = await serve((request, response) => {
      if (request.headers.host === 'a.example.com')
        response.writeHead(301, { location: 'http://b.example.com/x' });
      response.end(request.headers.host);
    });
    const egress = open(
      { allowLoopback: false },
      { resolve: resolveTo('93.184.216.34'), dial: internetAt(internet.port) },
    );
    const result = await egress.send(requestTo('http://a.example.com/'));
    expect(textOf(result)).toBe('b.example.com');
    expect(result.ok && result.response.url).toBe('http://b.example.com/x');
  });
});

describe('redirects and credentials', () => {
  const credential: Partial<EgressRequest> = {
    headers: [
      ['Authorization', 'Bearer t'],
      ['Cookie', 'a=1'],
      ['X-Api-Key', 'k'],
      ['X-Other', 'o'],
    ],
    credentialHeaders: ['x-api-key'],
    credentialQuery: ['access_key'],
  };

  it('keeps them within the origin', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/next' });
      response.end();
    });
    await open(local).send(requestTo(`${server.origin}/`, { ...credential, credentialHosts: ['127.0.0.1'] }));
    expect(server.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer t',
      cookie: 'a=1',
      'x-api-key': 'k',
    });
  });

  it.each([301, 302, 303, 307, 308])('drops them across origins after %i', async (status) => {
    const other = await serve((_request, response) => void response.end('ok'));
    const server = await serve(redirect(status, `${other.origin}/next?access_key=k&page=2`));
    const result = await open(local).send(requestTo(`${server.origin}/?access_key=k`, credential));
    expect(outcome(result)).toBe(200);
    const received = other.requests[0];
    expect(received?.url).toBe('/next?page=2');
    expect(received?.headers['x-other']).toBe('o');
    for (const name of ['authorization', 'cookie', 'x-api-key'])
      expect(received?.headers).not.toHaveProperty(name);
  });

  it('does not give them back when a redirect returns to the first origin', async () => {
    const other = await serve(
      (_request, response) => void response.writeHead(302, { location: back() }).end(),
    );
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: `${other.origin}/` });
      response.end();
    });
    const back = () => `${server.origin}/back`;
    await open(local).send(requestTo(`${server.origin}/`, credential));
    expect(server.requests[1]?.url).toBe('/back');
    expect(server.requests[1]?.headers).not.toHaveProperty('authorization');
  });

  it('refuses the first request to a host that the credential is not bound to', async () => {
    const server = await serve((_request, response) => void response.end());
    const result = await open(local).send(
      requestTo(`${server.origin}/`, { credentialHosts: ['api.example.com'] }),
    );
    expect(result).toMatchObject({
      ok: false,
      failure: { code: 'blocked_host_binding', requestSent: false },
    });
    expect(server.connections()).toBe(0);
  });

  it('refuses a redirect to a host that the credential is not bound to', async () => {
    const other = await serve((_request, response) => void response.end());
    const server = await serve(redirect(307, `${other.origin}/`));
    const credentialHosts = [`127.0.0.1:${server.port}`];
    const request = requestTo(`${server.origin}/`, { method: 'POST', body: 'token=t', credentialHosts });
    const result = await open(local).send(request);
    expect(result).toMatchObject({ ok: false, failure: { code: 'blocked_host_binding', requestSent: true } });
    expect(other.connections()).toBe(0);
  });
});

describe('redirect mechanics', () => {
  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [301, 'PUT', 'PUT', 'body'],
    [307, 'POST', 'POST', 'body'],
    [308, 'PATCH', 'PATCH', 'body'],
  ])('after %i sends %s as %s', async (status, before, after, body) => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(status, { location: '/next' });
      response.end();
    });
    const headers = [['content-type', 'text/plain']] as const;
    await open(local).send(requestTo(`${server.origin}/`, { method: before, headers, body: 'body' }));
    const second = server.requests[1];
    expect([second?.method, server.bodies[1], second?.headers['content-type']]).toEqual([
      after,
      body,
      body === '' ? undefined : 'text/plain',
    ]);
  });

  it('uses the same connection within an origin', async () => {
    const server = await serve(redirect(302, '/again'));
    await open(local).send(requestTo(`${server.origin}/`));
    expect(server.connections()).toBe(1);
  });

  it('ends a loop', async () => {
    const server = await serve(redirect(302, '/again'));
    const result = await open(local).send(requestTo(`${server.origin}/`));
    expect(result).toMatchObject({ ok: false, failure: { class: 'upstream', code: 'too_many_redirects' } });
    expect(server.requests).toHaveLength(6);
  });

  it('lets a call ask for fewer redirects than the policy allows, never for more', async () => {
    const server = await serve(redirect(302, '/again'));
    const egress = open({ ...local, maxRedirects: 2 });
    expect(outcome(await egress.send(requestTo(server.origin, { followRedirects: 1 })))).toBe(
      'too_many_redirects',
    );
    expect(server.requests).toHaveLength(2);
    expect(outcome(await egress.send(requestTo(server.origin, { followRedirects: 99 })))).toBe(
      'too_many_redirects',
    );
    expect(server.requests).toHaveLength(5);
  });

  it('hands back the redirect itself when none is to be followed', async () => {
    const server = await serve(redirect(302, 'http://10.0.0.1/'));
    const result = await open(local).send(requestTo(server.origin, { followRedirects: 0 }));
    expect(result.ok && result.response.headers).toContainEqual(['location', 'http://10.0.0.1/']);
    expect(outcome(result)).toBe(302);
  });

  it('reports a Location that is not a URL, and answers a redirect without one as it is', async () => {
    const broken = await serve(redirect(302, 'http://[::1'));
    expect(outcome(await open(local).send(requestTo(broken.origin)))).toBe('invalid_response');
    const bare = await serve((_request, response) => void response.writeHead(302).end());
    expect(outcome(await open(local).send(requestTo(bare.origin)))).toBe(302);
  });
});
