import { createHash, randomBytes } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { toStoredDefinition } from '../../../core/connector/stored.ts';
import type { CredentialFields } from '../../../core/credential/schema.ts';
import { memoryGuard } from '../../../core/execution/engine/guard/memory.ts';
import { createPlanner } from '../../../core/execution/engine/plan.ts';
import type { ExecutionEnd, SealedCredential } from '../../../core/execution/engine/ports.ts';
import { runExecution } from '../../../core/execution/engine/run-execution.ts';
import {
  CONNECTOR_ID,
  EXECUTION_ID,
  sealCredential,
  sealer,
  WORKSPACE_ID,
} from '../../../core/execution/engine/testing/bench.ts';
import { MemoryLedger, type StepRow } from '../../../core/execution/engine/testing/memory-ledger.ts';
import type { Json } from '../../../core/json/json.ts';
import type { Connector } from '../../../trigger/egress/connector.ts';
import { createEgress } from '../../../trigger/egress/create-egress.ts';
import { internetAt, resolveTo } from '../../../trigger/egress/testing.ts';
import { sleep } from '../../../trigger/sleep.ts';
import type { TemplateFile } from '../schema.ts';

/** Any public address: nothing is sent there. */
const SOMEWHERE = '93.184.215.14';

export type Secrets = Readonly<Record<string, CredentialFields>>;

export interface TemplateRun {
  readonly status: ExecutionEnd['status'];
  readonly output: Json;
  readonly error: ExecutionEnd['error'];
  readonly contact: ExecutionEnd['contact'];
  readonly steps: readonly StepRow[];
  /** All that was handed to the ledger, as text. */
  readonly written: string;
}

/**
 * Runs a template through the real engine and the real egress door, with the credentials that its file describes. What
 * the door would send to the internet goes to a server on loopback, without TLS: the dialled host, port and protocol
 * are checked here instead, where a real connector would begin TLS.
 */
export async function runTemplate(
  { definition, credentials }: TemplateFile,
  { input, secrets, port }: { input: Json; secrets: Secrets; port: number },
): Promise<TemplateRun> {
  const ledger = new MemoryLedger(Date.now);
  const row = ledger.add({
    id: EXECUTION_ID,
    workspace_id: WORKSPACE_ID,
    connector_id: CONNECTOR_ID,
    input,
    definition: JSON.parse(JSON.stringify(toStoredDefinition(definition))),
    credentials: await Promise.all(
      credentials.flatMap((guide) => {
        const fields = secrets[guide.service_name];
        return fields ? [seal(guide, fields)] : [];
      }),
    ),
  });
  const egress = createEgress(
    { allowLoopback: false },
    { resolve: resolveTo(SOMEWHERE), dial: httpsTo(port) },
  );
  try {
    await runExecution(
      {
        ledger,
        guard: memoryGuard({ now: Date.now }),
        egress,
        sealer,
        clock: { now: Date.now },
        sha256: async (text) => createHash('sha256').update(text).digest('hex'),
        randomBytes: (length) => new Uint8Array(randomBytes(length)),
        // No pause before another attempt, unless the provider asks for one.
        random: () => 0,
        sleep,
        log: () => {},
      },
      createPlanner(),
      { executionId: row.id, owner: 'run_1', signal: new AbortController().signal },
    );
  } finally {
    await egress.close();
  }
  if (row.end === null) throw new Error('the execution did not end');
  const { status, output, error, contact } = row.end;
  return { status, output, error, contact, steps: row.steps, written: ledger.written.join('\n') };
}

async function seal(
  guide: TemplateFile['credentials'][number],
  fields: CredentialFields,
): Promise<SealedCredential> {
  const { service_name, type, allowed_hosts } = guide;
  const id = crypto.randomUUID();
  return {
    id,
    service_name,
    type,
    placement: guide.type === 'api_key' ? guide.placement : null,
    allowed_hosts: [...allowed_hosts],
    base_url: null,
    rate_limit: null,
    ciphertext: await sealCredential(service_name, id, fields),
  };
}

/** Refuses what is not https on its usual port, which the server behind it could not tell. */
function httpsTo(port: number): (lookup: LookupFunction) => Connector {
  return (lookup) => {
    const dial = internetAt(port)(lookup);
    return (target, callback) => {
      if (target.protocol !== 'https:' || !['', '443'].includes(String(target.port))) {
        callback(new Error(`${target.protocol}//${target.hostname}:${target.port} is not https`), null);
        return;
      }
      dial(target, callback);
    };
  };
}
