import type { RequestIdVariables } from 'hono/request-id';
import type { AuthVariables } from './middleware/authenticate.ts';
import type { IdempotencyVariables } from './middleware/idempotency.ts';
import type { PortsVariables } from './middleware/with-ports.ts';
import type { WorkspaceVariables } from './middleware/workspace.ts';

/** What handlers behind all middleware find in `c.var`. */
export interface AppEnv {
  Bindings: object;
  Variables: RequestIdVariables & PortsVariables & AuthVariables & IdempotencyVariables & WorkspaceVariables;
}
