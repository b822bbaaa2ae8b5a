import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { attemptsOf } from './attempt-store.ts';
import { Batches } from './batches.ts';
import { ChildPool } from './child-pool.ts';
import type { Child, ChildListener } from './child-process.ts';
import { Database } from './database.ts';
import { Dispatcher } from './dispatcher.ts';
import { ChildLedger } from './leftovers.ts';
import { silentLogger } from './log.ts';
import { DEFAULT_CONCURRENCY, DEFAULT_LIMITS, type RuntimeOptions } from './options.ts';
import { Packets } from './packets.ts';
import { restApp } from './rest/app.ts';
import type { RestContext } from './rest/context.ts';
import { presentScheduleOf } from './rest/schedules.ts';
import { removeOld } from './retention.ts';
import { RunStore } from './run-store.ts';
import { ScheduleStore } from './schedule-store.ts';
import { Scheduler } from './schedules.ts';
import { TaskRegistry } from './task-registry.ts';
import { Waitpoints } from './waitpoints.ts';
import { WakeUp } from './wake-up.ts';

export type { RuntimeOptions } from './options.ts';

const HOST = '127.0.0.1';
/** Busy children say so this often, milliseconds. */
const HEARTBEAT_MS = 20_000;
/** How often overlong and silent runs and idle children are looked for, milliseconds. */
const WATCH_MS = 1000;
/** How often runs past their retention are looked for, milliseconds. */
const CLEAN_UP_MS = 60_000;

export interface EmbeddedRuntime {
  /** What goes into `TRIGGER_API_URL`. */
  readonly url: string;
  /** The process ids of the children. */
  readonly childPids: () => number[];
  /** Stops accepting, kills the children; what was executing is attempted again at the next start. */
  close(): Promise<void>;
}

/**
 * Starts the runtime: opens its store, imports the task files in a first child, takes up the runs that an
 * earlier process left, and listens on 127.0.0.1.
 *
 * Rejects when another runtime uses the folder, the port is taken or a task file cannot be imported.
 */
export async function startRuntime(options: RuntimeOptions): Promise<EmbeddedRuntime> {
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? Date.now;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;

  const db = new Database(options.dataDir);
  const ledger = new ChildLedger(db);
  for (const pid of ledger.endLeftovers())
    logger('warn', 'ended a child of an earlier runtime', { childPid: pid });

  const runs = new RunStore(db);
  const registry = new TaskRegistry();
  const ready = Promise.withResolvers<void>();
  let closing = false;
  let recovered = false;
  const look = () => {
    scheduler.fireDue();
    waitpoints.completeDue();
    runs.promoteDelayed(clock());
    dispatcher.expireOverdue();
    if (!closing) dispatcher.dispatch(pool);
    return earliest([runs.nextDue(clock()), schedules.nextDue(), waitpoints.nextDue()]);
  };
  const wakeUp = new WakeUp(clock, look, (error) =>
    logger('error', 'the queue could not be looked at', { error: String(error) }),
  );
  const wake = () => wakeUp.now();
  const dispatcher = new Dispatcher({ runs, registry, clock, concurrency, limits, logger, wake });

  const schedules = new ScheduleStore(db);
  const scheduler = new Scheduler({ runs, registry, clock, store: schedules, logger });
  const waitpoints = new Waitpoints(db, clock, (runId, waitpoint) =>
    dispatcher.active.get(runId)?.child.resolve(waitpoint),
  );
  const packets = new Packets(db, clock, options.secretKey);

  const listener: ChildListener = {
    ready(child, catalog) {
      registry.load(catalog);
      scheduler.sync(registry.all());
      // Before anything new is claimed: what is marked as executing now was left by an earlier process.
      if (!recovered) dispatcher.recover();
      recovered = true;
      pool.ready(child);
      ready.resolve();
      wake();
    },
    unusable(_child, reason) {
      logger('error', 'a child could not load the tasks', { error: reason });
      ready.reject(new Error(reason));
    },
    completed: (child, execution, result) => void dispatcher.completed(child, execution, result),
    settled(child: Child) {
      pool.release(child);
      dispatcher.settled(child);
    },
    suspendable: (child, suspendable) => dispatcher.suspendable(child, suspendable),
    overtime(child) {
      const active = dispatcher.active.of(child);
      if (active) dispatcher.overtime(active);
    },
    uncaught: (child, error) => dispatcher.uncaught(child, error),
    exited(child, exit) {
      pool.exited(child, exit.wasStarting);
      dispatcher.exited(child, exit);
      if (exit.wasStarting) ready.reject(new Error(`a child ended before it was ready: ${child.stderrTail}`));
      wake();
    },
  };

  const context: RestContext = {
    db,
    schedules,
    scheduler,
    waitpoints,
    packets,
    batches: new Batches({ db, runs, registry, clock, dispatcher }),
    runs,
    registry,
    clock,
    dispatcher,
    wake,
    present: {
      get: (id: string) => runs.get(id),
      children: (id: string) => runs.children(id),
      packetUrl: (name: string) => packets.presign('GET', name),
      attempts: (id: string) => attemptsOf(db, id),
      schedule: (id: string) => presentScheduleOf(schedules.get(id)),
    },
  };
  const app = restApp(context, options.secretKey, logger, ready.promise);
  const server = createAdaptorServer({ fetch: app.fetch });
  const url = await listen(server, options.port ?? 0).catch((error: unknown) => {
    db.close();
    throw error;
  });

  packets.baseUrl = url;
  const pool = new ChildPool(
    {
      taskFiles: options.taskFiles,
      configFile: options.configFile,
      env: childEnv(options, url),
      heartbeatMs: HEARTBEAT_MS,
      cacheDir: join(options.dataDir, 'compile-cache'),
      limits,
      logger,
      ledger,
    },
    listener,
  );
  const watch = setInterval(() => {
    pool.trim(Date.now());
    pool.grow(1);
    dispatcher.watch();
  }, WATCH_MS);
  const cleanUp = () => {
    const removed = removeOld(db, clock() - limits.retentionMs);
    if (removed > 0) logger('info', 'removed old runs', { removed });
  };
  const cleaning = setInterval(cleanUp, CLEAN_UP_MS);

  async function close(): Promise<void> {
    if (closing) return;
    closing = true;
    clearInterval(watch);
    clearInterval(cleaning);
    await dispatcher.drained(limits.closeGraceMs);
    wakeUp.close();
    dispatcher.stop();
    await pool.close();
    const closed = new Promise((resolve) => server.close(resolve));
    if ('closeAllConnections' in server) server.closeAllConnections();
    await closed;
    db.close();
  }

  pool.grow(1);
  try {
    await ready.promise;
  } catch (error) {
    await close();
    throw error;
  }
  logger('info', 'runtime ready', { url, tasks: registry.all().map((task) => task.id) });
  return { url, childPids: () => pool.pids, close };
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const due = times.filter((time) => time !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}

type Server = ReturnType<typeof createAdaptorServer>;

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no TCP address'));
      resolve(`http://${HOST}:${address.port}`);
    });
  });
}

/** A child gets what it was given, and of the parent's environment only what every program needs. */
function childEnv(options: RuntimeOptions, url: string): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...options.env,
    TRIGGER_API_URL: url,
    TRIGGER_SECRET_KEY: options.secretKey,
  };
}
