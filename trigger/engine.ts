import { randomBytes } from 'node:crypto';
import { logger } from '@trigger.dev/sdk';
import { databaseLedger } from '../core/execution/engine/ledger.db.ts';
import { createPlanner } from '../core/execution/engine/plan.ts';
import type { EngineDeps } from '../core/execution/engine/ports.ts';
import { type RunOutcome, type RunRequest, runExecution } from '../core/execution/engine/run-execution.ts';
import { serviceDatabase } from './database.ts';
import { readTaskEnv, type TaskEnv } from './env.ts';
import { taskEgress, taskSealer } from './ports.ts';
import { sleep } from './sleep.ts';

/** The engine with what this runtime gives it. Connections, keys and compiled connectors last as long as the process. */
export function createEngine(env: TaskEnv): (request: RunRequest) => Promise<RunOutcome> {
  const deps: EngineDeps = {
    ledger: databaseLedger(serviceDatabase(env), sleep),
    egress: taskEgress(env),
    sealer: taskSealer(env),
    clock: { now: Date.now },
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    random: Math.random,
    sleep,
    log: (level, message, fields) => logger[level](message, fields),
  };
  const planOf = createPlanner();
  return (request) => runExecution(deps, planOf, request);
}

let engine: ReturnType<typeof createEngine> | undefined;

/** The process's engine, made when it is first needed: a warm process keeps it from run to run. */
export function processEngine(): ReturnType<typeof createEngine> {
  engine ??= createEngine(readTaskEnv(process.env));
  return engine;
}
