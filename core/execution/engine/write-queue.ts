import { DatabaseError } from '../../db/db.ts';
import type { Claim, LedgerAnswer, StepCommit, StepStart } from './ports.ts';

export type StepRunWrite = ({ op: 'start' } & StepStart) | ({ op: 'commit' } & StepCommit);

/** Of one call to the database: rows of a few steps, each as large as what is recorded of it. */
const MAX_WRITES = 50;
const MAX_CHARS = 4 * 1024 * 1024;

type Waiting = {
  write: StepRunWrite;
  resolve: (answer: LedgerAnswer) => void;
  reject: (error: unknown) => void;
};

/**
 * Writes of steps that run side by side share calls: while one is under way, the next ones gather. A write resolves when it
 * is in the database. Writes of one execution arrive in the order in which they were made.
 */
export function createWriteQueue(
  send: (claim: Claim, writes: readonly StepRunWrite[]) => Promise<LedgerAnswer>,
): (claim: Claim, write: StepRunWrite) => Promise<LedgerAnswer> {
  const queues = new Map<string, Waiting[]>();

  async function drain(key: string, claim: Claim, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const group = takeGroup(queue);
      try {
        const answer = await send(
          claim,
          group.map(({ write }) => write),
        );
        for (const { resolve } of group) resolve(answer);
      } catch (error) {
        // What is wrong with one of them is not the others' fault. A database that is away, or a lease that is lost, is
        // the same for all: one after the other they would wait for it as many times.
        if (group.length > 1 && isRefusal(error)) for (const one of group) await alone(claim, one);
        else for (const { reject } of group) reject(error);
      }
    }
    queues.delete(key);
  }

  async function alone(claim: Claim, { write, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await send(claim, [write]));
    } catch (error) {
      reject(error);
    }
  }

  return (claim, write) =>
    new Promise((resolve, reject) => {
      const key = `${claim.execution_id}:${claim.fence}`;
      const waiting = { write, resolve, reject };
      const queue = queues.get(key);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      queues.set(key, started);
      void drain(key, claim, started);
    });
}

function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && !error.transient;
}

function takeGroup(queue: Waiting[]): Waiting[] {
  let chars = 0;
  let count = 0;
  while (count < Math.min(queue.length, MAX_WRITES) && (count === 0 || chars < MAX_CHARS)) {
    chars += queue[count]?.write.resume_state?.length ?? 0;
    count += 1;
  }
  return queue.splice(0, count);
}
