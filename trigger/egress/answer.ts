import { type EgressRequest, type EgressResult, egressFailure } from '../../core/egress/port.ts';
import type { Hop } from '../../core/egress/redirect.ts';
import type { ConnectRecord } from './connector.ts';
import { decodeBody } from './decode.ts';
import type { HopResponse } from './hop.ts';
import type { Stop } from './stop.ts';

/**
 * Turns the last hop's answer into the call's result: decompressed, unless the call was stopped meanwhile.
 *
 * @param calledAt start of the whole call, by `performance.now()`
 * @param connect the connection that the last hop waited for, if any
 */
export async function answer(
  request: EgressRequest,
  hop: Hop,
  response: HopResponse,
  stop: Stop,
  calledAt: number,
  connect: ConnectRecord | undefined,
): Promise<EgressResult> {
  const encoding = response.headers
    .filter(([name]) => name === 'content-encoding')
    .map(([, value]) => value)
    .join(',');
  const decoded = await decodeBody(response.body, encoding, request.maxResponseBytes);
  if (stop.cause === 'aborted') return fail('aborted', 'The call was cancelled.', true);
  if (stop.cause === 'deadline') {
    return fail('body_timeout', `${hop.url.host} did not finish its answer in time.`, true);
  }
  if (!decoded.ok) return fail(decoded.code, decoded.message, true);
  return {
    ok: true,
    response: {
      status: response.status,
      headers: response.headers,
      body: decoded.body,
      url: hop.url.href,
      timings: {
        ...(connect === undefined ? {} : { dnsMs: connect.dnsMs, connectMs: connect.connectMs }),
        firstByteMs: response.firstByteAt - calledAt,
        totalMs: performance.now() - calledAt,
      },
    },
  };
}

function fail(...parameters: Parameters<typeof egressFailure>): EgressResult {
  return { ok: false, failure: egressFailure(...parameters) };
}
