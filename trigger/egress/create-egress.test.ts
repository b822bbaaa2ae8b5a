/**
 * Requirement → test. The rules that need no socket are in core/egress/*.test.ts.
 *
 * | requirement (design 9) | test |
 * |---|---|
 * | private and special addresses are never connected, in any notation | "never reaches the canary", "never dials …" |
 * | … nor when a name resolves to them, wholly or in part | "refuses a name that resolves to …", property test |
 * | the checked address is the connected one (rebinding) | "connects only to what it checked …" |
 * | second guard on the open socket | "refuses a socket whose peer is not public …" |
 * | public services can be called | "dials the public address of …" |
 * | loopback only by the development setting | "development setting" |
 * | redirects checked again, credentials dropped, bindings kept | redirects.test.ts |
 * | caps on wire and decoded bytes, headers, time; abort | limits.test.ts |
 * | one door: no proxy, framing headers, TLS verified, keep-alive | connection.test.ts |
 */
import net from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../core/egress/address.ts';
import { createEgress } from './create-egress.ts';
import {
  internetAt,
  outcome,
  recordingDial,
  requestTo,
  resolveTo,
  startHttp,
  type TestServer,
} from './testing.ts';

let canary: TestServer;
beforeAll(async () => {
  canary = await startHttp();
});
afterAll(() => canary.close());

/** HOST notations of the machine the canary runs on, of its neighbours, and of names that lead there. */
const HOSTILE_HOSTS = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0X7F000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '00000177.0.0.1',
  '0',
  '0.0.0.0',
  '0x0',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '%31%32%37.0.0.1',
  '127.0.0.1%2e',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:7F00:0001]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:7f00:1::1]',
  '[2001:0:7f00:1::]',
  '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
  '[fe80::5efe:127.0.0.1]',
  '[2a00:1450:4001:80e::5efe:7f00:1]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[ff02::1]',
  '[fe80::1%25lo]',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '255.255.255.255',
  'localhost',
  'LocalHost',
  'localhost.',
  'ｌｏｃａｌｈｏｓｔ',
  '%6c%6f%63%61%6c%68%6f%73%74',
  'x.localhost',
  'localhost.localdomain',
  'printer.local',
  'metadata.google.internal',
  'metadata',
  'private.example.com',
  'user@127.0.0.1',
  'user:pass@localhost',
  'example.com@127.0.0.1',
  'example.com:80@127.0.0.1',
  '\\127.0.0.1',
  '/127.0.0.1',
  '//127.0.0.1',
];

/** Whole URLs, where the host is not the point. */
const HOSTILE_URLS = [
  'file:///etc/passwd',
  'file://127.0.0.1/etc/passwd',
  'ftp://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/_GET%20/',
  'dict://127.0.0.1:PORT/stat',
  'data:text/html,hi',
  'javascript:fetch("http://127.0.0.1:PORT")',
  'ws://127.0.0.1:PORT/',
  'unix:/var/run/docker.sock',
  'blob:http://127.0.0.1:PORT/x',
  'http:127.0.0.1:PORT',
  'HtTp://127.0.0.1:PORT/',
  'https://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT\t/',
  'ht\ntp://127.0.0.1:PORT/',
  ' http://127.0.0.1:PORT/ ',
  'http://example.com:22/',
  'http://example.com:6379/',
  'http://8.8.8.8:25/',
];

