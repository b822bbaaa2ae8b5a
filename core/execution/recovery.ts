import * as z from 'zod';
import type { ErrorClass, ExecutionError } from './schema.ts';

/** What has to happen before the same thing can succeed. */
export const RecoveryAction = z.enum([
  'none',
  'wait',
  'redrive',
  'fix_input',
  'fix_connector',
  'renew_credential',
  'ask_for_access',
  'check_outcome',
  'report_bug',
]);
export type RecoveryAction = z.infer<typeof RecoveryAction>;

export const Recovery = z
  .object({
    action: RecoveryAction,
    /** Who can do it, and so who should be told. */
    who: z.enum(['end_user', 'workspace_admin', 'connector_author', 'platform', 'nobody']),
    /** Whether Patchbay tries again by itself before it gives up, as the step's retries allow. */
    automatic: z.boolean(),
    /** For people: what to do next. */
    advice: z.string(),
  })
  .meta({ id: 'Recovery' });
export type Recovery = z.infer<typeof Recovery>;

const recovery = (
  action: RecoveryAction,
  who: Recovery['who'],
  advice: string,
  automatic = false,
): Recovery => ({ action, who, automatic, advice });
const AUTOMATIC = true;

/** For every code that has no answer of its own. */
const OF_CLASS: Readonly<Record<ErrorClass, Recovery>> = {
  validation: recovery('fix_input', 'end_user', 'Correct the input and start the connector again.'),
  template: recovery(
    'fix_connector',
    'connector_author',
    'Correct the expression that the message names, then redrive the execution on the newest version.',
  ),
  authentication: recovery(
    'renew_credential',
    'workspace_admin',
    'The service does not accept the credential: store a valid one, then redrive the execution.',
  ),
  authorization: recovery(
    'ask_for_access',
    'workspace_admin',
    'The credential is valid but may not do this: have the service grant it the right, then redrive the execution.',
  ),
  not_found: recovery(
    'fix_input',
    'end_user',
    'The service does not have what was asked for: check the input; if it is right, the URL in the connector is wrong.',
  ),
  rate_limit: recovery(
    'wait',
    'nobody',
    'The service asks for fewer calls: redrive the execution later. A rate limit on the step or the credential avoids this.',
    AUTOMATIC,
  ),
  upstream: recovery(
    'redrive',
    'workspace_admin',
    'The service failed: redrive the execution when it works again; if this stays, report it to the service.',
    AUTOMATIC,
  ),
  network: recovery(
    'redrive',
    'workspace_admin',
    'The service could not be reached: redrive the execution when it can; if this stays, check the host in the URL.',
    AUTOMATIC,
  ),
  timeout: recovery(
    'redrive',
    'workspace_admin',
    'The service took too long: redrive the execution later; if this stays, allow the step more time.',
    AUTOMATIC,
  ),
  egress_blocked: recovery(
    'fix_connector',
    'connector_author',
    'This address may not be called from here: correct the URL of the step.',
  ),
  cancelled: recovery('none', 'nobody', 'It was cancelled on purpose; start it again if it is still wanted.'),
  internal: recovery(
    'report_bug',
    'platform',
    'Something went wrong on our side: report it with the id of the execution, and redrive it.',
  ),
};

const REQUEST_REFUSED = recovery(
  'fix_input',
  'connector_author',
  'The service refuses the request as it is: compare the recorded request and answer, then correct the input or the step.',
);
const REQUEST_MISMATCH = recovery(
  'fix_connector',
  'connector_author',
  'The service does not take requests like this one: correct method, headers or body of the step.',
);
const ANSWER_NOT_USABLE = recovery(
  'fix_connector',
  'connector_author',
  'The answer is not what the step expects: compare it with the recorded one, then correct the step.',
);
const STEP_TOO_LARGE = recovery(
  'fix_connector',
  'connector_author',
  'Ask for less at once: fewer fields, a page at a time, or smaller batches.',
);

