import { readInput } from '../connector/read-input.ts';
import type { Connector } from '../connector/schema.ts';
import { StoredConnector } from '../connector/stored.ts';
import type { CallContext } from '../context.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { readItem } from './read-item.ts';
import { Batch, type NewBatchItem } from './schema.ts';

/** Of one answer; what is right is not looked for any further then. */
const MAX_ERRORS = 50;
/** After so many items other requests of the isolate get their turn. A clock in a Worker moves only then, too. */
const ITEMS_AT_A_TIME = 100;
/** A schema can ask for 100 ms of work an input; a whole batch may not. */
const CHECK_BUDGET_MS = 15_000;

export interface BatchPorts {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}
export interface AcceptedBatch {
  readonly batch: Batch;
  readonly workspaceId: string;
}

/**
 * Writes a batch of a connector's current version, after checking every input against the version's schema: all of it or
 * nothing. From here on it is durable: whoever fails to start it leaves it for the sweeper.
 *
 * Two round trips: the connector with the caller's role, then the write.
 *
 * @param texts the items as JSON, see `itemTexts`
 */
export async function createBatch(
  ctx: CallContext,
  connectorId: string,
  texts: readonly string[],
  ports: BatchPorts,
): Promise<AcceptedBatch> {
  const connector = StoredConnector.parse(
    await ctx.db.call('get_connector', {
      p_workspace_id: ctx.workspaceId,
      p_connector_id: connectorId,
      p_at_least: 'executor',
    }),
  );
  const items = await checked(texts, connector, ports);
  const answer = await ctx.db.call('create_batch', {
    p_workspace_id: connector.workspace_id,
    p_connector_id: connector.id,
    p_version: connector.version,
    p_id: ctx.newId(),
    p_item_ids: texts.map(() => ctx.newId()),
    // One text, and not values: a fraction of the memory, on both sides.
    p_items: `[${items.join(',')}]`,
  });
  return { batch: Batch.parse(answer), workspaceId: connector.workspace_id };
}

/** The items as they are to be stored, each as JSON. @throws Problem with the first errors found */
async function checked(
  texts: readonly string[],
  connector: Pick<Connector, 'input_schema' | 'coerce_input'>,
  { now, sleep }: BatchPorts,
): Promise<string[]> {
  const items: string[] = [];
  const errors: FieldError[] = [];
  const deadline = now() + CHECK_BUDGET_MS;
  for (const [index, text] of texts.entries()) {
    if (index % ITEMS_AT_A_TIME === ITEMS_AT_A_TIME - 1) {
      await sleep(0);
      if (now() > deadline) {
        const detail = 'take too long to check against the input schema: send fewer at a time';
        throw invalid([{ pointer: '/items', detail }]);
      }
    }
    const pointer = `/items/${index}`;
    const fitted = (item: NewBatchItem) => {
      const { input, errors: wrong } = readInput(connector, item.input);
      return { item: { ...item, input }, found: wrong.map((error) => below(pointer, error)) };
    };
    const read = readItem(text, pointer);
    const { item, found } = read.errors ? { item: null, found: read.errors } : fitted(read.item);
    errors.push(...found.slice(0, MAX_ERRORS - errors.length));
    if (errors.length >= MAX_ERRORS) break;
    if (item) items.push(JSON.stringify(item));
  }
  if (errors.length > 0) throw invalid(errors);
  return items;
}

const below = (pointer: string, error: FieldError) => ({ ...error, pointer: pointer + error.pointer });

function invalid(errors: FieldError[]): Problem {
  return new Problem('validation_failed', 'Items of the batch do not match the connector.', errors);
}
