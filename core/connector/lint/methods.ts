import type { Step } from '../schema.ts';

/** RFC 9110 section 9.2.1: methods that ask for nothing to be changed. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Whether the step makes a call that changes nothing. */
export function isSafe({ request }: Step): boolean {
  return request !== undefined && SAFE.has(request.method);
}

/**
 * Whether a second call may do a second thing. PUT and DELETE do not by RFC 9110 section 9.2.2; PATCH may by RFC 5789, but
 * what is sent with it usually says what a field shall be.
 */
export function mayDouble({ request }: Step): boolean {
  return request?.method === 'POST';
}
