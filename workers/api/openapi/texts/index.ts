import type { ComponentText } from '../descriptions.ts';
import { ADMIN_TEXTS } from './admin.ts';
import { BATCHES_TEXTS } from './batches.ts';
import { CIRCUITS_TEXTS } from './circuits.ts';
import { CONNECTORS_TEXTS } from './connectors.ts';
import { CREDENTIALS_TEXTS } from './credentials.ts';
import { CURL_TEXTS } from './curl.ts';
import { EXECUTIONS_TEXTS } from './executions.ts';
import { LINT_TEXTS } from './lint.ts';
import { STEPS_TEXTS } from './steps.ts';
import { TEMPLATES_TEXTS } from './templates.ts';
import { TEST_RUNS_TEXTS } from './test-runs.ts';
import { WORKSPACES_TEXTS } from './workspaces.ts';

/** What each component of the document is, and each field that says something else than everywhere. */
export const COMPONENTS: Readonly<Record<string, ComponentText>> = {
  ...WORKSPACES_TEXTS,
  ...CREDENTIALS_TEXTS,
  ...CURL_TEXTS,
  ...EXECUTIONS_TEXTS,
  ...TEST_RUNS_TEXTS,
  ...CIRCUITS_TEXTS,
  ...BATCHES_TEXTS,
  ...ADMIN_TEXTS,
  ...TEMPLATES_TEXTS,
  ...CONNECTORS_TEXTS,
  ...STEPS_TEXTS,
  ...LINT_TEXTS,
};
