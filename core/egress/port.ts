/** The one door for outbound HTTP. Steps, OAuth calls and tests all go through this port. */

export type HeaderPair = readonly [name: string, value: string];

export interface EgressRequest {
  readonly method: string;
  /** Absolute http(s) URL, already rendered. */
  readonly url: string;
  /** Hop-by-hop and framing headers (Host, Content-Length, ...) are dropped: the door writes them itself. */
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array | string | null;
  /** For the whole call: DNS, connect, every redirect, body and decoding. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Bounds the bytes on the wire and, separately, the bytes after decompression. */
  readonly maxResponseBytes: number;
  /** How many redirects to follow; 0 hands back the 3xx itself. Default and upper bound: the door's policy. */
  readonly followRedirects?: number;
  /**
   * Hosts the credential in this request may go to; null when it carries none.
   * Checked before connecting and again on each redirect.
   */
  readonly credentialHosts: readonly string[] | null;
  /** Lower-case names of headers that carry the credential; dropped when a redirect leaves the origin. */
  readonly credentialHeaders: readonly string[];
  /** Query names that carry the credential; dropped from a redirect target that leaves the origin. */
  readonly credentialQuery?: readonly string[];
}

export interface EgressTimings {
  /** Present when this call waited for a new connection. */
  readonly dnsMs?: number;
  /** TCP and TLS together, without DNS. Present when this call waited for a new connection. */
  readonly connectMs?: number;
  /** From the start of the call to the response head of the last hop. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export interface EgressResponse {
  readonly status: number;
  /** Names in lower case, in the order received; repeated names stay repeated. */
  readonly headers: readonly HeaderPair[];
  /** Decompressed. */
  readonly body: Uint8Array;
  /** Where the answer came from, after redirects. May hold a credential in its query: redact before recording. */
  readonly url: string;
  readonly timings: EgressTimings;
}

export type EgressFailureClass = 'egress_blocked' | 'network' | 'timeout' | 'upstream' | 'cancelled';

/** Stable: stored with executions and documented. */
export type EgressFailureCode =
  // egress_blocked
  | 'invalid_url'
  | 'blocked_scheme'
  | 'blocked_userinfo'
  | 'blocked_port'
  | 'blocked_host'
  | 'blocked_address'
  | 'blocked_host_binding'
  | 'blocked_method'
  | 'invalid_header'
  // network
  | 'dns_failed'
  | 'connect_refused'
  | 'connect_reset'
  | 'connect_failed'
  | 'tls_failed'
  | 'egress_closed'
  // timeout
  | 'connect_timeout'
  | 'headers_timeout'
  | 'body_timeout'
  // upstream
  | 'invalid_response'
  | 'response_too_large'
  | 'too_many_headers'
  | 'too_many_redirects'
  | 'decompression_failed'
  // cancelled
  | 'aborted';

export interface EgressFailure {
  readonly class: EgressFailureClass;
  readonly code: EgressFailureCode;
  /** For people. Names hosts, never a path, query, header value or body. */
  readonly message: string;
  /** False only when it is certain that no byte of any request of this call left. */
  readonly requestSent: boolean;
}

export type EgressResult =
  | { readonly ok: true; readonly response: EgressResponse }
  | { readonly ok: false; readonly failure: EgressFailure };

export interface Egress {
  /** Never rejects: everything that can go wrong is a failure value. */
  send(request: EgressRequest): Promise<EgressResult>;
}

/** The single table from code to class, so that a code can never be reported under two classes. */
export const EGRESS_FAILURE_CLASS: Readonly<Record<EgressFailureCode, EgressFailureClass>> = {
  invalid_url: 'egress_blocked',
  blocked_scheme: 'egress_blocked',
  blocked_userinfo: 'egress_blocked',
  blocked_port: 'egress_blocked',
  blocked_host: 'egress_blocked',
  blocked_address: 'egress_blocked',
  blocked_host_binding: 'egress_blocked',
  blocked_method: 'egress_blocked',
  invalid_header: 'egress_blocked',
  dns_failed: 'network',
  connect_refused: 'network',
  connect_reset: 'network',
  connect_failed: 'network',
  tls_failed: 'network',
  egress_closed: 'network',
  connect_timeout: 'timeout',
  headers_timeout: 'timeout',
  body_timeout: 'timeout',
  invalid_response: 'upstream',
  response_too_large: 'upstream',
  too_many_headers: 'upstream',
  too_many_redirects: 'upstream',
  decompression_failed: 'upstream',
  aborted: 'cancelled',
};

/** Builds a failure whose class follows from its code. */
export function egressFailure(code: EgressFailureCode, message: string, requestSent: boolean): EgressFailure {
  return { class: EGRESS_FAILURE_CLASS[code], code, message, requestSent };
}
