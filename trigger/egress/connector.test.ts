import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { type ConnectorOptions, createConnector } from './connector.ts';
import { recordingDial, resolveTo, startHttp } from './testing.ts';

/** Connects without the URL rules in front, so that each guard of the connector stands alone. */
function connect(
  hostname: string,
  options: Partial<ConnectorOptions>,
  port = 80,
): Promise<Error | net.Socket> {
  const connector = createConnector({ allowLoopback: false, connectTimeoutMs: 1000, ...options });
  return new Promise((resolve) => {
    const target = { hostname, host: `${hostname}:${port}`, protocol: 'http:', port: String(port) };
    connector(target, (error, socket) => resolve(error ?? socket));
  });
}

describe('createConnector', () => {
  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fe80::1'])(
    'refuses the literal %s, for which no lookup is made',
    async (address) => {
      const dialled: string[] = [];
      expect(await connect(address, { dial: recordingDial(dialled) })).toMatchObject({
        code: 'blocked_address',
      });
      expect(dialled).toEqual([]);
    },
  );

  it.each(['8.8.8.8', '2606:4700:4700::1111'])(
    'dials the public literal %s in development too',
    async (ip) => {
      const dialled: string[] = [];
      await connect(ip, { dial: recordingDial(dialled), allowLoopback: true });
      expect(dialled).toEqual([ip]);
    },
  );

  it.each([true, false])(
    'answers a lookup that wants all addresses or one (autoSelectFamily %s)',
    async (family) => {
      const before = net.getDefaultAutoSelectFamily();
      net.setDefaultAutoSelectFamily(family);
      const server = await startHttp();
      try {
        const options = { allowLoopback: true, resolve: resolveTo('127.0.0.1') };
        const socket = await connect('api.localhost', options, server.port);
        expect(socket).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: server.port });
        if (socket instanceof net.Socket) socket.destroy();
      } finally {
        net.setDefaultAutoSelectFamily(before);
        await server.close();
      }
    },
  );

  it('takes a socket without a peer for a network failure, not for a blocked address', async () => {
    const dial: NonNullable<ConnectorOptions['dial']> = () => (_target, callback) =>
      callback(null, new net.Socket());
    expect(await connect('8.8.8.8', { dial })).toMatchObject({ code: 'connect_failed' });
  });

  it('tells how long lookup and connection took', async () => {
    const server = await startHttp();
    const records: { dnsMs: number; connectMs: number }[] = [];
    const socket = await connect(
      'api.localhost',
      {
        allowLoopback: true,
        resolve: async (name) => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          return resolveTo('127.0.0.1')(name);
        },
        onConnect: (_origin, record) => void records.push(record),
      },
      server.port,
    );
    if (socket instanceof net.Socket) socket.destroy();
    await server.close();
    expect(records[0]?.dnsMs).toBeGreaterThan(40);
    expect(records[0]?.connectMs).toBeGreaterThanOrEqual(0);
  });
});
