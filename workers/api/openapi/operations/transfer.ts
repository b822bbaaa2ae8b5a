import type { JsonObject } from '../../../../core/json/json.ts';
import {
  ExportDocument,
  ImportDocument,
  ImportReport,
  MAX_TRANSFERRED,
} from '../../../../core/transfer/schema.ts';
import { ExportQuery } from '../../routes/transfer.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, single } from '../operation.ts';
import { PAGE } from '../parameters.ts';

const connector: JsonObject = {
  name: 'Fetch a page',
  description: '',
  steps: [
    {
      name: 'fetch',
      request: { method: 'GET', url: 'https://api.example.com/page' },
      timeout_ms: 30_000,
      idempotency_key: false,
      continue_on_error: false,
    },
  ],
};
const common = { tag: 'Transfer', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const transferOperations: Operation[] = [
  {
    ...common,
    operationId: 'exportConnectors',
    method: 'get',
    path: '/api/v1/export',
    summary: "Export a workspace's connectors",
    description:
      'Their current versions, oldest first, without ids and history. `POST /import` takes it as it is.',
    access: 'viewer',
    query: described(ExportQuery, {
      limit: {
        description: 'How many connectors the document has at most.',
        schema: { type: 'integer', minimum: 1, maximum: MAX_TRANSFERRED, default: MAX_TRANSFERRED },
        example: 100,
      },
      cursor: PAGE.cursor,
    }),
    responses: {
      200: {
        description: 'The document.',
        schema: ExportDocument,
        example: { format: 1, exported_at: EXAMPLE_TIME, connectors: [connector], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'importConnectors',
    method: 'post',
    path: '/api/v1/import',
    summary: 'Import connectors',
    description:
      'Stores all of them under new ids, or none. Credentials may be missing; the answer names them. The body may have 8 MiB.',
    access: 'editor',
    body: {
      schema: ImportDocument,
      examples: {
        exported: {
          summary: 'A document as it was exported',
          value: { format: 1, exported_at: EXAMPLE_TIME, connectors: [connector], next_cursor: null },
        },
        unsound: {
          summary: 'A connector that cannot run',
          value: {
            format: 1,
            connectors: [
              { name: 'Unsound', steps: [{ name: 'one', request: { url: 'file:///etc/passwd' } }] },
            ],
          },
          answers: 422,
        },
      },
    },
    responses: {
      201: {
        description: 'What was stored, and the credentials that it needs.',
        schema: single(ImportReport),
        example: {
          data: {
            connectors: [{ id: EXAMPLE_IDS.connector, name: 'Fetch a page' }],
            credentials: [{ service_name: 'numverify', exists: false }],
          },
        },
      },
    },
  },
];
