import { Execution, ExecutionSummary } from '../../../../core/execution/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { ExecutionQuery } from '../../routes/executions.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, type ParameterText, page, single } from '../operation.ts';
import { CONNECTOR_ID, EXECUTION_ID, PAGE } from '../parameters.ts';

const summary: JsonObject = {
  id: EXAMPLE_IDS.execution,
  connector_id: EXAMPLE_IDS.connector,
  connector_version: 1,
  status: 'succeeded',
  trigger: { type: 'api' },
  error: null,
  cancel_requested_at: null,
  created_at: EXAMPLE_TIME,
  started_at: EXAMPLE_TIME,
  finished_at: EXAMPLE_TIME,
  duration_ms: 118,
};
const data = { input: { phone: '+49 30 1234567' }, output: { country: 'DE' } };

export const executionSummaryExample = summary;
export const queuedExecutionExample: JsonObject = {
  ...summary,
  status: 'queued',
  started_at: null,
  finished_at: null,
  duration_ms: null,
  ...data,
  output: null,
  steps: [],
};
export const executionExample: JsonObject = {
  ...summary,
  ...data,
  steps: [
    {
      name: 'lookup',
      status: 'succeeded',
      attempts: 1,
      started_at: EXAMPLE_TIME,
      duration_ms: 41,
      request: {
        method: 'GET',
        url: 'https://api.example.com/validate?number=%2B49%2030%201234567&access_key=[redacted]',
        headers: {},
      },
      response: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: { valid: true, country_code: 'DE' },
      },
      output: { country: 'DE' },
      error: null,
    },
  ],
};

export const EXECUTION_STATUS: ParameterText = {
  description: 'Only those in this status.',
  example: 'succeeded',
};
const byId = described(Id, { id: EXECUTION_ID });

export const executionOperations: Operation[] = [
  {
    operationId: 'listExecutions',
    method: 'get',
    path: '/api/v1/executions',
    tag: 'Executions',
    summary: 'List executions',
    description: 'The executions of a workspace, newest first, without their data.',
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    query: described(ExecutionQuery, {
      ...PAGE,
      status: EXECUTION_STATUS,
      connector_id: { ...CONNECTOR_ID, description: 'Only those of this connector.' },
    }),
    responses: {
      200: {
        description: 'A page of executions.',
        schema: page(ExecutionSummary),
        example: { data: [summary], next_cursor: null },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    operationId: 'getExecution',
    method: 'get',
    path: '/api/v1/executions/{id}',
    tag: 'Executions',
    summary: 'Read an execution',
    description: 'The execution with its input, its output and every step. Secrets are redacted.',
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    params: byId,
    responses: {
      200: { description: 'The execution.', schema: single(Execution), example: { data: executionExample } },
    },
    problems: ['execution_not_found'],
  },
  {
    operationId: 'cancelExecution',
    method: 'post',
    path: '/api/v1/executions/{id}/cancel',
    tag: 'Executions',
    summary: 'Cancel an execution',
    description:
      'No new step is started, and the call in flight is given up within seconds. An execution that was queued is cancelled at once; cancelling twice is no error.',
    access: 'executor',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    params: byId,
    responses: {
      200: {
        description: 'The execution.',
        schema: single(Execution),
        example: {
          data: {
            ...queuedExecutionExample,
            status: 'cancelled',
            error: { class: 'cancelled', code: 'cancelled', message: 'Cancelled by a member.', step: null },
            cancel_requested_at: EXAMPLE_TIME,
            finished_at: EXAMPLE_TIME,
          },
        },
      },
    },
    problems: ['execution_not_found', 'execution_finished'],
  },
];
