import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { EGRESS_FAILURE_CLASS, type EgressFailureCode } from '../egress/port.ts';
import { statusFailure } from './engine/step-failure.ts';
import { Recovery, type RecoveryAction, recoveryOf } from './recovery.ts';
import { ErrorClass } from './schema.ts';

/** Every code that an execution can end with, besides those of HTTP statuses: its class, what to do, and who. */
const CODES: Readonly<Record<string, [ErrorClass, RecoveryAction, Recovery['who']]>> = {
  internal: ['internal', 'report_bug', 'platform'],
  invalid_input: ['validation', 'fix_input', 'end_user'],
  request_too_large: ['validation', 'fix_connector', 'connector_author'],
  loop_limit: ['validation', 'fix_connector', 'connector_author'],
  connector_depth: ['validation', 'fix_connector', 'connector_author'],
  assertion_failed: ['validation', 'fix_input', 'connector_author'],
  stopped: ['validation', 'none', 'nobody'],
  template_syntax: ['template', 'fix_connector', 'connector_author'],
  template_reference: ['template', 'fix_connector', 'connector_author'],
  template_forbidden: ['template', 'fix_connector', 'connector_author'],
  template_limit: ['template', 'fix_connector', 'connector_author'],
  template_value: ['template', 'fix_connector', 'connector_author'],
  template_evaluation: ['template', 'fix_connector', 'connector_author'],
  credential_missing: ['authentication', 'renew_credential', 'workspace_admin'],
  credential_not_sendable: ['authentication', 'renew_credential', 'workspace_admin'],
  connector_not_found: ['not_found', 'fix_connector', 'connector_author'],
  local_rate_limit: ['rate_limit', 'wait', 'nobody'],
  circuit_open: ['upstream', 'wait', 'nobody'],
  invalid_json: ['upstream', 'fix_connector', 'connector_author'],
  invalid_xml: ['upstream', 'fix_connector', 'connector_author'],
  invalid_response_body: ['upstream', 'fix_connector', 'connector_author'],
  error_when: ['upstream', 'fix_connector', 'connector_author'],
  not_successful: ['upstream', 'fix_connector', 'connector_author'],
  invalid_next_page: ['upstream', 'fix_connector', 'connector_author'],
  pagination_loop: ['upstream', 'fix_connector', 'connector_author'],
  response_too_deep: ['upstream', 'fix_connector', 'connector_author'],
  response_too_large: ['upstream', 'fix_connector', 'connector_author'],
  too_many_headers: ['upstream', 'fix_connector', 'connector_author'],
  too_many_redirects: ['upstream', 'fix_connector', 'connector_author'],
  decompression_failed: ['upstream', 'fix_connector', 'connector_author'],
  invalid_response: ['upstream', 'redrive', 'workspace_admin'],
  dns_failed: ['network', 'redrive', 'workspace_admin'],
  connect_refused: ['network', 'redrive', 'workspace_admin'],
  connect_reset: ['network', 'redrive', 'workspace_admin'],
  connect_failed: ['network', 'redrive', 'workspace_admin'],
  tls_failed: ['network', 'redrive', 'workspace_admin'],
  egress_closed: ['network', 'redrive', 'workspace_admin'],
  connect_timeout: ['timeout', 'redrive', 'workspace_admin'],
  headers_timeout: ['timeout', 'redrive', 'workspace_admin'],
  body_timeout: ['timeout', 'redrive', 'workspace_admin'],
  execution_timeout: ['timeout', 'fix_connector', 'connector_author'],
  invalid_url: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_scheme: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_userinfo: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_port: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_host: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_address: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_method: ['egress_blocked', 'fix_connector', 'connector_author'],
  invalid_header: ['egress_blocked', 'fix_connector', 'connector_author'],
  blocked_host_binding: ['egress_blocked', 'ask_for_access', 'workspace_admin'],
  aborted: ['cancelled', 'none', 'nobody'],
  cancelled: ['cancelled', 'none', 'nobody'],
  outcome_unknown: ['internal', 'check_outcome', 'workspace_admin'],
  gave_up: ['internal', 'report_bug', 'platform'],
  credential_unreadable: ['internal', 'renew_credential', 'platform'],
  definition_unreadable: ['internal', 'fix_connector', 'connector_author'],
  resume_state_unreadable: ['internal', 'check_outcome', 'platform'],
  pagination_changed: ['internal', 'check_outcome', 'connector_author'],
  loop_items_changed: ['internal', 'check_outcome', 'connector_author'],
  result_not_stored: ['internal', 'check_outcome', 'platform'],
};

