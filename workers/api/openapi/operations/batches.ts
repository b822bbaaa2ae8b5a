import * as z from 'zod';
import {
  Batch,
  BatchItem,
  CreateBatch,
  MAX_BATCH_ITEMS,
  NewBatchItem,
} from '../../../../core/batch/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { encodeCursor } from '../../../../core/page/cursor.ts';
import { Id } from '../../http/params.ts';
import { BatchExportQuery, BatchItemsQuery, BatchListQuery } from '../../routes/batches.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, type ParameterText, page, single } from '../operation.ts';
import { CONNECTOR_ID, PAGE } from '../parameters.ts';

const batch: JsonObject = {
  id: EXAMPLE_IDS.batch,
  connector_id: EXAMPLE_IDS.connector,
  connector_version: 1,
  status: 'running',
  total: 2,
  counts: { queued: 2, running: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 0 },
  cancel_requested_at: null,
  created_at: EXAMPLE_TIME,
  finished_at: null,
};
const ended: JsonObject = {
  ...batch,
  status: 'completed',
  counts: { queued: 0, running: 0, succeeded: 2, failed: 0, timed_out: 0, cancelled: 0 },
  finished_at: EXAMPLE_TIME,
};
const cancelled: JsonObject = {
  ...ended,
  status: 'cancelled',
  counts: { queued: 0, running: 0, succeeded: 0, failed: 0, timed_out: 0, cancelled: 2 },
  cancel_requested_at: EXAMPLE_TIME,
};
const item: JsonObject = {
  index: 0,
  key: 'lead-1',
  execution_id: EXAMPLE_IDS.execution,
  status: 'succeeded',
  output: { country: 'DE' },
  error: null,
};
const items = [
  { input: { phone: '+49 30 1234567' }, key: 'lead-1' },
  { input: { phone: '+49 30 7654321' }, key: 'lead-2' },
];

const ITEM_STATUS: ParameterText = { description: 'Only those in this status.', example: 'succeeded' };
const BATCH_ID = { description: 'The batch.', example: EXAMPLE_IDS.batch };
const ITEM_CURSOR = { ...PAGE.cursor, example: encodeCursor('19') };
const byId = described(Id, { id: BATCH_ID });
const common = { tag: 'Batches', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const batchOperations: Operation[] = [
  {
    ...common,
    operationId: 'createBatch',
    method: 'post',
    path: '/api/v1/connectors/{id}/batches',
    summary: 'Run a connector over many inputs',
    description: `Each item becomes an execution of its own. Every input is checked before anything is written: with one that does not fit the connector, nothing is. A body may have ${MAX_BATCH_ITEMS} items and 16 MiB, each item 1 MiB. As NDJSON, each line is an item.`,
    access: 'executor',
    params: described(Id, { id: CONNECTOR_ID }),
    body: {
      schema: CreateBatch,
      examples: {
        two: { summary: 'Two items', value: { items } },
        wrong: {
          summary: 'An input that does not fit',
          value: { items: [{ input: { phone: 7 } }] },
          answers: 422,
        },
      },
      forms: { 'application/x-ndjson': { schema: NewBatchItem, example: items[0] ?? null } },
    },
    responses: {
      202: {
        description: 'The batch, which is running.',
        schema: single(Batch),
        headers: ['Location'],
        example: { data: batch },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'listBatches',
    method: 'get',
    path: '/api/v1/batches',
    summary: 'List batches',
    description: 'The batches of a workspace, newest first, with their counts as they are now.',
    access: 'viewer',
    query: described(BatchListQuery, {
      ...PAGE,
      connector_id: { ...CONNECTOR_ID, description: 'Only those of this connector.' },
    }),
    responses: {
      200: {
        description: 'A page of batches.',
        schema: page(Batch),
        example: { data: [batch], next_cursor: null },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'getBatch',
    method: 'get',
    path: '/api/v1/batches/{id}',
    summary: 'Read a batch',
    description: 'The batch, with its counts as they are now.',
    access: 'viewer',
    params: byId,
    responses: { 200: { description: 'The batch.', schema: single(Batch), example: { data: ended } } },
    problems: ['batch_not_found'],
  },
  {
    ...common,
    operationId: 'listBatchItems',
    method: 'get',
    path: '/api/v1/batches/{id}/items',
    summary: "List a batch's items",
    description: 'In the order in which they were sent. A page ends early when outputs are large.',
    access: 'viewer',
    params: byId,
    query: described(BatchItemsQuery, { limit: PAGE.limit, cursor: ITEM_CURSOR, status: ITEM_STATUS }),
    responses: {
      200: {
        description: 'A page of items.',
        schema: page(BatchItem),
        example: { data: [item], next_cursor: null },
      },
    },
    problems: ['batch_not_found'],
  },
  {
    ...common,
    operationId: 'exportBatchItems',
    method: 'get',
    path: '/api/v1/batches/{id}/items.ndjson',
    summary: "Export a batch's items",
    description:
      'All items, one a line, in the order in which they were sent. When their outputs are too large for one answer, its last line is `{"next_cursor": "..."}`: send that as `cursor` to go on.',
    access: 'viewer',
    params: byId,
    query: described(BatchExportQuery, {
      cursor: { ...ITEM_CURSOR, description: 'The `next_cursor` in the last line of the export before.' },
    }),
    responses: {
      200: {
        description: 'The items. The schema is that of one line.',
        contentType: 'application/x-ndjson',
        schema: z.union([BatchItem, z.object({ next_cursor: z.string() })]),
        example: item,
      },
    },
    problems: ['batch_not_found'],
  },
  {
    ...common,
    operationId: 'cancelBatch',
    method: 'post',
    path: '/api/v1/batches/{id}/cancel',
    summary: 'Cancel a batch',
    description:
      'Items that wait are cancelled at once, those that run within seconds. Cancelling twice is no error.',
    access: 'executor',
    params: byId,
    responses: { 200: { description: 'The batch.', schema: single(Batch), example: { data: cancelled } } },
    problems: ['batch_not_found', 'batch_finished'],
  },
  {
    ...common,
    operationId: 'redriveBatch',
    method: 'post',
    path: '/api/v1/batches/{id}/redrive',
    summary: 'Run what did not succeed again',
    description:
      'The items that failed, timed out or were cancelled go on from the step that failed. When there are none, nothing changes.',
    access: 'executor',
    params: byId,
    responses: { 202: { description: 'The batch.', schema: single(Batch), example: { data: batch } } },
    problems: ['batch_not_found', 'connector_not_found'],
  },
];
