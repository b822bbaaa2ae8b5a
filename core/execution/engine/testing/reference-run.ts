import * as z from 'zod';
import { checkDefinition } from '../../../connector/check/index.ts';
import { ConnectorDefinition } from '../../../connector/schema.ts';
import { Placement } from '../../../credential/schema.ts';
import { type Json, JsonObjectValue, JsonValue } from '../../../json/json.ts';
import { type Mock, TestOptions } from '../../test-options.ts';
import { TestConnector } from '../../test-schema.ts';
import { LEASE_SECONDS } from '../limits.ts';
import { type Bench, bench } from './bench.ts';
import type { StepRow } from './memory-ledger.ts';
import type { Example } from './reference-page.ts';
import { Exchange, transcript } from './transcript-egress.ts';

const Credential = z.strictObject({
  type: z.enum(['bearer', 'api_key', 'basic', 'custom']),
  fields: z.record(z.string(), z.string()),
  placement: Placement.optional(),
  allowed_hosts: z.array(z.string()).optional(),
  base_url: z.string().optional(),
  rate_limit: z
    .strictObject({ requests: z.int(), per_seconds: z.int(), burst: z.int().optional() })
    .optional(),
});

/** One execution of an example. */
const Run = z.strictObject({
  input: JsonObjectValue.default({}),
  credentials: z.record(z.string(), Credential).default({}),
  /** Other connectors of the workspace, by id. */
  connectors: z.record(z.string(), JsonObjectValue).default({}),
  /** `pinned_execution_id` is the execution before it, whatever it says. */
  test: TestConnector.omit({ input: true, definition: true }).optional(),
  /** Since the end of the execution before it. */
  later_ms: z.int().default(0),
  calls: z.array(Exchange).default([]),
  expect: z.strictObject({
    status: z.string(),
    output: JsonValue.optional(),
    error: JsonObjectValue.optional(),
    contact: JsonObjectValue.optional(),
    /** Rows of the ledger: `name`, `name[iteration]`, `name#attempt`; each as far as it is written here. */
    steps: z.record(z.string(), JsonObjectValue.nullable()).optional(),
    /** How often the process was given back. */
    parked: z.int().optional(),
    took_ms: z.int().optional(),
  }),
});
type Run = z.infer<typeof Run>;
const Runs = z.union([z.array(Run).min(1), Run.transform((run) => [run])]);

/** The definition that an example stands for: a whole one, its steps, or its only step. */
export function definitionOf({ source }: Pick<Example, 'source'>): Json {
  const written: Json = JSON.parse(source);
  if (Array.isArray(written)) return { steps: written };
  const isStep = typeof written === 'object' && written !== null && 'name' in written;
  return isStep ? { steps: [written] } : written;
}

/** What happened, beside what the page says would happen: in the same form, so that the two can be compared. */
export type Comparison = { is: Json; should: Json };

/** Executes an example as its page says. Throws when the definition is not sound. */
export async function runExample(example: Example): Promise<Comparison[]> {
  const written = definitionOf(example);
  const { errors } = checkDefinition(ConnectorDefinition.parse(written));
  if (errors.length > 0) throw new Error(`${example.name}: ${JSON.stringify(errors)}`);
  const runs = Runs.parse(JSON.parse(example.run ?? 'null'));
  const [first] = runs;
  let dead = false;
  let script: ReturnType<typeof transcript> | undefined;
  const at = await bench({
    stored: { format: 1, ...(written as object) },
    credentials: first?.credentials as NonNullable<Parameters<typeof bench>[0]>['credentials'] & {},
    connectors: first?.connectors ?? {},
    answer: (request) => script?.answer(request) ?? Promise.reject(new Error('no script')),
  });
  at.ledger.crossing = () => {
    if (dead) throw new Error('the process is gone');
  };
  const comparisons: Comparison[] = [];
  for (const run of runs) {
    at.time.skip(run.later_ms);
    begin(at, run);
    const events = {
      processDies: () => {
        dead = true;
        throw new Error('the process is gone');
      },
      cancel: () => {
        at.execution.cancelRequested = true;
      },
    };
    script = transcript(run.calls, at.time, events);
    const began = at.time.now();
    let parked = 0;
    try {
      ({ parked } = await at.runThroughWaits());
    } catch (error) {
      if (!dead) throw error;
    }
    if (dead) {
      dead = false;
      at.time.skip(LEASE_SECONDS * 1_000);
      ({ parked } = await at.runThroughWaits());
    }
    comparisons.push(compared(at, run, script.problems(), { parked, took_ms: at.time.now() - began }));
  }
  return comparisons;
}

