/**
 * Requirement → test. The rules that need no socket are in core/egress/*.test.ts.
 *
 * | requirement (design 9) | test |
 * |---|---|
 * | private and special addresses are never connected, in any notation, by name or by redirect | bypass.test.ts |
 * | the checked address is the connected one (rebinding); public services can be called | bypass.test.ts |
 * | a name that resolves to them, wholly or in part | "refuses a name that resolves to …", property test |
 * | second guard on the open socket | "refuses a socket whose peer is not public …" |
 * | loopback only by the development setting | "development setting" |
 * | redirects checked again, credentials dropped, bindings kept | redirects.test.ts |
 * | caps on wire and decoded bytes, headers, time; abort | limits.test.ts; what they cost: memory.test.ts |
 * | pools bounded, nothing of a caller on a connection | origin-pools.test.ts |
 * | one door: no proxy, framing headers, TLS verified, keep-alive | connection.test.ts |
 */
import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../core/egress/address.ts';
import { createEgress } from './create-egress.ts';
import { outcome, recordingDial, requestTo, resolveTo, startHttp } from './testing.ts';

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