describe('hostile URLs', () => {
  it(`covers at least 60 shapes`, () => {
    expect(HOSTILE_HOSTS.length + HOSTILE_URLS.length).toBeGreaterThanOrEqual(60);
  });

  const urls = [...HOSTILE_HOSTS.map((host) => `http://${host}:PORT/`), ...HOSTILE_URLS];
  it.each(urls)('never reaches the canary by %j', async (template) => {
    // The canary's port is allowed, so that it is the host that decides; names lead to it, if they are looked up.
    const egress = createEgress(
      { allowLoopback: false, allowedPorts: [canary.port] },
      { resolve: resolveTo('127.0.0.1') },
    );
    const result = await egress.send(requestTo(template.replace('PORT', String(canary.port))));
    await egress.close();
    expect(result).toMatchObject({ ok: false, failure: { class: 'egress_blocked', requestSent: false } });
    expect(canary.connections()).toBe(0);
  });

  it.each(urls)('never dials for %j', async (template) => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo('127.0.0.1'), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: false }, ports);
    await egress.send(requestTo(template.replace(':PORT', '')));
    await egress.close();
    expect(dialled).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    [['127.0.0.1']],
    [['::1']],
    [['10.0.0.1']],
    [['169.254.169.254']],
    [['fd00:ec2::254']],
    [['::ffff:127.0.0.1']],
    [['64:ff9b::7f00:1']],
    [['0.0.0.0']],
    [['::']],
    [['93.184.216.34', '127.0.0.1']],
    [['127.0.0.1', '93.184.216.34']],
    [['2606:4700:4700::1111', '10.0.0.1']],
    [['93.184.216.34', 'not an address']],
  ])('refuses a name that resolves to %j', async (addresses) => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo(...addresses), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: false }, ports);
    const result = await egress.send(requestTo('https://api.example.com/'));
    await egress.close();
    expect(result).toMatchObject({ ok: false, failure: { code: 'blocked_address', requestSent: false } });
    expect(dialled).toEqual([]);
  });

  it('connects only to what it checked while a name alternates between public and private', async () => {
    const internet = await startHttp(
      (_request, response) => void response.setHeader('connection', 'close').end('ok'),
    );
    let lookups = 0;
    const dialled: string[] = [];
    const egress = createEgress(
      { allowLoopback: false, allowedPorts: [canary.port] },
      {
        resolve: async () => {
          lookups += 1;
          return [{ address: lookups % 2 === 1 ? '93.184.216.34' : '127.0.0.1', family: 4 }];
        },
        dial: internetAt(internet.port, dialled),
      },
    );
    const outcomes: (string | number)[] = [];
    for (let round = 0; round < 200; round += 1) {
      outcomes.push(outcome(await egress.send(requestTo(`http://rebind.example.com:${canary.port}/`))));
    }
    await egress.close();
    await internet.close();
    expect(outcomes.filter((one) => one === 200)).toHaveLength(100);
    expect(outcomes.filter((one) => one === 'blocked_address')).toHaveLength(100);
    // One lookup per connection: a second one could have been answered differently.
    expect(lookups).toBe(200);
    expect(new Set(dialled)).toEqual(new Set(['93.184.216.34']));
    expect(canary.connections()).toBe(0);
  });

  it('refuses a socket whose peer is not public, before a request is written', async () => {
    let received = 0;
    const trap = net.createServer((socket) => socket.on('data', (data) => (received += data.length)));
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const address = trap.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    // A connector that ignores the lookup, as a proxy or a patched runtime might.
    const dial = () => (_target: unknown, callback: (...result: [null, net.Socket]) => void) => {
      const socket = net.connect({ host: '127.0.0.1', port });
      socket.once('connect', () => callback(null, socket));
    };
    const egress = createEgress({ allowLoopback: false }, { dial });
    const result = await egress.send(
      requestTo('http://api.example.com/', { method: 'POST', body: 'secret' }),
    );
    await egress.close();
    await new Promise((resolve) => trap.close(resolve));
    expect(result).toMatchObject({ ok: false, failure: { code: 'blocked_address', requestSent: false } });
    expect(received).toBe(0);
  });

  it('reports a name that does not resolve', async () => {
    for (const resolve of [resolveTo(), () => Promise.reject(new Error('ENOTFOUND'))]) {
      const egress = createEgress({ allowLoopback: false }, { resolve });
      const result = await egress.send(requestTo('http://api.example.com/'));
      await egress.close();
      expect(result).toMatchObject({
        ok: false,
        failure: { class: 'network', code: 'dns_failed', requestSent: false },
      });
    }
  });
});

