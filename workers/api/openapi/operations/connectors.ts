import {
  Connector,
  ConnectorStats,
  ConnectorSummary,
  CreateConnector,
  UpdateConnector,
} from '../../../../core/connector/schema.ts';
import { ExecuteConnector, Execution, ExecutionSummary } from '../../../../core/execution/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id, PageQuery } from '../../http/params.ts';
import { ConnectorExecutionQuery } from '../../routes/connectors.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, NO_CONTENT, type Operation, page, single } from '../operation.ts';
import { CONNECTOR_ID, PAGE } from '../parameters.ts';
import {
  EXECUTION_FILTERS,
  executionExample,
  executionSummaryExample,
  queuedExecutionExample,
} from './executions.ts';

export const lookupDefinition: JsonObject = {
  input_schema: { type: 'object', required: ['phone'], properties: { phone: { type: 'string' } } },
  steps: [
    {
      name: 'lookup',
      request: {
        url: 'https://api.example.com/validate',
        query: { number: '{{input.phone}}' },
        auth: { credential: 'numverify' },
      },
      response: { map: { country: 'body.country_code' } },
    },
  ],
  output: { country: '{{steps.lookup.country}}' },
};

/** The same with all defaults filled in. */
export const lookupSteps: JsonObject[] = [
  {
    name: 'lookup',
    request: {
      method: 'GET',
      url: 'https://api.example.com/validate',
      query: { number: '{{input.phone}}' },
      auth: { credential: 'numverify' },
    },
    response: { type: 'auto', map: { country: 'body.country_code' } },
    timeout_ms: 30_000,
    idempotency_key: false,
    continue_on_error: false,
  },
];

const program: JsonObject = {
  name: 'Enrich a lead',
  description: 'Finds the country of a phone number.',
  ...lookupDefinition,
};

const summary: JsonObject = {
  id: EXAMPLE_IDS.connector,
  name: 'Enrich a lead',
  description: 'Finds the country of a phone number.',
  version: 1,
  revision: 1,
  template_id: null,
  template_version: null,
  success_count: 0,
  failure_count: 0,
  last_executed_at: null,
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
};

export const connectorExample: JsonObject = {
  ...summary,
  workspace_id: EXAMPLE_IDS.workspace,
  ...program,
  steps: lookupSteps,
};

const unknownCredential: JsonObject = {
  ...program,
  steps: [
    {
      name: 'lookup',
      request: { url: 'https://api.example.com/validate', auth: { credential: 'not_stored' } },
    },
  ],
};

