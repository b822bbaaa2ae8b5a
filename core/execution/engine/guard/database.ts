import * as z from 'zod';
import type { Db } from '../../../db/db.ts';
import { type Clock, type RandomBytes, uuidv7 } from '../../../ids.ts';
import type { Guard } from '../ports.ts';
import { createGuard } from './guard.ts';
import {
  ASK_AGAIN_MS,
  FAILURE_WINDOW_MS,
  LONGEST_OPEN_MS,
  LONGEST_TURN_MS,
  OPEN_AFTER_FAILURES,
  OPEN_MS,
  PROBE_LEASE_MS,
} from './rules.ts';
import type { CircuitKey, GuardStore } from './store.ts';

/** A circuit as the database tells it, in a claim as well. */
export const CircuitRow = z
  .object({
    credential_id: z.uuid().nullable(),
    host: z.string(),
    failures: z.int(),
    retry_in_ms: z.number().nullable(),
  })
  .transform(({ credential_id, host, failures, retry_in_ms }) => ({
    credentialId: credential_id,
    host,
    failures,
    retryInMs: retry_in_ms,
  }));
const Circuits = z.array(CircuitRow);
const Taken = z
  .object({ wait_ms: z.number(), circuits: Circuits })
  .transform(({ wait_ms, circuits }) => ({ waitMs: wait_ms, circuits }));
const Probe = z.object({ probe: z.int().nullable(), circuit: CircuitRow.nullable() });

const RULES = {
  failures: OPEN_AFTER_FAILURES,
  window_ms: FAILURE_WINDOW_MS,
  open_ms: OPEN_MS,
  longest_open_ms: LONGEST_OPEN_MS,
};

const defaultRandomBytes: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

/** The state that all processes share, in the database. */
export function databaseStore(db: Db, clock: Clock, randomBytes = defaultRandomBytes): GuardStore {
  const named = ({ workspaceId, credentialId, host }: CircuitKey) => ({
    p_workspace_id: workspaceId,
    p_credential_id: credentialId,
    p_host: host,
  });
  return {
    async takeTokens(workspaceId, buckets) {
      const args = { p_workspace_id: workspaceId, p_buckets: buckets, p_longest_turn_ms: LONGEST_TURN_MS };
      return Taken.parse(await db.call('take_tokens', args));
    },
    async readCircuits(workspaceId) {
      return Circuits.parse(await db.call('read_circuits', { p_workspace_id: workspaceId }));
    },
    async reportCall(call, failed, probe) {
      const args = { p_failed: failed, p_probe: probe, p_new_id: uuidv7(clock, randomBytes), p_rules: RULES };
      return CircuitRow.nullable().parse(await db.call('report_call', { ...named(call), ...args }));
    },
    async claimProbe(call) {
      const args = { p_lease_ms: PROBE_LEASE_MS, p_again_ms: ASK_AGAIN_MS };
      return Probe.parse(await db.call('claim_probe', { ...named(call), ...args }));
    },
  };
}

/** The guard of one process over the database. `onTrouble` hears of failures that no call is told of. */
export function databaseGuard(db: Db, clock: Clock, onTrouble?: (error: unknown) => void): Guard {
  return createGuard(databaseStore(db, clock), clock, onTrouble);
}
