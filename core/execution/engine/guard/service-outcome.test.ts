import { expect, test } from 'vitest';
import { type EgressFailureCode, egressFailure } from '../../../egress/port.ts';
import { serviceOutcome } from './service-outcome.ts';

const answer = (status: number) =>
  serviceOutcome({
    ok: true,
    response: {
      status,
      headers: [],
      body: new Uint8Array(),
      url: '',
      timings: { firstByteMs: 1, totalMs: 1 },
    },
  });

test.each([
  ...[200, 204, 304, 400, 401, 403, 404, 408, 425, 429, 501, 505].map((status) => [status, 'succeeded']),
  ...[500, 502, 503, 504, 507, 520, 524, 529, 599].map((status) => [status, 'failed']),
])('status %d: the service %s', (status, outcome) => {
  expect(answer(Number(status))).toBe(outcome);
});

test.each<[EgressFailureCode, string | undefined]>([
  ['dns_failed', 'failed'],
  ['connect_refused', 'failed'],
  ['connect_reset', 'failed'],
  ['tls_failed', 'failed'],
  ['connect_timeout', 'failed'],
  ['headers_timeout', 'failed'],
  ['body_timeout', 'failed'],
  ['invalid_response', 'failed'],
  ['response_too_large', 'succeeded'],
  ['too_many_headers', 'succeeded'],
  ['too_many_redirects', 'succeeded'],
  ['decompression_failed', 'succeeded'],
  ['blocked_address', undefined],
  ['blocked_host_binding', undefined],
  ['aborted', undefined],
])('%s says of the service: %s', (code, outcome) => {
  expect(serviceOutcome({ ok: false, failure: egressFailure(code, 'x', true) })).toBe(outcome);
});
