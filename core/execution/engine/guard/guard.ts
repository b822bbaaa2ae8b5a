import type { Clock } from '../../../ids.ts';
import type { Admission, Guard, GuardedCall } from '../ports.ts';
import { Knowledge } from './knowledge.ts';
import { ASK_AGAIN_MS, limitBuckets, retryBucket } from './rules.ts';
import type { GuardStore } from './store.ts';

const ADMITTED: Admission = { admitted: true };

/**
 * The guard of one process over what all processes share.
 *
 * A call without limits to a service that does not fail asks the store nothing, but for one reading of the workspace's
 * troubled circuits every few seconds. Each limit's take, each failure, and the first success after failures is one call.
 *
 * When the store fails: `admit` rejects for a call with limits, which its author asked for, so that the execution is
 * tried again later; without limits the call goes out. A circuit that is known to be open stays open. Retries are
 * allowed, for without the store nothing else can go on either. `onTrouble` hears of what was kept silent.
 */
export function createGuard(
  store: GuardStore,
  clock: Clock,
  onTrouble: (error: unknown) => void = () => {},
): Guard {
  const knowledge = new Knowledge(clock);
  const readings = new Map<string, Promise<void>>();
  /** Numbers of the probes that this process makes. One at a time per circuit, so whatever comes back speaks for it. */
  const probes = new Map<string, number>();
  const claiming = new Set<string>();

  /** Calls that come together wait for one reading. */
  function refresh(workspaceId: string): Promise<void> {
    const running = readings.get(workspaceId);
    if (running) return running;
    const reading = store
      .readCircuits(workspaceId)
      .then(
        (circuits) => knowledge.learn(workspaceId, circuits),
        (error: unknown) => {
          onTrouble(error);
          knowledge.prolong(workspaceId);
        },
      )
      .finally(() => readings.delete(workspaceId));
    readings.set(workspaceId, reading);
    return reading;
  }

  async function takeTokens(call: GuardedCall, buckets: ReturnType<typeof limitBuckets>): Promise<number> {
    const { waitMs, circuits } = await store.takeTokens(call.workspaceId, buckets);
    knowledge.learn(call.workspaceId, circuits);
    return waitMs;
  }

  /** How long the circuit is known to stay open, 0 when a probe is due, null when calls pass. */
  function openForMs(call: GuardedCall): number | null {
    const retryAt = knowledge.troubleOf(call)?.retryAt ?? null;
    return retryAt === null ? null : Math.max(0, retryAt - clock.now());
  }

  async function probe(call: GuardedCall): Promise<Admission> {
    const name = nameOf(call);
    if (claiming.has(name)) return circuitOpen(ASK_AGAIN_MS);
    claiming.add(name);
    try {
      const claimed = await store.claimProbe(call);
      knowledge.note(call, claimed.circuit);
      if (claimed.probe !== null) {
        probes.set(name, claimed.probe);
        return ADMITTED;
      }
      const waitMs = openForMs(call);
      return waitMs === null ? ADMITTED : circuitOpen(waitMs);
    } catch (error) {
      onTrouble(error);
      return circuitOpen(ASK_AGAIN_MS);
    } finally {
      claiming.delete(name);
    }
  }

  return {
    learn: (workspaceId, circuits) => knowledge.learn(workspaceId, circuits),

    async admit(call) {
      const { workspaceId, limits } = call;
      if (limits.length === 0) {
        if (!knowledge.isFresh(workspaceId)) await refresh(workspaceId);
      } else {
        // Before tokens are spent on a call that will not be made.
        const knownMs = knowledge.isFresh(workspaceId) ? openForMs(call) : null;
        if (knownMs !== null && knownMs > 0) return circuitOpen(knownMs);
        const waitMs = await takeTokens(call, limitBuckets(call));
        if (waitMs > 0) return { admitted: false, reason: 'rate_limit', retryAfterMs: waitMs };
      }
      const openMs = openForMs(call);
      if (openMs === null) return ADMITTED;
      return openMs > 0 ? circuitOpen(openMs) : probe(call);
    },

    async report(call, outcome) {
      const name = nameOf(call);
      const probed = probes.get(name) ?? null;
      probes.delete(name);
      if (outcome === 'succeeded' && probed === null) {
        // Nothing to say to a healthy circuit; and to an open one only its probe speaks.
        if (knowledge.troubleOf(call)?.retryAt !== null) return;
        // Of many successes at once the first speaks for all.
        knowledge.note(call, null);
      }
      try {
        knowledge.note(call, await store.reportCall(call, outcome === 'failed', probed));
      } catch (error) {
        onTrouble(error);
      }
    },

    async mayRetry(call) {
      try {
        return (await takeTokens(call, [retryBucket(call)])) === 0;
      } catch (error) {
        onTrouble(error);
        return true;
      }
    },
  };
}

const circuitOpen = (retryAfterMs: number): Admission => ({
  admitted: false,
  reason: 'circuit_open',
  retryAfterMs,
});

const nameOf = ({ workspaceId, credentialId, host }: GuardedCall) =>
  `${workspaceId} ${credentialId ?? '-'} ${host}`;
