import type { LookupFunction } from 'node:net';
import { checkHeaders, isAllowedMethod } from '../../core/egress/headers.ts';
import { hostIsBound } from '../../core/egress/host-binding.ts';
import {
  type Egress,
  type EgressFailure,
  type EgressRequest,
  type EgressResult,
  egressFailure,
  type HeaderPair,
} from '../../core/egress/port.ts';
import { followRedirect, type Hop, redirectLocation } from '../../core/egress/redirect.ts';
import { checkUrl, type UrlPolicy } from '../../core/egress/url.ts';
import { answer } from './answer.ts';
import { type Connector, type ConnectRecord, createConnector, type Resolve } from './connector.ts';
import { ACCEPT_ENCODING } from './decode.ts';
import { sendHop } from './hop.ts';
import { OriginPools } from './origin-pools.ts';
import { createStop, type Stop } from './stop.ts';

export interface EgressPolicy extends UrlPolicy {
  /** Upper bound and default for redirects per call. */
  readonly maxRedirects?: number;
  /** TCP and TLS together; a call's own `timeoutMs` ends it earlier. */
  readonly connectTimeoutMs?: number;
  /** Sockets kept per origin; further calls wait for one, within their own timeout. */
  readonly connectionsPerOrigin?: number;
  /** Origins whose connections are kept; the least recently used idle one makes room. */
  readonly maxOrigins?: number;
  readonly userAgent?: string;
}

/** Replaceable by tests, so that no test needs the internet. */
export interface EgressPorts {
  /** All addresses of a name; the system's resolver by default. */
  readonly resolve?: Resolve;
  /** Opens a socket with the given guarded lookup; undici's connector by default. */
  readonly dial?: (lookup: LookupFunction) => Connector;
}

const DEFAULT_MAX_REDIRECTS = 5;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
const DEFAULT_CONNECTIONS_PER_ORIGIN = 16;
/** A process serves few connectors at a time; further origins cost a handshake each, not a failure. */
const DEFAULT_MAX_ORIGINS = 128;
const DEFAULT_USER_AGENT = 'Patchbay/0.1';
/** Idle sockets close before common servers do (5 s in Node), so that a request rarely meets a closing one. */
const KEEP_ALIVE_MS = 4_000;
/** A server's own keep-alive hint may prolong that up to here. */
const KEEP_ALIVE_MAX_MS = 60_000;
const MAX_RESPONSE_HEADERS = 200;
const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;
/** Connection timings that no request has claimed yet; a handful in practice. */
const MAX_CONNECT_RECORDS = 256;

/**
 * The door to the internet for tasks. Every call and every redirect passes the URL rules, the host binding of its
 * credential and the address rules of the connector; no proxy from the environment is used.
 *
 * `close()` ends calls in flight (`egress_closed`) and idle connections.
 */
export function createEgress(
  policy: EgressPolicy,
  ports: EgressPorts = {},
): Egress & { close(): Promise<void> } {
  const maxRedirects = policy.maxRedirects ?? DEFAULT_MAX_REDIRECTS;
  const connects = new Map<string, ConnectRecord>();
  const connect = createConnector({
    ...ports,
    allowLoopback: policy.allowLoopback,
    connectTimeoutMs: policy.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    onConnect(origin, record) {
      if (connects.size >= MAX_CONNECT_RECORDS) connects.clear();
      connects.set(origin, record);
    },
  });
  const pools = new OriginPools(
    {
      allowH2: false,
      pipelining: 1,
      connections: policy.connectionsPerOrigin ?? DEFAULT_CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      connect,
    },
    policy.maxOrigins ?? DEFAULT_MAX_ORIGINS,
  );

  /** The connection this hop waited for, if it was opened for it. */
  function claimConnect(hop: Hop, calledAt: number): ConnectRecord | undefined {
    const record = connects.get(hop.url.origin);
    if (record === undefined || record.endedAt < calledAt) return undefined;
    connects.delete(hop.url.origin);
    return record;
  }

  async function follow(
    request: EgressRequest,
    headers: readonly HeaderPair[],
    stop: Stop,
  ): Promise<EgressResult> {
    const calledAt = performance.now();
    const followRedirects = Math.min(request.followRedirects ?? maxRedirects, maxRedirects);
    const limits = { maxWireBytes: request.maxResponseBytes, maxHeaders: MAX_RESPONSE_HEADERS };
    const first = checkHop(request.url, request, policy, false);
    if (!first.ok) return first;
    let hop: Hop = { method: request.method, url: first.url, headers, body: request.body };

    for (let redirects = 0; ; redirects += 1) {
      const hopAt = performance.now();
      const result = await sendHop(pools, hop, limits, stop, redirects > 0);
      if (!result.ok) return result;
      const location = redirectLocation(result.response.status, result.response.headers);
      if (location === null || followRedirects === 0) {
        return answer(request, hop, result.response, stop, calledAt, claimConnect(hop, hopAt));
      }
      if (redirects >= followRedirects) {
        return fail(egressFailure('too_many_redirects', `${hop.url.host} redirected too many times.`, true));
      }
      const next = followRedirect(hop, result.response.status, location, request);
      if (next === null) {
        return fail(
          egressFailure('invalid_response', `${hop.url.host} redirected to what is not a URL.`, true),
        );
      }
      const checked = checkHop(next.url.href, request, policy, true);
      if (!checked.ok) return checked;
      hop = { ...next, url: checked.url };
    }
  }

  return {
    async send(request) {
      if (!isAllowedMethod(request.method)) {
        return fail(egressFailure('blocked_method', 'The request method is not allowed.', false));
      }
      const checked = checkHeaders(request.headers);
      if (!checked.ok) return fail(egressFailure('invalid_header', checked.message, false));
      const headers = withDefaults(checked.headers, policy.userAgent ?? DEFAULT_USER_AGENT);
      const stop = createStop(request.signal, request.timeoutMs);
      try {
        return await follow(request, headers, stop);
      } finally {
        stop.dispose();
      }
    },
    close: () => pools.close(),
  };
}

type HopCheck = { readonly ok: true; readonly url: URL } | Extract<EgressResult, { ok: false }>;

/** What must hold for a first request and again for each redirect. */
function checkHop(text: string, request: EgressRequest, policy: UrlPolicy, redirected: boolean): HopCheck {
  const prefix = redirected ? 'A redirect was refused: ' : '';
  const checked = checkUrl(text, policy);
  if (!checked.ok) return fail(egressFailure(checked.reason, `${prefix}${checked.message}`, redirected));
  if (request.credentialHosts !== null && !hostIsBound(checked.url, request.credentialHosts)) {
    const message = `${prefix}The credential is not bound to the host ${checked.url.host}.`;
    return fail(egressFailure('blocked_host_binding', message, redirected));
  }
  return { ok: true, url: checked.url };
}

function withDefaults(headers: readonly HeaderPair[], userAgent: string): readonly HeaderPair[] {
  const defaults: readonly HeaderPair[] = [
    ['user-agent', userAgent],
    ['accept', '*/*'],
    ['accept-encoding', ACCEPT_ENCODING],
  ];
  const given = new Set(headers.map(([name]) => name));
  return [...defaults.filter(([name]) => !given.has(name)), ...headers];
}

function fail(failure: EgressFailure): Extract<EgressResult, { ok: false }> {
  return { ok: false, failure };
}
