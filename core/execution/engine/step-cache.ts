import type { RecordedResponse } from '../schema.ts';
import type { BuiltRequest } from './build-request.ts';
import type { PlannedCall } from './planned-call.ts';
import type { Run, Scope } from './run.ts';
import { inField } from './step-failure.ts';

/** The answer that a step keeps for later executions of its connector. */
export type StepCacheEntry = {
  read(): Promise<RecordedResponse | null>;
  write(answer: RecordedResponse): Promise<void>;
};

/** Undefined for a step that keeps nothing. Throws `StepRenderError`. */
export async function cacheOf(
  run: Run,
  { step }: PlannedCall,
  scope: Scope,
  built: BuiltRequest,
): Promise<StepCacheEntry | undefined> {
  const { cache } = step;
  if (!cache || run.test) return undefined;
  const { key } = cache;
  const named =
    key === undefined
      ? requestKey(built)
      : String(
          await inField('cache.key', () => run.plan.evaluator.template(key, 'text')({ ...scope.context })),
        );
  // What one credential may see, another may not; nor may the same one after it was replaced.
  const credentials = [...run.credentials.values()]
    .map(({ id, fields }) => JSON.stringify([id, fields]))
    .sort();
  const hash = await run.deps.sha256(JSON.stringify([named, credentials]));
  const { ledger, sealer } = run.deps;
  const { workspace_id, connector_id } = run.claim;
  const additionalData = ['step-cache', workspace_id, connector_id, step.name, hash];
  return {
    async read() {
      const sealed = await ledger.readCache(run.claim, step.name, hash);
      // Sealed with the keys of another time: as if it had not been kept.
      const text = sealed === null ? null : await sealer.open(sealed, additionalData).catch(() => null);
      return text === null ? null : JSON.parse(text);
    },
    async write(answer) {
      const sealed = await sealer.seal(JSON.stringify(answer), additionalData);
      try {
        await ledger.writeCache(run.claim, step.name, hash, sealed, cache.ttl_seconds);
      } catch (error) {
        // The answer is there and has to be committed: a call must not be repeated, or its outcome lost, for a cache.
        run.deps.log('warn', 'an answer was not kept for later executions', {
          executionId: run.claim.execution_id,
          step: step.name,
          error: error instanceof Error ? error.name : typeof error,
        });
      }
    },
  };
}

/** Everything that the other side is told, apart from what is new in each execution. */
function requestKey({ egress }: BuiltRequest): string {
  const headers = egress.headers.filter(([name]) => name.toLowerCase() !== 'idempotency-key');
  const body = typeof egress.body === 'string' || egress.body === null ? egress.body : [...egress.body];
  return JSON.stringify([egress.method, egress.url, headers, body]);
}
