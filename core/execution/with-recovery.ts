import { recoveryOf } from './recovery.ts';
import type { ExecutionError } from './schema.ts';

/**
 * Adds to an error what is to be done about it. Told when it is read and stored nowhere, so that what we learn counts for
 * failures of long ago.
 */
export function withRecovery<Failed extends { readonly error: ExecutionError | null }>(
  failed: Failed,
): Failed {
  if (failed.error === null) return failed;
  return { ...failed, error: { ...failed.error, recovery: recoveryOf(failed.error) } };
}
