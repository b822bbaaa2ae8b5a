import type { Hono } from 'hono';
import type { AcceptDeps } from '../accept.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { PresentDeps } from '../present-run.ts';

/** What the routes work on. */
export interface RestContext extends AcceptDeps {
  readonly dispatcher: Dispatcher;
  readonly present: PresentDeps;
  /** A run may have become startable. */
  readonly wake: () => void;
}

export type Routes = (context: RestContext) => Hono;
