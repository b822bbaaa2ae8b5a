import type { GuardedCall } from '../ports.ts';
import type { Bucket } from './store.ts';

/** Failures in a row, within the window, that open a circuit: more than a few unlucky calls, less than a harmful load. */
export const OPEN_AFTER_FAILURES = 20;
/** A service that fails less often than this is no danger to itself, and each call may still succeed. */
export const FAILURE_WINDOW_MS = 60_000;
/** About as long as a service takes to restart. */
export const OPEN_MS = 30_000;
/** Doubled while probes fail, up to what people would wait for. */
export const LONGEST_OPEN_MS = 300_000;
/** A probe of which nothing was heard for this long does not keep others from probing: its process may be dead. */
export const PROBE_LEASE_MS = 30_000;
/** While somebody else probes, most likely it is known by then. */
export const ASK_AGAIN_MS = 5_000;
/** What a process knows of the circuits of a workspace; others' news take this long to get here. */
export const KNOWLEDGE_MS = 5_000;
/** Callers of a rate limit come back in turn, but not later: the ones before them may have given up. */
export const LONGEST_TURN_MS = 300_000;

/** Retries of one workspace at one host: as many as usual trouble takes, then one a second, however many executions fail. */
const RETRY_BUDGET = { requests: 1, per_seconds: 1, burst: 60 } as const;

/** One bucket for each limit; the same limit twice is one limit. */
export function limitBuckets({ credentialId, host, limits }: GuardedCall): Bucket[] {
  const buckets = limits.map(({ requests, per_seconds, burst = requests }): Bucket => {
    const key = `limit ${credentialId ?? '-'} ${host} ${requests}/${per_seconds}/${burst}`;
    return { key, requests, per_seconds, burst, queue: true };
  });
  return [...new Map(buckets.map((bucket) => [bucket.key, bucket])).values()];
}

export function retryBucket({ host }: GuardedCall): Bucket {
  return { key: `retry ${host}`, ...RETRY_BUDGET, queue: false };
}
