import type { Claim } from '../../execution/engine/ports.ts';

/** Another run takes the batch's items now: whoever sees this must take no more. */
export class SliceLost extends Error {
  override readonly name = 'SliceLost';
}

/** The next task run of a batch: not before `due` (ISO 8601), under the name of `turn`. */
export type NextTurn = { due: string; turn: number };

export type Turn =
  | { outcome: 'begun'; workspaceId: string }
  /** Another run has the turn or will have it, or nothing is left to do. */
  | { outcome: 'held' | 'stale' | 'finished' | 'missing' };

/** The items of one batch, as the run that has its turn sees them. Every call may fail with a `DatabaseError`. */
export interface BatchQueue {
  begin(turn: number): Promise<Turn>;
  /** Takes the leases of up to `limit` items that are due. @throws SliceLost */
  claim(limit: number): Promise<Claim[]>;
  /** Says that the run is alive. @throws SliceLost */
  renew(): Promise<void>;
  /** Gives the turn on; null when there is nothing left to do, or nobody to do it but others. */
  end(): Promise<NextTurn | null>;
}
