import type { Logger } from './log.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Times and counts that tests shorten. All times in milliseconds. */
export interface RuntimeLimits {
  /** What a cancelled run gets to end by itself before its process is killed. */
  readonly cancelGraceMs: number;
  /** What a run over its maxDuration gets for its abort handlers before its process is killed. */
  readonly maxDurationGraceMs: number;
  /** The pause before a run whose process was lost is attempted again (the real engine waits as long). */
  readonly stalledRetryMs: number;
  /** A busy child that sent no heartbeat for so long has a blocked event loop: it is killed. */
  readonly heartbeatTimeoutMs: number;
  /** An idle child beyond the first is ended after this. */
  readonly idleChildMs: number;
  /** What a child gets from fork to "ready"; two slow cores need seconds, a hung import needs an end. */
  readonly childStartMs: number;
  /** What executing runs get to end by themselves when the runtime is closed. */
  readonly closeGraceMs: number;
  /** A child is replaced after so many runs, which bounds what task code may leak into it. */
  readonly runsPerChild: number;
  /** Waiting runs hold a process but no slot; this many more than `concurrency` may exist. */
  readonly maxWaitingChildren: number;
  /** Finished runs and stored packets are removed after this. */
  readonly retentionMs: number;
}

export const DEFAULT_LIMITS: RuntimeLimits = {
  cancelGraceMs: 5 * SECOND_MS,
  maxDurationGraceMs: 500,
  stalledRetryMs: 250,
  heartbeatTimeoutMs: 5 * MINUTE_MS,
  idleChildMs: MINUTE_MS,
  childStartMs: 30 * SECOND_MS,
  closeGraceMs: 2 * SECOND_MS,
  runsPerChild: 500,
  maxWaitingChildren: 16,
  retentionMs: 30 * DAY_MS,
};

export const DEFAULT_CONCURRENCY = 2;

export interface RuntimeOptions {
  /** Folder of `trigger.db`; made when missing. One runtime at a time may use it. */
  readonly dataDir: string;
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port?: number;
  /** The one API key (`TRIGGER_SECRET_KEY`) that callers and the tasks themselves use. */
  readonly secretKey: string;
  /** Absolute paths of the `.ts` files that export tasks. */
  readonly taskFiles: readonly string[];
  /** Absolute path of a `trigger.config.ts`, for its default retries, maxDuration and hooks. */
  readonly configFile?: string;
  /** How many runs execute at the same time, each in its own child. Default 2. */
  readonly concurrency?: number;
  /** The children's environment. Besides it they get PATH, HOME and TZ, and nothing else of the parent's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  /** Milliseconds since the epoch; replaced in tests of schedules. */
  readonly clock?: () => number;
  readonly limits?: Partial<RuntimeLimits>;
}
