import type { Operation } from '../operation.ts';
import { accountOperations } from './account.ts';
import { adminOperations } from './admin.ts';
import { apiKeyOperations } from './api-keys.ts';
import { auditLogOperations } from './audit-log.ts';
import { batchOperations } from './batches.ts';
import { circuitOperations } from './circuits.ts';
import { connectorOperations } from './connectors.ts';
import { credentialOperations } from './credentials.ts';
import { curlOperations } from './curl.ts';
import { deadLetterOperations } from './dead-letters.ts';
import { executionEventOperations } from './execution-events.ts';
import { executionOperations } from './executions.ts';
import { lintOperations } from './lint.ts';
import { rerunOperations } from './reruns.ts';
import { serviceOperations } from './service.ts';
import { templateOperations } from './templates.ts';
import { testRunOperations } from './test-runs.ts';
import { transferOperations } from './transfer.ts';
import { upgradeOperations } from './upgrades.ts';
import { workspaceOperations } from './workspaces.ts';

/** Every route of the API. */
export const OPERATIONS: readonly Operation[] = [
  ...accountOperations,
  ...workspaceOperations,
  ...credentialOperations,
  ...curlOperations,
  ...connectorOperations,
  ...lintOperations,
  ...executionOperations,
  ...circuitOperations,
  ...rerunOperations,
  ...testRunOperations,
  ...executionEventOperations,
  ...deadLetterOperations,
  ...batchOperations,
  ...templateOperations,
  ...upgradeOperations,
  ...apiKeyOperations,
  ...auditLogOperations,
  ...transferOperations,
  ...adminOperations,
  ...serviceOperations,
];
