import { Execution, ExecutionSummary } from '../../../../core/execution/schema.ts';
import { encodeStepRunCursor } from '../../../../core/execution/step-run-cursor.ts';
import { StepRun } from '../../../../core/execution/step-run-schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { ExecutionQuery, StepRunQuery } from '../../routes/executions.ts';
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
  waiting_until: null,
  parent_execution_id: null,
  batch_id: null,
  replay_of: null,
  redrives: 0,
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
      runs: 1,
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
      source: null,
      output: { country: 'DE' },
      error: null,
    },
  ],
};

const only = (description: string, example: string): ParameterText => ({ description, example });

/** Of every list of executions. */
export const EXECUTION_FILTERS = {
  status: only('Only those in this status.', 'succeeded'),
  trigger: only('Only those that were started in this way. Test runs are listed only with `test`.', 'api'),
  batch_id: only('Only those of this batch.', EXAMPLE_IDS.execution),
  parent_execution_id: only('Only those that this execution called.', EXAMPLE_IDS.execution),
  replay_of: only('Only replays of this execution.', EXAMPLE_IDS.execution),
  error_class: only('Only those that failed in this way.', 'upstream'),
  created_after: only('Only those accepted at this time or later.', '2026-01-01T00:00:00Z'),
  created_before: only('Only those accepted before this time.', '2026-02-01T00:00:00Z'),
} as const satisfies Record<string, ParameterText>;
const stepRun: JsonObject = {
  step: 'lookup',
  iteration: '',
  attempt: 0,
  status: 'succeeded',
  superseded: false,
  tolerated: false,
  source: null,
  started_at: EXAMPLE_TIME,
  finished_at: EXAMPLE_TIME,
  resume_at: null,
  duration_ms: 41,
  request: { method: 'GET', url: 'https://api.example.com/validate', headers: {} },
  response: { status: 200, headers: {}, body: { valid: true, country_code: 'DE' } },
  output: { country: 'DE' },
  error: null,
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
      ...EXECUTION_FILTERS,
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
    operationId: 'listStepRuns',
    method: 'get',
    path: '/api/v1/executions/{id}/step-runs',
    tag: 'Executions',
    summary: "List an execution's step runs",
    description:
      'Every attempt at every step, in the order in which they began: items of loops, pages of lists and what was superseded by a redrive included. A page has fewer items than `limit` when their bodies are large.',
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    params: byId,
    query: described(StepRunQuery, {
      limit: PAGE.limit,
      cursor: { ...PAGE.cursor, example: encodeStepRunCursor([4, 'lookup', '', 0]) },
      step: { description: 'Only those of this step.', example: 'lookup' },
    }),
    responses: {
      200: {
        description: 'A page of step runs.',
        schema: page(StepRun),
        example: { data: [stepRun], next_cursor: null },
      },
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
