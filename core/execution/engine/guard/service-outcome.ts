import type { EgressResult } from '../../../egress/port.ts';

/** RFC 9110 section 15.6: not implemented, and HTTP version not supported. They are about the request. */
const ABOUT_THE_REQUEST: ReadonlySet<number> = new Set([501, 505]);

/**
 * What a call says of the service's health, for `Guard.report`: `failed` when it gave no answer or a 5xx; `succeeded`
 * for any other answer, also one that nobody can use or that refuses (4xx, 429); undefined when the call never got
 * there, because it was blocked or broken off.
 */
export function serviceOutcome(result: EgressResult): 'succeeded' | 'failed' | undefined {
  if (result.ok) {
    const { status } = result.response;
    return status >= 500 && !ABOUT_THE_REQUEST.has(status) ? 'failed' : 'succeeded';
  }
  switch (result.failure.class) {
    case 'network':
    case 'timeout':
      return 'failed';
    case 'upstream':
      // What breaks HTTP is no answer; what is too large or too long a way is one.
      return result.failure.code === 'invalid_response' ? 'failed' : 'succeeded';
    case 'egress_blocked':
    case 'cancelled':
      return undefined;
  }
}
