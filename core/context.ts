import type { Db } from './db/db.ts';
import type { UrlPolicy } from './egress/url.ts';

/** What every verb behind the API is called with: authority and ports, never input. */
export interface CallContext {
  /** Acts with the rights of the caller's token; row level security is the guard. */
  readonly db: Db;
  /** The workspace that the caller named, or null: the database then resolves the caller's only one. */
  readonly workspaceId: string | null;
  /** Which URLs a definition may name; the tasks enforce the same when they call. */
  readonly urlPolicy: UrlPolicy;
  /** A fresh UUIDv7. */
  newId(): string;
}
