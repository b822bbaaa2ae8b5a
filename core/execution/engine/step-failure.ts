import type { EgressFailure } from '../../egress/port.ts';
import { TemplateError } from '../../expression/parse.ts';
import type { ErrorClass, ExecutionError } from '../schema.ts';
import { storable } from './recordable.ts';

/** A step's failure, before anybody decided what becomes of it. */
export type StepFailure = {
  class: ErrorClass;
  code: string;
  message: string;
  /** The same request may succeed later. */
  transient: boolean;
  /** How long the other side asked to be left alone. */
  retryAfterMs?: number;
  /** False when no byte of the request left, or the service refused to take it: sending it again doubles nothing. */
  mayHaveActed: boolean;
  /** The step inside of this one that failed; absent when it failed itself. */
  step?: string | null;
};

/** Thrown while a request is rendered: nothing has been sent. */
export class StepRenderError extends Error {
  override readonly name = 'StepRenderError';
  readonly failure: StepFailure;
  constructor(errorClass: ErrorClass, code: string, message: string) {
    super(message);
    this.failure = { class: errorClass, code, message, transient: false, mayHaveActed: false };
  }
}

/** Runs what renders one field of a step; a template that fails there becomes an error that names the field. */
export async function inField<T>(field: string, render: () => Promise<T>): Promise<T> {
  try {
    return await render();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new StepRenderError('template', error.code, `${field}: ${error.message}`);
  }
}

export function templateFailure(error: TemplateError, field: string): StepFailure {
  return {
    class: 'template',
    code: error.code,
    message: `${field}: ${error.message}`,
    transient: false,
    mayHaveActed: false,
  };
}

const TRANSIENT_EGRESS: ReadonlySet<EgressFailure['class']> = new Set(['network', 'timeout']);

export function egressFailureOf(failure: EgressFailure): StepFailure {
  return {
    class: failure.class,
    code: failure.code,
    message: failure.message,
    // An answer that breaks HTTP is as likely a passing fault as a connection that broke.
    transient: TRANSIENT_EGRESS.has(failure.class) || failure.code === 'invalid_response',
    mayHaveActed: failure.requestSent,
  };
}

const CLASS_OF_STATUS: Readonly<Record<number, ErrorClass>> = {
  401: 'authentication',
  403: 'authorization',
  404: 'not_found',
  408: 'timeout',
  410: 'not_found',
  429: 'rate_limit',
  504: 'timeout',
};
/** RFC 9110 section 15.6 and RFC 6585 section 4: statuses that speak of a state which may pass. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([
  408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529,
]);

/** The service did not take the request in: 425 (RFC 8470 section 5.2) and 429 (RFC 6585 section 4). */
const REFUSED_STATUSES: ReadonlySet<number> = new Set([425, 429]);

/** An HTTP answer that is no success; undefined for one that is (2xx, and 3xx that was not followed). */
export function statusFailure(status: number, retryAfterMs: number | undefined): StepFailure | undefined {
  if (status < 400) return undefined;
  return {
    class: CLASS_OF_STATUS[status] ?? 'upstream',
    code: `http_${status}`,
    message: `The service answered with status ${status}.`,
    transient: TRANSIENT_STATUSES.has(status),
    mayHaveActed: !REFUSED_STATUSES.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** As it is stored: a message that quotes a long expression may end in half a character. */
export function toExecutionError(failure: StepFailure, step: string | null): ExecutionError {
  const { class: errorClass, code, message } = failure;
  return storable({ class: errorClass, code, message, step: failure.step ?? step });
}

/** Codes of calls that were not made, for the good of all. The service said neither. */
export const CIRCUIT_OPEN = 'circuit_open';
export const LOCAL_RATE_LIMIT = 'local_rate_limit';

/** The service failed too often lately, to all executions together. */
export function circuitOpenFailure(retryAfterMs: number): StepFailure {
  const message = 'The service has failed too often lately; no call is made until it is tried again.';
  return { class: 'upstream', code: CIRCUIT_OPEN, message, retryAfterMs, ...NOT_MADE };
}

/** The turn under the step's or the credential's own rate limit comes too late. */
export function rateLimitedFailure(retryAfterMs: number): StepFailure {
  const message = 'The step would have to wait too long for its turn under the rate limit.';
  return { class: 'rate_limit', code: LOCAL_RATE_LIMIT, message, retryAfterMs, ...NOT_MADE };
}

const NOT_MADE = { transient: true, mayHaveActed: false } as const;
