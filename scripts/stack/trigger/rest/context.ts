import type { AcceptDeps } from '../accept.ts';
import type { Batches } from '../batches.ts';
import type { Database } from '../database.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { Packets } from '../packets.ts';
import type { PresentDeps } from '../present-run.ts';
import type { ScheduleStore } from '../schedule-store.ts';
import type { Scheduler } from '../schedules.ts';
import type { Waitpoints } from '../waitpoints.ts';

/** What the routes work on. */
export interface RestContext extends AcceptDeps {
  readonly db: Database;
  readonly dispatcher: Dispatcher;
  readonly batches: Batches;
  readonly packets: Packets;
  readonly schedules: ScheduleStore;
  readonly scheduler: Scheduler;
  readonly waitpoints: Waitpoints;
  readonly present: PresentDeps;
  /** A run may have become startable. */
  readonly wake: () => void;
}
