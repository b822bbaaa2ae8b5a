import { Problem } from '../problem/problem.ts';

/**
 * Writes on the condition that nothing changed since it was read. What the caller named goes first, and fails as their
 * precondition (412); a change between our own read and write is a conflict (409) that a second try resolves.
 */
export async function onRevision<Result>(
  named: number | null,
  read: number,
  write: (expected: number) => Promise<Result>,
): Promise<Result> {
  try {
    return await write(named ?? read);
  } catch (error) {
    if (named === null && error instanceof Problem && error.code === 'precondition_failed') {
      throw new Problem('version_conflict', 'Somebody else changed this at the same moment.');
    }
    throw error;
  }
}
