import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const BATCHES_TEXTS: Readonly<Record<string, ComponentText>> = {
  Batch: {
    description: 'One version of a connector run over many inputs.',
    fields: {
      status:
        '`running` until the last item has ended, then `completed`, however they ended, or `cancelled` when somebody asked for it.',
      total: 'How many items it has.',
      counts: 'Its items by status, as they are now.',
      cancel_requested_at: 'When somebody asked for its cancellation; null if nobody did.',
      finished_at: 'When its last item ended; null before.',
    },
  },
  BatchCounts: {
    description: 'The items of a batch by status.',
    fields: {
      queued: 'Items that have not begun.',
      running: 'Items that have begun, also those that wait.',
      succeeded: 'Items that succeeded.',
      failed: 'Items that failed.',
      timed_out: 'Items that took too long.',
      cancelled: 'Items that were cancelled.',
    },
  },
  BatchItem: {
    description: 'One item of a batch, and what became of it.',
    fields: {
      index: 'Its place among the items that were sent, from 0.',
      key: 'What the caller calls it; null if nothing.',
      execution_id: 'The execution that it is: read it for its steps.',
      status: 'Where it stands; `succeeded`, `failed`, `cancelled` and `timed_out` are final.',
      output: "The connector's rendered output; null before success.",
      error: 'Why it did not succeed; null otherwise.',
    },
  },
  NewBatchItem: {
    description: 'One input of a batch.',
    fields: {
      input: "An object that satisfies the connector's `input_schema`.",
      key: 'What you call it, to find it again among the results.',
    },
  },
  CreateBatch: {
    description: 'The inputs to run a connector over.',
    fields: { items: 'One execution is made of each.' },
  },
};
