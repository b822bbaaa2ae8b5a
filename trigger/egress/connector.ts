import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { classifyAddress } from '../../core/egress/address.ts';
import { ConnectError } from './errors.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;
export type Connector = buildConnector.connector;

export interface ConnectRecord {
  readonly endedAt: number;
  readonly dnsMs: number;
  readonly connectMs: number;
}

export interface ConnectorOptions {
  readonly allowLoopback: boolean;
  readonly connectTimeoutMs: number;
  readonly resolve?: Resolve;
  /** Opens the socket, with the guarded lookup; tests replace it to see what would be connected. */
  readonly dial?: (lookup: LookupFunction) => Connector;
  readonly onConnect?: (origin: string, record: ConnectRecord) => void;
}

/** Only lookups that outlive their connection stay behind, so this is never reached in good weather. */
const MAX_DNS_TIMES = 256;

const DIAL_OPTIONS = {
  /** One request per connection at a time keeps "was it sent?" certain and a hostile server's reach small. */
  allowH2: false,
  /** Before the next of several addresses is tried, ms. Node's 250 gives up on hosts on the other side of the world. */
  autoSelectFamilyAttemptTimeout: 500,
} as const;

const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true, order: 'verbatim' });

/**
 * Opens sockets to checked addresses only. A name is resolved once, here, and the socket goes to what was checked:
 * a second lookup could answer differently (DNS rebinding). A literal address never reaches a lookup, so it is
 * checked on its own; and the peer of the open socket is checked again, before any request is written.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const resolve = options.resolve ?? resolveBySystem;
  /** Time of the last lookup by host name, until the connection that asked for it is open. */
  const dnsTimes = new Map<string, number>();

  const lookup: LookupFunction = (hostname, lookupOptions, done) => {
    const startedAt = performance.now();
    resolveChecked(hostname, allowedScope(hostname, options.allowLoopback), resolve).then(
      (addresses) => {
        if (dnsTimes.size >= MAX_DNS_TIMES) dnsTimes.clear();
        dnsTimes.set(hostname, performance.now() - startedAt);
        const [first] = addresses;
        if (lookupOptions.all === true) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error: Error) => done(error, ''),
    );
  };
  const dial =
    options.dial?.(lookup) ?? buildConnector({ lookup, timeout: options.connectTimeoutMs, ...DIAL_OPTIONS });

  return (target, callback) => {
    const { hostname } = target;
    const allowed = allowedScope(hostname, options.allowLoopback);
    const startedAt = performance.now();
    if (isIP(hostname) !== 0 && classifyAddress(hostname).scope !== allowed) {
      callback(blocked(hostname, hostname), null);
      return;
    }
    dial(target, (...result) => {
      const totalMs = performance.now() - startedAt;
      const dnsMs = Math.min(dnsTimes.get(hostname) ?? 0, totalMs);
      dnsTimes.delete(hostname);
      const [error, socket] = result;
      if (error !== null || socket === null) {
        callback(...result);
        return;
      }
      const peer = socket.remoteAddress;
      if (peer === undefined || classifyAddress(peer).scope !== allowed) {
        socket.destroy();
        callback(peer === undefined ? closedAtOnce(hostname) : blocked(hostname, peer), null);
        return;
      }
      options.onConnect?.(originOf(target), {
        endedAt: startedAt + totalMs,
        dnsMs,
        connectMs: totalMs - dnsMs,
      });
      callback(null, socket);
    });
  };
}

/**
 * Loopback hosts reach loopback and nothing else, all other hosts the public internet and nothing else: a public
 * name that resolves to 127.0.0.1 is refused even in development.
 */
function allowedScope(hostname: string, allowLoopback: boolean): 'public' | 'loopback' {
  if (!allowLoopback) return 'public';
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isLocal || classifyAddress(hostname).scope === 'loopback' ? 'loopback' : 'public';
}

type NonEmpty<T> = readonly [T, ...T[]];

/** All addresses of a name, each of them checked: a mixed answer is refused whole. */
async function resolveChecked(
  hostname: string,
  allowed: 'public' | 'loopback',
  resolve: Resolve,
): Promise<NonEmpty<ResolvedAddress>> {
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await resolve(hostname);
  } catch {
    throw new ConnectError('dns_failed', `The name ${hostname} could not be resolved.`);
  }
  const [first, ...rest] = addresses;
  if (first === undefined) throw new ConnectError('dns_failed', `The name ${hostname} has no address.`);
  const refused = addresses.find(({ address }) => classifyAddress(address).scope !== allowed);
  if (refused !== undefined) throw blocked(hostname, refused.address);
  return [first, ...rest];
}

function blocked(hostname: string, address: string): ConnectError {
  const { block } = classifyAddress(address);
  const why = block === '' ? '' : ` (${block})`;
  return new ConnectError('blocked_address', `${hostname} leads to ${address}, which is not allowed${why}.`);
}

/** The peer hung up before its address could be checked: a network failure, which may be tried again. */
function closedAtOnce(hostname: string): ConnectError {
  return new ConnectError('connect_failed', `${hostname} closed the connection at once.`);
}

function originOf(target: buildConnector.Options): string {
  return `${target.protocol}//${target.host ?? target.hostname}`;
}