function begin({ execution }: Bench, { input, test }: Run): void {
  const pinned = test?.pinned_execution_id === undefined ? {} : answersIn(execution.steps);
  execution.steps.length = 0;
  Object.assign(execution, {
    status: 'queued',
    end: null,
    owner: null,
    leaseExpiresAt: null,
    startedAt: null,
    resumedAt: null,
    resumeAt: null,
    spentMs: 0,
    cancelRequested: false,
    input,
    options: test === undefined ? null : TestOptions.parse({ ...test, pinned }),
  });
}

function answersIn(rows: readonly StepRow[]): Record<string, Mock> {
  return Object.fromEntries(
    rows.flatMap(({ step_name, iteration, response }) =>
      iteration === '' && response ? [[step_name, response]] : [],
    ),
  );
}

/** The test runs of an example, as they are written. */
export function testsOf({ run }: Pick<Example, 'run'>): Json[] {
  const written: Json = JSON.parse(run ?? 'null');
  return (Array.isArray(written) ? written : [written]).flatMap((one) =>
    typeof one === 'object' && one !== null && 'test' in one && one.test !== undefined ? [one.test] : [],
  );
}

function compared(
  { execution }: Bench,
  { expect: should }: Run,
  problems: string[],
  seen: { parked: number; took_ms: number },
): Comparison {
  const { end, status } = execution;
  const whole: Record<string, Json> = {
    status,
    output: end?.output ?? null,
    error: asJson(end?.error),
    contact: asJson(end?.contact),
    ...seen,
    steps: Object.fromEntries(
      Object.keys(should.steps ?? {}).map((key) => [key, asJson(rowOf(execution.steps, key))]),
    ),
  };
  // An error, and what somebody wrote of rows, only as far as it is written; all else as a whole.
  const told = Object.fromEntries(
    Object.entries(whole)
      .filter(([name, value]) => name in should || (value !== null && ['error', 'output'].includes(name)))
      .map(([name, value]) => [name, partOf(value, should[name as keyof typeof should], name)]),
  );
  return { is: { ...told, problems }, should: { ...asObject(should), problems: [] } };
}

const PARTIAL: ReadonlySet<string> = new Set(['error', 'steps']);

/** Of objects the fields that `like` has, and of those in them. */
function partOf(value: Json, like: unknown, name: string): Json {
  if (!PARTIAL.has(name)) return value;
  const cut = (is: Json, should: unknown): Json => {
    const both = [is, should].every((side) => typeof side === 'object' && side !== null);
    if (!both || Array.isArray(is)) return is;
    const fields = is as Record<string, Json>;
    return Object.fromEntries(
      Object.entries(should as object).map(([key, inside]) => [key, cut(fields[key] ?? null, inside)]),
    );
  };
  return cut(value, like);
}

function rowOf(rows: readonly StepRow[], key: string): StepRow | undefined {
  const [, name, iteration = '', attempt] = /^(\w+)(?:\[([^\]]*)\])?(?:#(\d+))?$/.exec(key) ?? [];
  return rows.findLast(
    (row) =>
      row.step_name === name &&
      row.iteration === iteration &&
      (attempt === undefined || row.attempt === Number(attempt)),
  );
}

/** What the database would have of it. */
function asJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
function asObject(value: object): Record<string, Json> {
  return JSON.parse(JSON.stringify(value));
}
