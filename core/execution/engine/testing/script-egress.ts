import type { Egress, EgressRequest, EgressResult, HeaderPair } from '../../../egress/port.ts';
import { type EgressFailureCode, egressFailure } from '../../../egress/port.ts';

export type Answer = (request: EgressRequest, call: number) => EgressResult | Promise<EgressResult>;

export interface ScriptEgress extends Egress {
  /** Every request that came, in order. */
  readonly requests: EgressRequest[];
}

/** Answers each request as the script says; `call` counts from 1 over all requests. */
export function scriptEgress(answer: Answer): ScriptEgress {
  const requests: EgressRequest[] = [];
  return {
    requests,
    async send(request) {
      requests.push(request);
      return answer(request, requests.length);
    },
  };
}

export function json(body: unknown, status = 200, headers: readonly HeaderPair[] = []): EgressResult {
  return bytes(new TextEncoder().encode(JSON.stringify(body)), status, [
    ['content-type', 'application/json'],
    ...headers,
  ]);
}

export function text(body: string, contentType: string | null = 'text/plain', status = 200): EgressResult {
  return bytes(
    new TextEncoder().encode(body),
    status,
    contentType === null ? [] : [['content-type', contentType]],
  );
}

export function bytes(body: Uint8Array, status = 200, headers: readonly HeaderPair[] = []): EgressResult {
  const timings = { firstByteMs: 1, totalMs: 1 };
  return { ok: true, response: { status, headers, body, url: 'https://api.example.com/', timings } };
}

export function broken(code: EgressFailureCode, requestSent = true, message: string = code): EgressResult {
  return { ok: false, failure: egressFailure(code, message, requestSent) };
}

/** Never answers; ends as the door does when its signal aborts. */
export function hang({ signal }: EgressRequest): Promise<EgressResult> {
  return new Promise((resolve) => {
    const abort = () => resolve(broken('aborted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
}
