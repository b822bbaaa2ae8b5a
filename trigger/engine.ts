import { createHash, randomBytes } from 'node:crypto';
import { logger } from '@trigger.dev/sdk';
import { databaseGuard } from '../core/execution/engine/guard/database.ts';
import { databaseLedger } from '../core/execution/engine/ledger.db.ts';
import { createPlanner } from '../core/execution/engine/plan.ts';
import type { Claim, EngineDeps } from '../core/execution/engine/ports.ts';
import { type RunRequest, runClaimed, runExecution } from '../core/execution/engine/run-execution.ts';
import type { RunOutcome } from '../core/execution/engine/run-outcome.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv, type TaskEnv } from './env.ts';
import { taskEgress, taskSealer } from './ports.ts';
import { sleep } from './sleep.ts';

export interface Engine {
  /** Claims an execution and runs it. */
  run(request: RunRequest): Promise<RunOutcome>;
  /** Runs an execution that has been claimed. */
  runClaimed(claim: Claim, request: Omit<RunRequest, 'executionId'>): Promise<RunOutcome>;
}

/** The engine with what this runtime gives it. Connections, keys and compiled connectors last as long as the process. */
export function createEngine(env: TaskEnv): Engine {
  const db = serviceDatabase(env);
  const clock = { now: Date.now };
  const deps: EngineDeps = {
    ledger: databaseLedger(db, sleep),
    guard: databaseGuard(db, clock),
    egress: taskEgress(env),
    sealer: taskSealer(env),
    clock,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    random: Math.random,
    sleep,
    sha256: async (text) => createHash('sha256').update(text).digest('hex'),
    log: (level, message, fields) => logger[level](message, fields),
  };
  const planOf = createPlanner();
  return {
    run: (request) => runExecution(deps, planOf, request),
    runClaimed: (claim, request) => runClaimed(deps, planOf, claim, request),
  };
}

let engine: Engine | undefined;

/** The process's engine, made when it is first needed: a warm process keeps it from run to run. */
export function processEngine(): Engine {
  engine ??= createEngine(readTaskEnv(process.env));
  return engine;
}
