import type { Clock } from '../../../ids.ts';
import {
  ASK_AGAIN_MS,
  FAILURE_WINDOW_MS,
  LONGEST_OPEN_MS,
  LONGEST_TURN_MS,
  OPEN_AFTER_FAILURES,
  OPEN_MS,
  PROBE_LEASE_MS,
} from './rules.ts';
import type { Bucket, CircuitKey, CircuitState, GuardStore } from './store.ts';

type Circuit = CircuitKey & {
  failures: number;
  streakStartedAt: number;
  open: { retryAt: number; forMs: number } | null;
  probes: number;
  probeUntil: number | null;
};

/** The shared state of all guards of a test. What the functions of the database do, in the same words. */
export function memoryStore(clock: Clock): GuardStore {
  const takeTokens = memoryBuckets(clock);
  const circuits = new Map<string, Circuit>();
  const nameOf = (key: CircuitKey) => `${key.workspaceId} ${key.credentialId ?? '-'} ${key.host}`;

  const stateOf = (c: Circuit, retryAt = c.open?.retryAt): CircuitState => ({
    credentialId: c.credentialId,
    host: c.host,
    failures: c.failures,
    retryInMs: retryAt === undefined ? null : Math.max(0, retryAt - clock.now()),
  });
  const troubled = (workspaceId: string) =>
    [...circuits.values()]
      .filter((c) => c.workspaceId === workspaceId && (c.failures > 0 || c.open !== null))
      .map((c) => stateOf(c));

  function fail(c: Circuit, probe: number | null): void {
    const now = clock.now();
    if (c.open === null) {
      if (c.failures === 0 || c.streakStartedAt < now - FAILURE_WINDOW_MS) {
        c.failures = 0;
        c.streakStartedAt = now;
      }
      c.failures += 1;
      if (c.failures >= OPEN_AFTER_FAILURES) c.open = { retryAt: now + OPEN_MS, forMs: OPEN_MS };
    } else if (probe === c.probes && c.probeUntil !== null) {
      const forMs = Math.min(c.open.forMs * 2, LONGEST_OPEN_MS);
      c.open = { retryAt: now + forMs, forMs };
      c.probeUntil = null;
    }
  }

  return {
    async takeTokens(workspaceId, buckets) {
      return { waitMs: takeTokens(workspaceId, buckets), circuits: troubled(workspaceId) };
    },
    readCircuits: async (workspaceId) => troubled(workspaceId),
    async reportCall(call, failed, probe) {
      const { workspaceId, credentialId, host } = call;
      const fresh = { failures: 0, streakStartedAt: clock.now(), open: null, probes: 0, probeUntil: null };
      const c = circuits.get(nameOf(call)) ?? (failed ? { workspaceId, credentialId, host, ...fresh } : null);
      if (c === null) return null;
      circuits.set(nameOf(call), c);
      if (failed) fail(c, probe);
      else if (c.open === null || probe !== null)
        Object.assign(c, { failures: 0, open: null, probeUntil: null });
      return stateOf(c);
    },
    async claimProbe(call) {
      const c = circuits.get(nameOf(call));
      const now = clock.now();
      if (c === undefined) return { probe: null, circuit: null };
      if (c.open === null || c.open.retryAt > now) return { probe: null, circuit: stateOf(c) };
      if (c.probeUntil !== null && c.probeUntil > now) {
        return { probe: null, circuit: stateOf(c, Math.min(c.probeUntil, now + ASK_AGAIN_MS)) };
      }
      c.probes += 1;
      c.probeUntil = now + PROBE_LEASE_MS;
      return { probe: c.probes, circuit: stateOf(c) };
    },
  };
}

/** The generic cell rate algorithm: all tokens of a call or none, and for those that are refused a time to come again. */
function memoryBuckets(clock: Clock): (workspaceId: string, buckets: readonly Bucket[]) => number {
  const kept = new Map<string, { emptyUntil: number; turnAt: number }>();
  return (workspaceId, buckets) => {
    // Whole microseconds, as in the database: sums of fractions would lose a token now and then.
    const now = Math.round(clock.now() * 1000);
    const held = buckets.map(({ key, requests, per_seconds, burst, queue }) => {
      const state = kept.get(`${workspaceId} ${key}`) ?? { emptyUntil: -Infinity, turnAt: -Infinity };
      kept.set(`${workspaceId} ${key}`, state);
      const every = Math.ceil((per_seconds * 1e6) / requests);
      const freeAt = Math.max(state.emptyUntil, now) + every - every * burst;
      return { state, every, queue, freeAt, comeAt: queue ? Math.max(state.turnAt, freeAt) : freeAt };
    });
    const refusing = held.filter(({ freeAt }) => freeAt > now);
    for (const { state, every } of refusing.length > 0 ? [] : held) {
      if (state.emptyUntil <= now) state.turnAt = -Infinity;
      state.emptyUntil = Math.max(state.emptyUntil, now) + every;
    }
    for (const { state, every, comeAt, queue } of refusing) {
      if (queue) state.turnAt = Math.min(comeAt + every, now + LONGEST_TURN_MS * 1000);
    }
    return Math.ceil(Math.max(0, ...refusing.map(({ comeAt }) => comeAt - now)) / 1000);
  };
}