describe('public services', () => {
  it.each([
    ['https://api.example.com/', '93.184.216.34'],
    ['http://api.example.com/', '93.184.216.34'],
    ['https://API.EXAMPLE.com/', '93.184.216.34'],
    ['https://api.example.com./', '93.184.216.34'],
    ['https://api.example.com:443/', '93.184.216.34'],
    ['http://api.example.com:443/', '93.184.216.34'],
    ['https://api.example.com:80/', '93.184.216.34'],
    ['https://api.example.com:8443/', '93.184.216.34'],
    ['https://bücher.example/', '93.184.216.34'],
    ['https://xn--bcher-kva.example/', '93.184.216.34'],
    ['https://localhost.example.com/', '93.184.216.34'],
    ['https://127.0.0.1.example.com/', '93.184.216.34'],
    ['https://a-b.c_d.example.com/x?y=http://10.0.0.1/#z', '93.184.216.34'],
    ['https://example.com/@127.0.0.1/', '93.184.216.34'],
    ['https://8.8.8.8/', '8.8.8.8'],
    ['https://134744072/', '8.8.8.8'],
    ['https://0x08080808/', '8.8.8.8'],
    ['https://172.32.0.1/', '172.32.0.1'],
    ['https://11.0.0.1/', '11.0.0.1'],
    ['https://[2606:4700:4700::1111]/', '2606:4700:4700::1111'],
    ['https://[2001:4860:4860:0:0:0:0:8888]/', '2001:4860:4860::8888'],
    ['https://[::ffff:8.8.8.8]/', '::ffff:808:808'],
    ['https://[64:ff9b::8.8.8.8]/', '64:ff9b::808:808'],
  ])('dials the public address of %s', async (url, address) => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo('93.184.216.34'), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: false, allowedPorts: [8443] }, ports);
    const result = await egress.send(requestTo(url));
    await egress.close();
    expect(dialled).toEqual([address]);
    expect(outcome(result)).toBe('connect_refused');
  });
});

describe('generated addresses', () => {
  it('dials public addresses only, whatever a name resolves to', async () => {
    const v4 = fc.ipV4();
    const edge = fc.constantFrom(
      '10.0.0.0',
      '127.0.0.1',
      '169.254.169.254',
      '192.168.1.1',
      '172.31.255.255',
      '::1',
    );
    const embedded = fc
      .tuple(
        fc.constantFrom('::ffff:', '::', '64:ff9b::', '2a00:1450::5efe:', '::ffff:0:'),
        fc.oneof(
          v4,
          edge.filter((ip) => !ip.includes(':')),
        ),
      )
      .map(([prefix, ip]) => prefix + ip);
    const address = fc.oneof(v4, fc.ipV6(), edge, embedded);
    const answers = fc.array(address, { minLength: 1, maxLength: 3 });

    const dialled: string[] = [];
    let current: readonly string[] = [];
    const egress = createEgress(
      { allowLoopback: false },
      { resolve: (hostname) => resolveTo(...current)(hostname), dial: recordingDial(dialled) },
    );
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (addresses, literal) => {
        dialled.length = 0;
        current = addresses;
        const [first = ''] = addresses;
        const host = !literal ? 'api.example.com' : first.includes(':') ? `[${first}]` : first;
        const result = await egress.send(requestTo(`http://${host}/`));
        const relevant = literal ? [first] : addresses;
        const allowed = relevant.every(isPublicAddress);
        expect(dialled).toHaveLength(allowed ? 1 : 0);
        expect(outcome(result)).toBe(allowed ? 'connect_refused' : 'blocked_address');
      }),
      { numRuns: 2000 },
    );
    await egress.close();
  });
});

describe('development setting', () => {
  it('reaches loopback on any port, by address and by name', async () => {
    const local = await startHttp();
    const egress = createEgress({ allowLoopback: true });
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '[::ffff:127.0.0.1]']) {
      expect(outcome(await egress.send(requestTo(`http://${host}:${local.port}/`)))).toBe(200);
    }
    await egress.close();
    await local.close();
  });

  it('still refuses every other private address, and public names that lead to loopback', async () => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo('127.0.0.1'), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: true }, ports);
    for (const host of ['10.0.0.1', '169.254.169.254', '[fe80::1]', '0.0.0.0', 'api.example.com']) {
      expect(outcome(await egress.send(requestTo(`http://${host}/`)))).toBe('blocked_address');
    }
    await egress.close();
    expect(dialled).toEqual([]);
  });

  it('refuses localhost when it does not lead to loopback', async () => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo('93.184.216.34'), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: true }, ports);
    expect(outcome(await egress.send(requestTo('http://localhost:22/')))).toBe('blocked_address');
    await egress.close();
    expect(dialled).toEqual([]);
  });
});
