import type { Dispatcher } from 'undici';
import {
  type EgressFailure,
  type EgressFailureCode,
  egressFailure,
  type HeaderPair,
} from '../../core/egress/port.ts';
import type { Hop } from '../../core/egress/redirect.ts';
import { BodyBuffer } from './body-buffer.ts';
import { failureFrom } from './errors.ts';
import type { OriginPools } from './origin-pools.ts';
import type { Stop, StopCause } from './stop.ts';

export interface HopLimits {
  readonly maxWireBytes: number;
  readonly maxHeaders: number;
}

export interface HopResponse {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  /** As on the wire, not yet decompressed. */
  readonly body: Uint8Array;
  /** When the request was about to be written and when the response head was there, by `performance.now()`. */
  readonly startedAt: number;
  readonly firstByteAt: number;
}

export type HopResult =
  | { readonly ok: true; readonly response: HopResponse }
  | { readonly ok: false; readonly failure: EgressFailure };

/** A service says a few at most (102, 103). More cost time that the process owes to others, and never become an answer. */
const MAX_INTERIM_ANSWERS = 100;

type Phase = 'connect' | 'headers' | 'body';

const TIMEOUT_CODE: Readonly<Record<Phase, EgressFailureCode>> = {
  connect: 'connect_timeout',
  headers: 'headers_timeout',
  body: 'body_timeout',
};

const TIMEOUT_TEXT: Readonly<Record<Phase, string>> = {
  connect: 'did not accept a connection in time',
  headers: 'did not answer in time',
  body: 'did not finish its answer in time',
};

/**
 * Sends one request and collects its answer. Uses the client's lowest level, because only there is the moment
 * known at which a request starts to be written: before it, a failure is certain to have sent nothing.
 *
 * @param sentBefore whether an earlier hop of the same call was written
 */
export function sendHop(
  pools: Pick<OriginPools, 'dispatch'>,
  hop: Hop,
  limits: HopLimits,
  stop: Stop,
  sentBefore: boolean,
): Promise<HopResult> {
  return new Promise((resolve) => {
    const { host } = hop.url;
    let phase: Phase = 'connect';
    let controller: Dispatcher.DispatchController | null = null;
    let done = false;
    let startedAt = 0;
    let firstByteAt = 0;
    let interim = 0;
    let status = 0;
    let headers: readonly HeaderPair[] = [];
    const body = new BodyBuffer();

    function finish(result: HopResult): void {
      if (done) return;
      done = true;
      if (result.ok) {
        afterConnectionIsFree(() => resolve(result));
        return;
      }
      resolve(result);
      body.clear();
      // Closes the connection: what is still to come on it is not wanted.
      controller?.abort(new Error(result.failure.code));
    }

    function fail(code: EgressFailureCode, text: string): void {
      finish({
        ok: false,
        failure: egressFailure(code, `${host} ${text}.`, sentBefore || phase !== 'connect'),
      });
    }

    function onStop(cause: StopCause): void {
      if (cause === 'aborted') fail('aborted', 'was called, but the call was cancelled');
      else fail(TIMEOUT_CODE[phase], TIMEOUT_TEXT[phase]);
    }

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(current) {
        // Given up while it waited for a connection: nothing has been written yet, and nothing will be.
        if (done) {
          current.abort(new Error('given up'));
          return;
        }
        controller = current;
        phase = 'headers';
        startedAt = performance.now();
      },
      onResponseStart(current, statusCode) {
        if (done) return;
        if (statusCode < 200) {
          interim += 1;
          if (interim > MAX_INTERIM_ANSWERS) fail('invalid_response', 'sent interim answers without end');
          return;
        }
        phase = 'body';
        firstByteAt = performance.now();
        status = statusCode;
        const raw = current.rawHeaders;
        if (!Array.isArray(raw)) return fail('invalid_response', 'sent headers that cannot be read');
        if (raw.length / 2 > limits.maxHeaders) return fail('too_many_headers', 'sent too many headers');
        headers = headerPairs(raw);
        // Refused by what it announces, before it is read; HEAD and 304 announce a body that never comes.
        const announced = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0);
        if (hop.method !== 'HEAD' && statusCode !== 304 && announced > limits.maxWireBytes) tooLarge();
      },
      onResponseData(_current, chunk) {
        if (done) return;
        if (body.length + chunk.length > limits.maxWireBytes) tooLarge();
        else body.add(chunk);
      },
      onResponseEnd() {
        if (done) return;
        finish({ ok: true, response: { status, headers, body: body.take(), startedAt, firstByteAt } });
      },
      onResponseError(_current, error) {
        finish({ ok: false, failure: failureFrom(error, host, phase !== 'connect', sentBefore) });
      },
    };

    function tooLarge(): void {
      fail('response_too_large', `sent more than ${limits.maxWireBytes} bytes`);
    }

    stop.listen(onStop);
    if (done) return;
    pools.dispatch(
      {
        origin: hop.url.origin,
        path: `${hop.url.pathname}${hop.url.search}`,
        method: hop.method,
        headers: hop.headers.flat(),
        body: hop.body,
        // Every wait is bounded by `stop`; the client's own timers would only add a second, coarser clock.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      handler,
    );
  });
}

/**
 * The client takes a connection back one turn of the event loop after the end of a response. A redirect or next
 * step sent before that would open a second connection: the microtask queues behind the client's own turn.
 */
function afterConnectionIsFree(resume: () => void): void {
  queueMicrotask(() => setImmediate(resume));
}

/** Names in lower case; values byte for byte, since a header has no declared charset (RFC 9110 section 5.5). */
function headerPairs(raw: readonly (Buffer | string)[]): readonly HeaderPair[] {
  const text = (part: Buffer | string | undefined) => part?.toString('latin1') ?? '';
  return Array.from({ length: raw.length / 2 }, (_, index) => [
    text(raw[2 * index]).toLowerCase(),
    text(raw[2 * index + 1]),
  ]);
}
