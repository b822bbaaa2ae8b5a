import { compileSchema } from '../../connector/check/index.ts';
import { readInput } from '../../connector/read-input.ts';
import { type Step, StoredDefinition } from '../../connector/schema.ts';
import type { StepKind } from '../../connector/step-schema.ts';
import { kindOf } from '../../connector/walk.ts';
import { createEvaluator, type Evaluator } from '../../expression/index.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import { type CredentialUse, credentialUse } from './credential-use.ts';
import { MAX_CACHED_PLANS } from './limits.ts';
import type { Claim } from './ports.ts';

/** A connector version, compiled once: what does not depend on the input. */
export type Plan = {
  definition: StoredDefinition;
  evaluator: Evaluator;
  /** The input as steps see it, and where it does not fit the connector's schema. */
  readInput: ValueReader;
  steps: readonly PlannedStep[];
  /** All of them, those inside of others as well. */
  size: number;
  indexOf: ReadonlyMap<string, number>;
};

export type ValueReader = (value: Json) => { value: Json; errors: FieldError[] };

export type PlannedStep = {
  /** Its number in the order in which all steps are written, an outer one before those inside it. */
  index: number;
  /** The number of the last step inside it; its own when there is none. */
  lastIndex: number;
  step: Step;
  kind: StepKind;
  /** Which credentials its request carries; none for a step that sends no request. */
  use: CredentialUse;
  /** The body as later steps see it, and where it does not fit the schema that the step names. */
  readBody: ValueReader;
  /** The steps of a group or of a parallel. */
  body: readonly PlannedStep[];
  /** Of a switch; the last one is its default and has no condition. */
  cases: readonly { when: string | null; steps: readonly PlannedStep[] }[];
  /** What runs when it has failed. */
  fallback: readonly PlannedStep[];
};

/** The stored definition is none that this release can run: damaged, or written by a later one. */
export class DefinitionUnreadable extends Error {
  override readonly name = 'DefinitionUnreadable';
}

export type Planner = (claim: Claim) => Plan;

/**
 * Compiles versions and keeps the newest ones. A version never changes, so that an entry is never stale. The planner
 * throws `DefinitionUnreadable`, or `TemplateError` for a template that the API should have refused.
 */
export function createPlanner(): Planner {
  const plans = new Map<string, Plan>();
  return function planOf(claim) {
    // A test run may bring a definition of its own, which is under no version's name.
    if (isObject(claim.options) && 'definition' in claim.options) return compilePlan(claim.definition);
    const key = `${claim.connector_id}:${claim.connector_version}`;
    const known = plans.get(key);
    if (known) return known;
    const plan = compilePlan(claim.definition);
    const oldest = plans.size >= MAX_CACHED_PLANS ? plans.keys().next() : undefined;
    if (oldest && !oldest.done) plans.delete(oldest.value);
    plans.set(key, plan);
    return plan;
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function compilePlan(stored: Json): Plan {
  const parsed = StoredDefinition.safeParse(stored);
  if (!parsed.success) throw new DefinitionUnreadable();
  const definition = parsed.data;
  let size = 0;
  const indexOf = new Map<string, number>();
  const planAll = (steps: readonly Step[] | undefined): PlannedStep[] => (steps ?? []).map(plan);
  const plan = (step: Step): PlannedStep => {
    const kind = kindOf(step);
    if (kind === undefined) throw new DefinitionUnreadable();
    const index = size;
    size += 1;
    indexOf.set(step.name, index);
    const cases = (step.switch?.cases ?? []).map(({ when, steps }) => ({ when, steps: planAll(steps) }));
    return {
      index,
      step,
      kind,
      use: step.request ? credentialUse(step.request) : NO_CREDENTIALS,
      readBody: bodyReader(step.response?.schema, step.response?.coerce),
      body: planAll(step.steps ?? step.parallel?.steps),
      cases: step.switch ? [...cases, { when: null, steps: planAll(step.switch.default) }] : [],
      fallback: planAll(step.on_error),
      lastIndex: size - 1,
    };
  };
  const steps = planAll(definition.steps);
  return {
    definition,
    evaluator: createEvaluator(),
    readInput: (given) => {
      const { input: value, errors } = readInput(definition, given);
      return { value, errors };
    },
    steps,
    size,
    indexOf,
  };
}

function bodyReader(schema: JsonObject | undefined, coerce = false): ValueReader {
  return schema === undefined ? accept : compileSchema(schema, { coerce, what: 'the answer' });
}

const accept: ValueReader = (value) => ({ value, errors: [] });

const NO_CREDENTIALS: CredentialUse = {
  services: new Set(),
  headers: [],
  query: [],
  body: false,
  shownUrl: '',
  derivations: [],
};
