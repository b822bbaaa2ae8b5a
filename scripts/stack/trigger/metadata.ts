import { applyMetadataOperations, type FlushedRunMetadata } from '@trigger.dev/core/v3';
import type { RunMetadata } from './run.ts';
import type { RunStore } from './run-store.ts';

/**
 * Applies a task's metadata changes to its run and, where it asks so, to the run's parent and root.
 * Returns the run's metadata afterwards.
 */
export function applyMetadata(
  runs: RunStore,
  runId: string,
  change: FlushedRunMetadata,
  now: number,
): RunMetadata | undefined {
  const run = runs.get(runId);
  if (!run) return undefined;
  const own = change.metadata ?? run.metadata ?? {};
  const metadata = change.operations ? applied(own, change.operations) : own;
  runs.setMetadata(run.id, metadata, now);
  changeOther(runs, run.parent_id ?? run.id, change.parentOperations, now);
  changeOther(runs, run.root_id ?? run.id, change.rootOperations, now);
  return runs.get(runId)?.metadata ?? metadata;
}

type Operations = NonNullable<FlushedRunMetadata['operations']>;

function changeOther(runs: RunStore, id: string, operations: Operations | undefined, now: number): void {
  if (!operations?.length) return;
  const run = runs.get(id);
  if (run) runs.setMetadata(id, applied(run.metadata ?? {}, operations), now);
}

function applied(metadata: RunMetadata, operations: Operations): RunMetadata {
  return applyMetadataOperations(metadata, operations).newMetadata;
}
