import type { Execution, ExecutionStep } from '../../core/execution/schema.ts';
import { bold, dim, green, milliseconds, red, type Spinner, yellow } from './terminal.ts';

const NAME_WIDTH = 10;
const LABEL_WIDTH = 27;

/** Prints each step of an execution once it has ended, and each failed attempt when it is seen. */
export function timelinePrinter(spinner: Spinner): (execution: Execution) => void {
  const attempts = new Map<string, number>();
  const ended = new Set<string>();
  return function print(execution) {
    for (const step of execution.steps) {
      if (ended.has(step.name)) continue;
      const again = step.attempts > (attempts.get(step.name) ?? 1);
      attempts.set(step.name, step.attempts);
      if (again)
        spinner.line(
          `  ${yellow('↻')} ${step.name.padEnd(NAME_WIDTH)} ${yellow(`failed, attempt ${step.attempts}`)}`,
        );
      if (step.status === 'running' || (step.status === 'failed' && execution.status === 'running')) {
        spinner.show(`${step.name} …`);
        continue;
      }
      ended.add(step.name);
      spinner.line(`  ${describe(step)}`);
    }
  };
}

function describe(step: ExecutionStep): string {
  const name = step.name.padEnd(NAME_WIDTH);
  if (step.status === 'skipped') return `${dim('–')} ${name} ${dim('skipped')}`;
  const call = step.request ? `${step.request.method} ${step.request.url}` : '';
  const answer = step.response ? `${step.response.status}` : (step.error?.code ?? '');
  const took = milliseconds(step.duration_ms ?? 0);
  const tries = step.attempts > 1 ? `, ${step.attempts} attempts` : '';
  const mark = step.status === 'succeeded' ? green('✔') : red('✘');
  return `${mark} ${bold(name)} ${call} → ${answer} ${dim(`(${took}${tries})`)}`;
}

/** Where an execution's time went, from its own ledger. */
export function whereTimeWent(execution: Execution, attemptsMs: number, upstreamText: string): string[] {
  const at = (time: string | null) => (time === null ? Number.NaN : Date.parse(time));
  const queued = at(execution.started_at) - at(execution.created_at);
  const running = at(execution.finished_at) - at(execution.started_at);
  const line = (label: string, ms: number) => `${label.padEnd(LABEL_WIDTH)}${milliseconds(ms)}`;
  return [
    line('accepted → started', queued),
    line(`calls to ${upstreamText}`, attemptsMs),
    `${line('waits and bookkeeping', running - attemptsMs)}  ${dim('(backoff before the retry, ledger, expressions)')}`,
    line('in all', queued + running),
  ];
}
