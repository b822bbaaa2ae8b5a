import type { Json, JsonObject } from '../../json/json.ts';
import type { StepOutcome } from '../schema.ts';
import type { CredentialUse } from './credential-use.ts';
import type { OpenCredentials } from './credentials.ts';
import type { Claim } from './ports.ts';

/** What expressions read. `steps` grows while the execution goes on. */
export type RunContext = {
  input: Json;
  execution: JsonObject;
  steps: JsonObject;
  /** Inside of a loop. */
  item?: Json;
  index?: number;
};

export function startContext(claim: Claim, input: Json): RunContext {
  return {
    input,
    execution: {
      id: claim.execution_id,
      connector_id: claim.connector_id,
      connector_version: claim.connector_version,
      workspace_id: claim.workspace_id,
      trigger: claim.trigger,
      created_at: claim.created_at,
    },
    steps: {},
  };
}

/** The context of one item: steps inside of the loop see each other's results of the same item alone. */
export function itemContext(context: RunContext, item: Json, index: number): RunContext {
  return { ...context, steps: { ...context.steps }, item, index };
}

/** `steps.<name>`: the answer, and the step's own fields at the top. A step that was skipped is missing. */
export function addOutcome(context: RunContext, name: string, outcome: StepOutcome | null): void {
  if (outcome !== null) context.steps[name] = stepValue(outcome);
}

export function stepValue({ status, headers, body, output, error, extra }: StepOutcome): JsonObject {
  const why =
    error === null ? {} : { error: { class: error.class, code: error.code, message: error.message } };
  return { ...output, ...extra, status, headers, body, ...why };
}

/** The context of one request: with the secrets of the services that its text names, and of no others. */
export function requestContext(context: RunContext, use: CredentialUse, credentials: OpenCredentials) {
  const workspace = Object.fromEntries(
    [...credentials].flatMap(([service, { fields }]) =>
      use.services.has(service) ? [[service, fields]] : [],
    ),
  );
  return { ...context, workspace };
}
