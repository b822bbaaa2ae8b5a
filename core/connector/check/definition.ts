import type { UrlPolicy } from '../../egress/url.ts';
import { FORBIDDEN_KEYS, findJsonFlaw, pointerTo } from '../../json/json.ts';
import type { FieldError } from '../../problem/problem.ts';
import type { ConnectorDefinition, ContactMapping, Step } from '../schema.ts';
import { Expressions } from './expressions.ts';
import { checkInputSchema } from './input-schema.ts';
import { Report, shown } from './report.ts';
import { checkRequest } from './request.ts';
import { closedInputNames, conditionScope, requestScope, responseScope, resultScope } from './scope.ts';

/** Names at `steps.<name>` that the step's own response has. */
const RESPONSE_NAMES: ReadonlySet<string> = new Set(['body', 'headers', 'status']);

/** The egress settings of the deployment; nothing private is allowed unless they say so. */
export type CheckOptions = Partial<UrlPolicy>;

export interface DefinitionCheck {
  /** At most `MAX_FIELD_ERRORS`, each with a JSON pointer (RFC 6901) into the definition. */
  readonly errors: FieldError[];
  /** The services whose credentials the connector uses, sorted, each once. */
  readonly credentialServices: string[];
  /** For each of these services, the fields that use it. */
  readonly credentialPointers: ReadonlyMap<string, string[]>;
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
  const { input_schema, steps, output, contact_mapping } = definition;
  const expressions = new Expressions(report, {
    stepNames: new Set(steps.map((step) => step.name)),
    inputNames: closedInputNames(input_schema),
  });
  // Before everything that walks the definition: depth and keys that no walk should meet.
  const flaw = findJsonFlaw(definition);
  if (flaw) {
    report.add(flaw.pointer, flaw.detail);
  } else {
    if (input_schema) checkInputSchema(input_schema, '/input_schema', report);
    checkSteps(steps, report, expressions, { allowLoopback: false, ...options });
    const result = resultScope(new Set(steps.map((step) => step.name)));
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
    expressions: expressions.size(),
  };
}

function checkSteps(
  steps: readonly Step[],
  report: Report,
  expressions: Expressions,
  policy: UrlPolicy,
): void {
  const before = new Set<string>();
  for (const [index, step] of steps.entries()) {
    if (report.full) return;
    const pointer = pointerTo('/steps', index);
    if (before.has(step.name))
      report.add(pointerTo(pointer, 'name'), `another step is named ${shown(step.name)}`);
    const earlier = new Set(before);
    if (step.condition !== undefined)
      expressions.expression(step.condition, pointerTo(pointer, 'condition'), conditionScope(earlier));
    checkRequest(step.request, pointerTo(pointer, 'request'), requestScope(earlier), {
      report,
      expressions,
      policy,
    });
    checkMap(step, pointer, earlier, report, expressions);
    if (step.retry && step.retry.base_ms > step.retry.max_ms)
      report.add(`${pointer}/retry/base_ms`, 'base_ms must not be more than max_ms');
    before.add(step.name);
  }
}

function checkMap(
  step: Step,
  pointer: string,
  earlier: ReadonlySet<string>,
  report: Report,
  expressions: Expressions,
): void {
  for (const [name, source] of Object.entries(step.response?.map ?? {})) {
    const at = pointerTo(`${pointer}/response/map`, name);
    if (RESPONSE_NAMES.has(name)) report.add(at, `${name} is the response's own: choose another name`);
    if (FORBIDDEN_KEYS.has(name)) report.add(at, `the name ${name} is not allowed`);
    expressions.expression(source, at, responseScope(earlier));
  }
}

function checkMatch({ match, fields }: ContactMapping, report: Report): void {
  for (const [index, name] of match.entries()) {
    const at = pointerTo('/contact_mapping/match', index);
    if (!Object.hasOwn(fields, name)) report.add(at, `${shown(name)} is not one of the mapped fields`);
    else if (match.indexOf(name) !== index) report.add(at, `${shown(name)} is named twice`);
  }
}
