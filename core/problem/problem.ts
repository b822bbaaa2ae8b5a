import * as z from 'zod';

/**
 * Every problem the API can answer with (RFC 9457): its code, HTTP status and title. The database's functions raise
 * the same codes. `detail` says what is wrong with this one request.
 */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request cannot be read' },
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  workspace_required: { status: 400, title: 'A workspace must be named' },
  unauthenticated: { status: 401, title: 'A valid access token is needed' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  not_found: { status: 404, title: 'There is nothing here' },
  workspace_not_found: { status: 404, title: 'No such workspace' },
  member_not_found: { status: 404, title: 'No such member' },
  connector_not_found: { status: 404, title: 'No such connector' },
  execution_not_found: { status: 404, title: 'No such execution' },
  batch_not_found: { status: 404, title: 'No such batch' },
  api_key_not_found: { status: 404, title: 'No such API key' },
  template_not_found: { status: 404, title: 'No such template' },
  admin_not_found: { status: 404, title: 'No such SaaS admin' },
  credential_not_found: { status: 404, title: 'No such credential' },
  circuit_not_found: { status: 404, title: 'No such circuit' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  conflict: { status: 409, title: 'The request conflicts with what is stored' },
  version_conflict: { status: 409, title: 'Somebody else changed this first' },
  not_redrivable: { status: 409, title: 'The execution cannot be run again' },
  no_dead_letter: { status: 409, title: 'The execution is no dead letter' },
  execution_finished: { status: 409, title: 'The execution has ended already' },
  batch_finished: { status: 409, title: 'All items of the batch have ended already' },
  last_owner: { status: 409, title: 'A workspace keeps at least one owner' },
  last_admin: { status: 409, title: 'The platform keeps at least one SaaS admin' },
  credential_in_use: { status: 409, title: 'Connectors use this credential' },
  not_from_template: { status: 409, title: 'The connector has no template to upgrade to' },
  upgrade_conflict: { status: 409, title: 'The template and the workspace changed the same parts' },
  member_exists: { status: 409, title: 'This user is a member already' },
  precondition_failed: { status: 412, title: 'It was changed since you read it' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  validation_failed: { status: 422, title: 'The request has invalid fields' },
  unknown_connector: { status: 422, title: 'A connector does not exist' },
  unknown_credential: { status: 422, title: 'A credential is not stored' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key came with another request before' },
  template_holds_secret: { status: 422, title: 'A template must not carry a secret' },
  unknown_user: { status: 422, title: 'No such user' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A service behind the API does not answer' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export const FieldError = z.object({ pointer: z.string(), detail: z.string() }).meta({ id: 'FieldError' });
/** `pointer` is a JSON pointer (RFC 6901) into the body, or `#query/name`, `#path/name`, `#header/name`. */
export type FieldError = z.infer<typeof FieldError>;

/** An expected failure on its way to the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  constructor(code: ProblemCode, detail: string, errors: readonly FieldError[] = []) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
  get status() {
    return PROBLEMS[this.code].status;
  }
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