const byId = described(Id, { id: CONNECTOR_ID });
const common = { tag: 'Connectors', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const connectorOperations: Operation[] = [
  {
    ...common,
    operationId: 'listConnectors',
    method: 'get',
    path: '/api/v1/connectors',
    summary: 'List connectors',
    description: 'The connectors of a workspace, newest first, without their programs.',
    access: 'viewer',
    query: described(PageQuery, PAGE),
    responses: {
      200: {
        description: 'A page of connectors.',
        schema: page(ConnectorSummary),
        example: { data: [summary], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'createConnector',
    method: 'post',
    path: '/api/v1/connectors',
    summary: 'Create a connector',
    description:
      'The program is checked as a whole: expressions, the steps they refer to, the hosts that are called, and that each credential is stored.',
    access: 'editor',
    body: {
      schema: CreateConnector,
      examples: {
        lookup: { summary: 'One step with a credential', value: program },
        unknown_credential: {
          summary: 'A credential that is not stored',
          value: unknownCredential,
          answers: 422,
        },
      },
    },
    responses: {
      201: {
        description: 'The new connector.',
        schema: single(Connector),
        headers: ['Location', 'ETag'],
        example: { data: connectorExample },
      },
    },
    problems: ['unknown_credential'],
  },
  {
    ...common,
    operationId: 'getConnector',
    method: 'get',
    path: '/api/v1/connectors/{id}',
    summary: 'Read a connector',
    description: 'The connector with its program.',
    access: 'viewer',
    params: byId,
    responses: {
      200: {
        description: 'The connector.',
        schema: single(Connector),
        headers: ['ETag'],
        example: { data: connectorExample },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'updateConnector',
    method: 'patch',
    path: '/api/v1/connectors/{id}',
    summary: 'Change a connector',
    description:
      'A change of the program makes a new version; executions that run go on with theirs. Without `If-Match`, the last of two changes at the same moment is 409.',
    access: 'editor',
    headers: ['X-Workspace-Id', 'If-Match'],
    params: byId,
    body: {
      schema: UpdateConnector,
      examples: {
        rename: { summary: 'Another name', value: { name: 'Look up a phone number' } },
        output: { summary: 'Another output', value: { output: { found: '{{steps.lookup.country}}' } } },
      },
    },
    responses: {
      200: {
        description: 'The connector.',
        schema: single(Connector),
        headers: ['ETag'],
        example: { data: { ...connectorExample, revision: 2, name: 'Look up a phone number' } },
      },
    },
    problems: ['connector_not_found', 'unknown_credential', 'version_conflict'],
  },
  {
    ...common,
    operationId: 'deleteConnector',
    method: 'delete',
    path: '/api/v1/connectors/{id}',
    summary: 'Delete a connector',
    description: 'It is gone at once; its executions stay readable.',
    access: 'editor',
    headers: ['X-Workspace-Id', 'If-Match'],
    params: byId,
    responses: { 204: NO_CONTENT },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'getConnectorStats',
    method: 'get',
    path: '/api/v1/connectors/{id}/stats',
    summary: "Read a connector's figures",
    description: 'Counts of all executions, and durations of the recent ones.',
    access: 'viewer',
    params: byId,
    responses: {
      200: {
        description: 'The figures.',
        schema: single(ConnectorStats),
        example: {
          data: {
            connector_id: EXAMPLE_IDS.connector,
            success_count: 98,
            failure_count: 2,
            success_rate: 0.98,
            last_executed_at: EXAMPLE_TIME,
            recent: {
              executions: 100,
              by_status: { succeeded: 98, failed: 2 },
              duration_ms: { average: 120.5, p50: 110, p95: 300 },
            },
          },
        },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'listConnectorExecutions',
    method: 'get',
    path: '/api/v1/connectors/{id}/executions',
    tag: 'Executions',
    summary: "List a connector's executions",
    description: 'Newest first, without their data; also of a connector that was deleted.',
    access: 'viewer',
    params: byId,
    query: described(ConnectorExecutionQuery, { ...PAGE, ...EXECUTION_FILTERS }),
    responses: {
      200: {
        description: 'A page of executions.',
        schema: page(ExecutionSummary),
        example: { data: [executionSummaryExample], next_cursor: null },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'executeConnector',
    method: 'post',
    path: '/api/v1/connectors/{id}/execute',
    tag: 'Executions',
    summary: 'Execute a connector',
    description:
      'The execution is stored before this answers, and is run even when the caller hangs up. Read it at `Location`, or wait for it with `Prefer: wait=N`.',
    access: 'executor',
    headers: ['X-Workspace-Id', 'Prefer'],
    params: byId,
    body: {
      schema: ExecuteConnector,
      examples: {
        phone: {
          summary: 'With an input',
          value: { input: { phone: '+49 30 1234567' } },
          answers: 202,
        },
        invalid: { summary: 'With an input that the connector refuses', value: { input: {} }, answers: 422 },
      },
    },
    responses: {
      200: {
        description: 'It ended while the caller waited.',
        schema: single(Execution),
        headers: ['Location', 'Preference-Applied'],
        example: { data: executionExample },
      },
      202: {
        description: 'It is accepted, and will run.',
        schema: single(Execution),
        headers: ['Location', 'Preference-Applied'],
        example: { data: queuedExecutionExample },
      },
    },
    problems: ['connector_not_found'],
  },
];
