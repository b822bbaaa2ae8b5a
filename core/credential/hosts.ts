import { checkHostPattern } from '../egress/host-binding.ts';
import { type FieldError, Problem } from '../problem/problem.ts';

/** The patterns as they are stored: normalised, each once. */
export function requireHosts(patterns: readonly string[]): string[] {
  const errors: FieldError[] = [];
  const hosts = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const check = checkHostPattern(pattern);
    if (check.ok) hosts.add(check.pattern);
    else errors.push({ pointer: `/allowed_hosts/${index}`, detail: check.message });
  }
  if (errors.length > 0) throw new Problem('validation_failed', 'A host is not valid.', errors);
  return [...hosts];
}
