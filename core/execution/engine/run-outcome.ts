import type { ExecutionError } from '../schema.ts';
import type { ExecutionEnd } from './ports.ts';

/** What came of an attempt to run an execution. */
export type RunOutcome =
  | { outcome: 'ended'; status: ExecutionEnd['status']; error: ExecutionError | null }
  /** Nothing to do before `resumeAt` (ISO 8601): somebody has to run it again then. */
  | { outcome: 'waiting'; resumeAt: string; executionId: string; workspaceId: string; fence: number }
  /** Nothing to do here: somebody else runs it, or it has ended, or it never was. */
  | { outcome: 'held' | 'finished' | 'missing' | 'lease_lost' };
