import type { ExecutionError } from './schema.ts';

/** Adds to an error what is to be done about it. Told when it is read, so that what we learn counts for old failures too. */
export function withRecovery<Failed extends { readonly error: ExecutionError | null }>(
  failed: Failed,
): Failed {
  return failed;
}
