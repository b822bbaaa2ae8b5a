import type { ConnectorDefinition } from '../schema.ts';
import { constantConditions, noOutput, unknownFields, unusedInputs, unusedSteps } from './data-rules.ts';
import { duplicateRequests, missingTimeouts, sequentialLoops, unreachableSteps } from './flow-rules.ts';
import type { Hint } from './hint.ts';
import { Reads } from './reads.ts';
import {
  authBesideHeader,
  fixedSecrets,
  plainHttp,
  secretsInUrls,
  unreachableLimits,
  writes,
} from './request-rules.ts';

/** More than anybody reads; bounds the answer. */
export const MAX_HINTS = 100;

/**
 * What an experienced author would look at again: at most {@link MAX_HINTS}, warnings first, each place once by each rule.
 *
 * @param definition that `checkDefinition` has found sound; otherwise throws `TemplateError` where it does not parse
 */
export function lintDefinition(definition: ConnectorDefinition): Hint[] {
  const reads = new Reads(definition);
  const hints = [
    ...fixedSecrets(definition),
    ...secretsInUrls(definition),
    ...plainHttp(definition),
    ...authBesideHeader(definition),
    ...writes(definition),
    ...unknownFields(definition, reads),
    ...unusedSteps(definition, reads),
    ...unusedInputs(definition, reads),
    ...constantConditions(definition, reads),
    ...unreachableSteps(definition),
    ...duplicateRequests(definition),
    ...unreachableLimits(definition),
    ...missingTimeouts(definition),
    ...sequentialLoops(definition),
    ...noOutput(definition),
  ];
  const seen = new Set<string>();
  const once = hints.filter(({ code, pointer, message }) => {
    const key = JSON.stringify([code, pointer, message]);
    return !seen.has(key) && seen.add(key);
  });
  const of = (severity: Hint['severity']) => once.filter((hint) => hint.severity === severity);
  return [...of('warning'), ...of('info')].slice(0, MAX_HINTS);
}
