import type { UrlPolicy } from '../../egress/url.ts';
import { findJsonFlaw, pointerTo } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import type { ConnectorDefinition, ContactMapping, Step } from '../schema.ts';
import { nestedSteps } from '../walk.ts';
import { Expressions } from './expressions.ts';
import { checkInputSchema } from './input-schema.ts';
import { Report, shown } from './report.ts';
import { closedInputNames, resultScope } from './scope.ts';
import { checkSteps } from './steps.ts';

/** The egress settings of the deployment; nothing private is allowed unless they say so. */
export type CheckOptions = Partial<UrlPolicy>;

export interface DefinitionCheck {
  /** At most `MAX_FIELD_ERRORS`, each with a JSON pointer (RFC 6901) into the definition. */
  readonly errors: FieldError[];
  /** The services whose credentials the connector uses, sorted, each once. */
  readonly credentialServices: string[];
  /** For each of these services, the fields that use it. */
  readonly credentialPointers: ReadonlyMap<string, string[]>;
  /** The ids of the connectors that it calls, sorted, each with the fields that name it. */
  readonly connectorPointers: ReadonlyMap<string, string[]>;
  /** What most of the time goes into: for whoever checks many definitions at once. */
  readonly expressions: { readonly count: number; readonly characters: number };
}

/**
 * Checks all of a definition that can be known before it runs: names, expressions and what they refer to, URLs,
 * headers, bodies, the input schema. Parses expressions and evaluates none, so that it can run in a Worker.
 * @param definition that has passed its zod schema
 */
export function checkDefinition(
  definition: ConnectorDefinition,
  options: CheckOptions = {},
): DefinitionCheck {
  const report = new Report();
  const { input_schema, coerce_input, steps, output, contact_mapping } = definition;
  // Before everything that walks the definition: depth and keys that no walk should meet.
  const flaw = findJsonFlaw(definition);
  const expressions = new Expressions(report, {
    loops: flaw ? new Map() : loopsOf(steps),
    inputNames: closedInputNames(input_schema),
  });
  if (flaw) {
    report.add(flaw.pointer, flaw.detail);
  } else {
    if (input_schema) checkInputSchema(input_schema, '/input_schema', report);
    if (coerce_input && !input_schema)
      report.add('/coerce_input', 'input_schema says what to turn values into, and none is given');
    const policy = { allowLoopback: false, ...options };
    const result = resultScope(checkSteps(steps, { report, expressions, policy }));
    if (output !== undefined) expressions.value(output, '/output', result);
    if (contact_mapping) {
      checkMatch(contact_mapping, report);
      expressions.value(contact_mapping.fields, '/contact_mapping/fields', result);
    }
  }
  const credentialPointers = expressions.credentialPointers();
  return {
    errors: report.errors,
    credentialServices: [...credentialPointers.keys()],
    credentialPointers,
    connectorPointers: expressions.connectorPointers(),
    expressions: expressions.size(),
  };
}

/** Each step's name with the outermost loop that it stands in. */
function loopsOf(
  steps: readonly Step[],
  loop?: string,
  found = new Map<string, string | undefined>(),
): Map<string, string | undefined> {
  for (const step of steps) {
    found.set(step.name, loop);
    const inner = loop ?? (step.for_each ? step.name : undefined);
    // What handles the failure of a loop is not inside of it.
    for (const nested of nestedSteps(step, ''))
      loopsOf(nested.steps, nested.steps === step.on_error ? loop : inner, found);
  }
  return found;
}

function checkMatch({ match, fields }: ContactMapping, report: Report): void {
  for (const [index, name] of match.entries()) {
    const at = pointerTo('/contact_mapping/match', index);
    if (!Object.hasOwn(fields, name)) report.add(at, `${shown(name)} is not one of the mapped fields`);
    else if (match.indexOf(name) !== index) report.add(at, `${shown(name)} is named twice`);
  }
}
