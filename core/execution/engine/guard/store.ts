/** A token bucket: `burst` tokens at most, `requests` of them come back in `per_seconds`. */
export type Bucket = {
  /** Names it within the workspace. */
  key: string;
  requests: number;
  per_seconds: number;
  burst: number;
  /** Whether callers that are refused come back, and so are told different times. */
  queue: boolean;
};

export type CircuitKey = {
  workspaceId: string;
  /** Null for calls without a credential. */
  credentialId: string | null;
  host: string;
};

export type CircuitState = {
  credentialId: string | null;
  host: string;
  /** In a row. */
  failures: number;
  /** Null while calls pass; 0 when a probe is due. */
  retryInMs: number | null;
};

/** What all processes share. Every call may fail with a `DatabaseError`, and is exact under concurrency. */
export interface GuardStore {
  /** Takes a token from each bucket or from none; 0 ms when they were taken. Tells the circuits that are not healthy as well. */
  takeTokens(
    workspaceId: string,
    buckets: readonly Bucket[],
  ): Promise<{ waitMs: number; circuits: CircuitState[] }>;
  /** The circuits of a workspace that are not healthy. */
  readCircuits(workspaceId: string): Promise<CircuitState[]>;
  /** `probe`: the number of a call that was let through an open circuit. Answers null where there is no circuit. */
  reportCall(call: CircuitKey, failed: boolean, probe: number | null): Promise<CircuitState | null>;
  /** A number to the one caller who may try an open circuit; to others what they must know. */
  claimProbe(call: CircuitKey): Promise<{ probe: number | null; circuit: CircuitState | null }>;
}
