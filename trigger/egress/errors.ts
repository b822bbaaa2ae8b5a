import { type EgressFailure, type EgressFailureCode, egressFailure } from '../../core/egress/port.ts';

/** Raised while connecting to refuse an address or to report DNS; its message is fit to be shown. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: Extract<EgressFailureCode, 'blocked_address' | 'dns_failed' | 'connect_failed'>;

  constructor(code: ConnectError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Node's and OpenSSL's names for a handshake or certificate that failed. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$|PATH_LENGTH_)/;

const BEFORE_SENDING: Readonly<Record<string, EgressFailureCode>> = {
  ECONNREFUSED: 'connect_refused',
  ECONNRESET: 'connect_reset',
  EPIPE: 'connect_reset',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_INVALID_ARG: 'invalid_header',
  UND_ERR_NOT_SUPPORTED: 'invalid_header',
};

const AFTER_SENDING: Readonly<Record<string, EgressFailureCode>> = {
  UND_ERR_HEADERS_OVERFLOW: 'too_many_headers',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid_response',
};

/** The client's words for an interim answer nobody asked for: 100 without Expect, 101 without Upgrade. */
const OUT_OF_TURN: ReadonlySet<string> = new Set(['bad response', 'bad upgrade']);

const TEXT: Partial<Record<EgressFailureCode, string>> = {
  connect_refused: 'refused the connection',
  connect_reset: 'closed the connection before it had answered in full',
  connect_timeout: 'did not accept a connection in time',
  connect_failed: 'could not be connected to',
  tls_failed: 'failed the TLS handshake',
  invalid_header: 'was not called: a header is not allowed',
  invalid_response: 'sent an answer that is not valid HTTP',
  too_many_headers: 'sent too many or too large headers',
  egress_closed: 'was not called: outbound calls are shut down',
};

/**
 * Maps what the HTTP client reports to a failure.
 *
 * @param sent whether this hop's request was (possibly partly) written
 * @param sentBefore whether an earlier hop of the same call was written
 */
export function failureFrom(error: Error, host: string, sent: boolean, sentBefore: boolean): EgressFailure {
  if (error instanceof ConnectError) return egressFailure(error.code, error.message, sentBefore);
  const systemCode = codeOf(error);
  const code = sent ? afterSending(error, systemCode) : beforeSending(systemCode);
  // Certificate and socket codes are fixed words; the error's own message may quote what was sent.
  const detail = code === 'tls_failed' || code === 'connect_failed' ? ` (${systemCode})` : '';
  return egressFailure(code, `${host} ${TEXT[code] ?? 'could not be called'}${detail}.`, sent || sentBefore);
}

function beforeSending(systemCode: string): EgressFailureCode {
  if (isClosed(systemCode)) return 'egress_closed';
  if (TLS_CODE.test(systemCode)) return 'tls_failed';
  return BEFORE_SENDING[systemCode] ?? 'connect_failed';
}

function afterSending(error: Error, systemCode: string): EgressFailureCode {
  if (isClosed(systemCode)) return 'egress_closed';
  if (error.name === 'HTTPParserError' || systemCode.startsWith('HPE_')) return 'invalid_response';
  if (systemCode === 'UND_ERR_SOCKET' && OUT_OF_TURN.has(error.message)) return 'invalid_response';
  return AFTER_SENDING[systemCode] ?? 'connect_reset';
}

function isClosed(systemCode: string): boolean {
  return systemCode === 'UND_ERR_DESTROYED' || systemCode === 'UND_ERR_CLOSED';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
