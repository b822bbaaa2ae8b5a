import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  ExecutorToWorkerMessageCatalog as Catalogue,
  type CompletedWaitpoint,
  type TaskRunExecution,
  type TaskRunExecutionResult,
} from '@trigger.dev/core/v3';
import * as z from 'zod';
import { ChildNotice, type ChildSetup } from './child/protocol.ts';
import { WORKER } from './execution.ts';
import type { Logger } from './log.ts';
import type { Catalog } from './task-registry.ts';

const CHILD_FILE = fileURLToPath(new URL('./child.ts', import.meta.url));
/** What is kept of a child's stderr to explain its death. */
const STDERR_TAIL_CHARS = 4096;

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It ended before it was ready for a run. */
  readonly wasStarting: boolean;
}

/** What happens in a child. Of every message only valid ones of a known type get here. */
export interface ChildListener {
  ready(child: Child, catalog: Catalog): void;
  unusable(child: Child, reason: string): void;
  completed(child: Child, execution: TaskRunExecution, result: TaskRunExecutionResult): void;
  /** The child is through with a run, whether or not it reported a result. */
  settled(child: Child): void;
  suspendable(child: Child, suspendable: boolean): void;
  overtime(child: Child): void;
  uncaught(child: Child, error: { name: string; message: string; stack?: string | undefined }): void;
  exited(child: Child, exit: ChildExit): void;
}

export interface ChildOptions {
  readonly setup: Omit<ChildSetup, 'token'>;
  readonly env: Readonly<Record<string, string>>;
  readonly logger: Logger;
  readonly listener: ChildListener;
  /** Where compiled code is kept for the next child. */
  readonly cacheDir: string;
  /** From fork to "ready", milliseconds. */
  readonly startMs: number;
}

const Event = z.object({
  type: z.literal('EVENT'),
  message: z.object({ type: z.string(), payload: z.unknown() }),
});

/** One forked `child.ts`, from the parent's side. */
export class Child {
  readonly token = randomUUID();
  readonly pid: number | undefined;
  state: 'starting' | 'idle' | 'busy' | 'ended' = 'starting';
  runs = 0;
  idleSince = 0;
  lastHeard = Date.now();
  stderrTail = '';
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #process: ChildProcess;
  readonly #options: ChildOptions;

  constructor(options: ChildOptions) {
    this.#options = options;
    const setup: ChildSetup = { ...options.setup, token: this.token };
    this.#process = fork(CHILD_FILE, [JSON.stringify(setup), options.cacheDir], {
      env: options.env,
      // A small young generation: 20 MB less per child, for a little more garbage collection. And an old one that is
      // collected after it has grown by a fifth: on a large machine it would grow by hundreds of MB first.
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--max-semi-space-size=2',
        '--heap-growing-percent=20',
      ],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.pid = this.#process.pid;
    this.#process.on('message', (message) => this.#receive(message));
    const overdue = setTimeout(() => {
      if (this.state === 'starting') this.kill();
    }, options.startMs);
    this.gone = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(overdue);
        const wasStarting = this.state === 'starting';
        this.state = 'ended';
        options.listener.exited(this, { code, signal, wasStarting });
        resolve();
      };
      this.#process.once('exit', end);
      this.#process.on('error', (error) => {
        this.#log('error', `child process: ${error.message}`);
        // A process that could not be started has no exit to wait for.
        if (this.pid === undefined && this.state !== 'ended') end(null, null);
      });
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#log('info', text.trimEnd()));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-STDERR_TAIL_CHARS);
      this.#log('warn', text.trimEnd());
    });
  }

  execute(execution: TaskRunExecution): void {
    const isWarmStart = this.runs > 0;
    this.state = 'busy';
    this.runs += 1;
    this.lastHeard = Date.now();
    this.#send('EXECUTE_TASK_RUN', {
      version: 'v1',
      execution,
      traceContext: {},
      metadata: WORKER,
      isWarmStart,
    });
  }

  cancel(timeoutInMs: number): void {
    this.#send('CANCEL', { timeoutInMs });
  }

  resolve(waitpoint: CompletedWaitpoint): void {
    this.#send('RESOLVE_WAITPOINT', { version: 'v1', waitpoint });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Ends an idle child: it goes when the channel closes. */
  dismiss(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #send(type: string, payload: unknown): void {
    if (!this.#process.connected) return;
    // An error means that the child is gone, which its exit event reports.
    this.#process.send({ type: 'EVENT', message: { type, payload, version: 'v1' } }, () => {});
  }

  #receive(message: unknown): void {
    this.lastHeard = Date.now();
    const notice = ChildNotice.safeParse(message);
    if (notice.success) {
      this.#notice(notice.data);
      return;
    }
    const event = Event.safeParse(message);
    if (event.success) this.#event(event.data.message);
  }

  #notice(notice: ChildNotice): void {
    const { listener, logger } = this.#options;
    switch (notice.type) {
      case 'READY':
        listener.ready(this, notice.catalog);
        break;
      case 'UNUSABLE':
        listener.unusable(this, notice.message);
        break;
      case 'SETTLED':
        listener.settled(this);
        break;
      case 'LOG':
        logger(notice.level, notice.message, notice.fields);
        break;
    }
  }

  /** TASK_HEARTBEAT has been noted by its arrival; SEND_DEBUG_LOG says nothing of use here. */
  #event({ type, payload }: { type: string; payload: unknown }): void {
    const { listener } = this.#options;
    switch (type) {
      case 'TASK_RUN_COMPLETED': {
        const parsed = Catalogue.TASK_RUN_COMPLETED.message.safeParse(payload);
        if (parsed.success) listener.completed(this, parsed.data.execution, parsed.data.result);
        else this.#unreadable(type, parsed.error.message);
        break;
      }
      case 'SET_SUSPENDABLE': {
        const parsed = Catalogue.SET_SUSPENDABLE.message.safeParse(payload);
        if (parsed.success) listener.suspendable(this, parsed.data.suspendable);
        break;
      }
      case 'MAX_DURATION_EXCEEDED':
        listener.overtime(this);
        break;
      case 'UNCAUGHT_EXCEPTION': {
        const parsed = Catalogue.UNCAUGHT_EXCEPTION.message.safeParse(payload);
        if (parsed.success) listener.uncaught(this, parsed.data.error);
        break;
      }
    }
  }

  /** A result that cannot be read is a lost attempt: the process's end makes it one. */
  #unreadable(type: string, reason: string): void {
    this.#log('error', `unreadable ${type}: ${reason}`);
    this.kill();
  }

  #log(level: 'info' | 'warn' | 'error', message: string): void {
    if (message) this.#options.logger(level, message, { childPid: this.pid });
  }
}
