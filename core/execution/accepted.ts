import * as z from 'zod';
import { Execution } from './schema.ts';

/** An execution that is stored and due, to be handed to a task. */
export interface Accepted {
  readonly execution: Execution;
  readonly workspaceId: string;
  /** Names this wish to run it: see `executionTriggerKey`. */
  readonly fence: number;
}

const Row = z.object({ workspace_id: z.uuid(), fence: z.int() });

/** What the functions answer that start an execution again. */
export function acceptedFrom(row: unknown): Accepted {
  const { workspace_id: workspaceId, fence } = Row.parse(row);
  return { execution: Execution.parse(row), workspaceId, fence };
}
