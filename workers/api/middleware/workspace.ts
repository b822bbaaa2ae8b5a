import type { MiddlewareHandler } from 'hono';
import * as z from 'zod';
import type { CallContext } from '../../../core/context.ts';
import { Problem } from '../../../core/problem/problem.ts';
import type { AuthVariables } from './authenticate.ts';
import type { PortsVariables } from './with-ports.ts';

export interface WorkspaceVariables {
  /** As the caller named it; null leaves it to the database to find the caller's only one. */
  workspaceId: string | null;
  call: CallContext;
}

const Uuid = z.uuid();

export interface WorkspaceOptions {
  readonly header?: string;
}

/**
 * Reads which workspace a request is about. Whether it exists and the caller belongs to it is checked by the same
 * query that does the work, so that this costs no round trip.
 */
export function workspace(
  options: WorkspaceOptions = {},
): MiddlewareHandler<{ Variables: PortsVariables & AuthVariables & WorkspaceVariables }> {
  const header = options.header ?? 'X-Workspace-Id';
  return async function workspace(c, next) {
    const named = c.req.header(header);
    if (named !== undefined && !Uuid.safeParse(named).success) {
      throw new Problem('invalid_request', 'The workspace is not named by its id.', [
        { pointer: `#header/${header}`, detail: 'must be a UUID' },
      ]);
    }
    const workspaceId = named ?? null;
    c.set('workspaceId', workspaceId);
    const { config, newId } = c.get('ports');
    c.set('call', { db: c.get('db'), workspaceId, urlPolicy: config.urlPolicy, newId });
    await next();
  };
}
