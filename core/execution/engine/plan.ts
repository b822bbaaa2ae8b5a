import { compileInputSchema } from '../../connector/check/index.ts';
import { type Step, StoredDefinition } from '../../connector/schema.ts';
import { createEvaluator, type Evaluator } from '../../expression/index.ts';
import type { Json } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import { type CredentialUse, credentialUse } from './credential-use.ts';
import { MAX_CACHED_PLANS } from './limits.ts';
import type { Claim } from './ports.ts';

/** A connector version, compiled once: what does not depend on the input. */
export type Plan = {
  definition: StoredDefinition;
  evaluator: Evaluator;
  checkInput: (input: Json) => FieldError[];
  steps: readonly PlannedStep[];
};
export type PlannedStep = { index: number; step: Step; use: CredentialUse };

/** The stored definition is none that this release can run: damaged, or written by a later one. */
export class DefinitionUnreadable extends Error {
  override readonly name = 'DefinitionUnreadable';
}

/**
 * Compiles versions and keeps the newest ones. A version never changes, so that an entry is never stale. The planner
 * throws `DefinitionUnreadable`, or `TemplateError` for a template that the API should have refused.
 */
export function createPlanner(): (claim: Claim) => Plan {
  const plans = new Map<string, Plan>();
  return function planOf(claim) {
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

function compilePlan(stored: Json): Plan {
  const parsed = StoredDefinition.safeParse(stored);
  if (!parsed.success) throw new DefinitionUnreadable();
  const definition = parsed.data;
  return {
    definition,
    evaluator: createEvaluator(),
    checkInput: compileInputSchema(definition.input_schema),
    steps: definition.steps.map((step, index) => ({ index, step, use: credentialUse(step.request) })),
  };
}