describe('the recovery of each code', () => {
  test.each(Object.entries(CODES))('%s: %j', (code, [errorClass, action, who]) => {
    const found = Recovery.parse(recoveryOf({ class: errorClass, code }));
    expect(found).toMatchObject({ action, who });
    expect(found.advice).toMatch(/^[A-Z].*\.$/);
  });
});

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = ['core/execution', 'core/egress', 'core/expression', 'trigger', 'supabase/migrations'];
/** How code says that something failed. */
const SAYS_CODE = [
  /\bcode: '([a-z][a-z0-9_]*)'/g,
  /new StepRenderError\(\s*'[a-z_]+',\s*'([a-z0-9_]+)'/g,
  /(?:internalEnd|notReadable|egressFailure|TemplateError|EvaluationError|XmlRefused)\(\s*'([a-z0-9_]+)'/g,
  /^export const [A-Z_]+ = '([a-z_]+)';$/gm,
  /\bcode \?\? '([a-z_]+)'/g,
  /'class', '[a-z_]+', 'code', '([a-z_]+)'/g,
];
function codesInSources(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of SOURCES) {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => /\.(ts|sql)$/.test(name))) {
      if (/\.test\.ts$|testing/.test(file)) continue;
      const text = readFileSync(join(ROOT, folder, file), 'utf8');
      for (const pattern of SAYS_CODE) {
        for (const [, code = ''] of text.matchAll(pattern)) found.set(code, `${folder}/${file}`);
      }
    }
  }
  return found;
}

describe('nothing is forgotten', () => {
  test('every code in the sources has its line above', () => {
    const found = codesInSources();
    // The proof that the patterns find something.
    for (const code of ['invalid_input', 'loop_limit', 'gave_up', 'circuit_open', 'outcome_unknown']) {
      expect(found.has(code), code).toBe(true);
    }
    const missing = [...found].filter(([code]) => !(code in CODES));
    expect(missing).toEqual([]);
    const gone = Object.keys(CODES).filter((code) => !found.has(code) && !(code in EGRESS_FAILURE_CLASS));
    expect(gone).toEqual([]);
  });

  test('every failure of egress has its line above, with its class', () => {
    for (const code of Object.keys(EGRESS_FAILURE_CLASS) as EgressFailureCode[]) {
      expect(CODES[code]?.[0], code).toBe(EGRESS_FAILURE_CLASS[code]);
    }
  });

  test.each(ErrorClass.options)('the class %s has an answer for codes that nobody knows', (errorClass) => {
    expect(Recovery.parse(recoveryOf({ class: errorClass, code: 'of_an_author' })).advice).not.toBe('');
    expect(Recovery.parse(recoveryOf({ class: errorClass, code: 'constructor' })).advice).not.toBe('');
  });
});

describe('statuses', () => {
  test.each<[number, RecoveryAction, Recovery['who']]>([
    [400, 'fix_input', 'connector_author'],
    [401, 'renew_credential', 'workspace_admin'],
    [402, 'ask_for_access', 'workspace_admin'],
    [403, 'ask_for_access', 'workspace_admin'],
    [404, 'fix_input', 'end_user'],
    [405, 'fix_connector', 'connector_author'],
    [408, 'redrive', 'workspace_admin'],
    [409, 'fix_input', 'connector_author'],
    [413, 'fix_connector', 'connector_author'],
    [418, 'fix_input', 'connector_author'],
    [422, 'fix_input', 'connector_author'],
    [425, 'redrive', 'workspace_admin'],
    [429, 'wait', 'nobody'],
    [500, 'redrive', 'workspace_admin'],
    [501, 'fix_connector', 'connector_author'],
    [503, 'redrive', 'workspace_admin'],
    [504, 'redrive', 'workspace_admin'],
  ])('%d: %s by %s', (status, action, who) => {
    const failure = statusFailure(status, undefined);
    if (!failure) throw new Error('no failure');
    expect(recoveryOf(failure)).toMatchObject({ action, who });
  });

  test('what is tried again by itself says so, and nothing else does', () => {
    for (let status = 400; status < 600; status += 1) {
      const failure = statusFailure(status, undefined);
      if (!failure || (status > 511 && !failure.transient)) continue;
      const { automatic } = recoveryOf(failure);
      // A 5xx that nobody has heard of is not tried again, and yet it is the service that failed.
      if (failure.transient || status < 500 || status === 501 || status === 505) {
        expect(automatic, String(status)).toBe(failure.transient);
      }
    }
  });

  test('a class that the author gave to an answer goes before its status and code', () => {
    for (const code of ['http_400', 'error_when', 'gave_up']) {
      expect(recoveryOf({ class: 'authentication', code })).toMatchObject({ action: 'renew_credential' });
    }
  });
});