/** By class, because authors give answers codes of their own. */
const OF_CODE: Readonly<Partial<Record<ErrorClass, Readonly<Record<string, Recovery>>>>> = {
  validation: {
    request_too_large: STEP_TOO_LARGE,
    loop_limit: STEP_TOO_LARGE,
    assertion_failed: recovery(
      'fix_input',
      'connector_author',
      'What the connector asserts does not hold: look at the result of the step that the message names.',
    ),
    stopped: recovery(
      'none',
      'nobody',
      'The connector ended itself as failed, as its author wants it in this case.',
    ),
    connector_depth: recovery(
      'fix_connector',
      'connector_author',
      'Connectors call each other too deeply: see that none calls itself.',
    ),
  },
  authentication: {
    credential_missing: recovery(
      'renew_credential',
      'workspace_admin',
      'The workspace has no credential for this service: store one, then redrive the execution.',
    ),
    credential_not_sendable: recovery(
      'renew_credential',
      'workspace_admin',
      'The credential cannot be sent as the step wants it: store it with the right type and fields, without line breaks.',
    ),
  },
  not_found: {
    connector_not_found: recovery(
      'fix_connector',
      'connector_author',
      'The step calls a connector that is not there any more: name another one.',
    ),
  },
  rate_limit: {
    local_rate_limit: recovery(
      'wait',
      'nobody',
      'More calls are wanted than the rate limit of the step or its credential allows: redrive the execution later, or raise the limit.',
      AUTOMATIC,
    ),
  },
  upstream: {
    // About when the request came.
    http_425: OF_CLASS.upstream,
    http_400: REQUEST_REFUSED,
    http_402: recovery(
      'ask_for_access',
      'workspace_admin',
      'The account at the service has to be paid for, or its plan does not include this.',
    ),
    http_405: REQUEST_MISMATCH,
    http_406: REQUEST_MISMATCH,
    http_407: recovery('report_bug', 'platform', 'A proxy between here and the service asks for a sign-in.'),
    http_409: REQUEST_REFUSED,
    http_411: REQUEST_MISMATCH,
    http_412: REQUEST_REFUSED,
    http_413: STEP_TOO_LARGE,
    http_414: STEP_TOO_LARGE,
    http_415: REQUEST_MISMATCH,
    http_421: REQUEST_MISMATCH,
    http_422: REQUEST_REFUSED,
    http_424: REQUEST_REFUSED,
    http_426: REQUEST_MISMATCH,
    http_428: REQUEST_MISMATCH,
    http_431: REQUEST_MISMATCH,
    http_451: recovery('none', 'nobody', 'The service may not answer this for legal reasons.'),
    http_501: REQUEST_MISMATCH,
    http_505: REQUEST_MISMATCH,
    http_511: recovery(
      'report_bug',
      'platform',
      'The network between here and the service asks for a sign-in.',
    ),
    invalid_json: ANSWER_NOT_USABLE,
    invalid_xml: ANSWER_NOT_USABLE,
    invalid_response_body: ANSWER_NOT_USABLE,
    decompression_failed: ANSWER_NOT_USABLE,
    error_when: ANSWER_NOT_USABLE,
    not_successful: ANSWER_NOT_USABLE,
    invalid_next_page: ANSWER_NOT_USABLE,
    pagination_loop: ANSWER_NOT_USABLE,
    too_many_redirects: ANSWER_NOT_USABLE,
    response_too_large: STEP_TOO_LARGE,
    response_too_deep: STEP_TOO_LARGE,
    too_many_headers: ANSWER_NOT_USABLE,
    circuit_open: recovery(
      'wait',
      'nobody',
      'The service failed too often, so it is left alone for a while and then tried with one call. Redrive the execution when its circuit is closed; an editor can close it by hand.',
      AUTOMATIC,
    ),
  },
  network: {
    tls_failed: recovery(
      'redrive',
      'workspace_admin',
      'No secure connection came about: if this stays, the certificate of the service is not valid; report it there.',
      AUTOMATIC,
    ),
  },
  timeout: {
    execution_timeout: recovery(
      'fix_connector',
      'connector_author',
      'The steps take longer together than an execution may: do less in one execution, or use long waits, which do not count.',
    ),
  },
  egress_blocked: {
    blocked_host_binding: recovery(
      'ask_for_access',
      'workspace_admin',
      'The credential may not be sent to this host: add the host to its allowed hosts, or correct the URL of the step.',
    ),
  },
  internal: {
    outcome_unknown: recovery(
      'check_outcome',
      'workspace_admin',
      'A call may or may not have taken effect: look at the service first. If it did not, redrive the execution; if it did, do not.',
    ),
    gave_up: recovery(
      'report_bug',
      'platform',
      'The execution ended every process that ran it: report it, and make its steps smaller before it is redriven.',
    ),
    credential_unreadable: recovery(
      'renew_credential',
      'platform',
      'The stored secret cannot be decrypted: put its encryption key back, or store the credential anew.',
    ),
    definition_unreadable: recovery(
      'fix_connector',
      'connector_author',
      'The stored version cannot be read: save the connector again, then redrive the execution on the newest version.',
    ),
    resume_state_unreadable: recovery(
      'check_outcome',
      'platform',
      'What the steps before left behind cannot be decrypted: put the encryption key back and redrive. Started anew, they would run again.',
    ),
    pagination_changed: recovery(
      'check_outcome',
      'connector_author',
      'The newest version asks for other pages than those that were fetched: replay the execution.',
    ),
    loop_items_changed: recovery(
      'check_outcome',
      'connector_author',
      'The loop would go over other items than before: make its list from the input or an earlier step, and look which items were done.',
    ),
    result_not_stored: recovery(
      'check_outcome',
      'platform',
      'All steps ran, but their result could not be kept: look at the services before the execution is redriven.',
    ),
  },
};

/** What to do about an error, and who can: from its code where that says more than its class. Never without an answer. */
export function recoveryOf(error: Pick<ExecutionError, 'class' | 'code'>): Recovery {
  const { class: errorClass, code } = error;
  const ofClass = OF_CODE[errorClass] ?? {};
  const known = Object.hasOwn(ofClass, code) ? ofClass[code] : undefined;
  if (known) return known;
  return errorClass === 'upstream' && /^http_4\d\d$/.test(code) ? REQUEST_REFUSED : OF_CLASS[errorClass];
}
