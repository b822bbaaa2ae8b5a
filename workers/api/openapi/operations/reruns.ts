import {
  RedriveExecution,
  RedriveExecutions,
  RedriveResult,
  ReplayExecution,
} from '../../../../core/execution/rerun-schema.ts';
import { Execution } from '../../../../core/execution/schema.ts';
import { Id } from '../../http/params.ts';
import { EXAMPLE_IDS } from '../example-ids.ts';
import { described, type Operation, type Success, single } from '../operation.ts';
import { EXECUTION_ID, FAILED_EXECUTION_ID } from '../parameters.ts';
import { executionExample, queuedExecutionExample } from './executions.ts';

const answers = (changes: object): Record<number, Success> => ({
  200: {
    description: 'It ended while the caller waited.',
    schema: single(Execution),
    headers: ['Location', 'Preference-Applied'],
    example: { data: { ...executionExample, ...changes } },
  },
  202: {
    description: 'It is accepted, and will run.',
    schema: single(Execution),
    headers: ['Location', 'Preference-Applied'],
    example: { data: { ...queuedExecutionExample, ...changes } },
  },
});

export const rerunOperations: Operation[] = [
  {
    operationId: 'redriveExecution',
    method: 'post',
    path: '/api/v1/executions/{id}/redrive',
    tag: 'Executions',
    summary: 'Redrive an execution',
    description:
      'An execution that failed, timed out or was cancelled goes on from the step that failed, on the same version or on the newest one. Steps that were committed are never run again. One that another execution called is redriven with that one. When it ends again, figures count that end too.',
    access: 'executor',
    apiKeys: true,
    headers: ['X-Workspace-Id', 'Prefer'],
    params: described(Id, { id: FAILED_EXECUTION_ID }),
    body: {
      schema: RedriveExecution,
      examples: {
        same: { summary: 'On the version that failed', value: { version: 'same' }, answers: 202 },
        newest: {
          summary: 'On the newest version, which may have been repaired',
          value: { version: 'newest' },
          answers: 202,
        },
      },
    },
    responses: answers({ id: EXAMPLE_IDS.failedExecution, redrives: 1 }),
    problems: ['execution_not_found', 'not_redrivable'],
  },
  {
    operationId: 'replayExecution',
    method: 'post',
    path: '/api/v1/executions/{id}/replay',
    tag: 'Executions',
    summary: 'Replay an execution',
    description:
      'A new execution of the same connector, with the same input or another one. However the first one ended; nothing of it is reused.',
    access: 'executor',
    apiKeys: true,
    headers: ['X-Workspace-Id', 'Prefer'],
    params: described(Id, { id: EXECUTION_ID }),
    body: {
      schema: ReplayExecution,
      examples: {
        newest: { summary: 'On the newest version', value: { version: 'newest' }, answers: 202 },
        input: {
          summary: 'With another input',
          value: { version: 'same', input: { phone: '+49 30 7654321' } },
          answers: 202,
        },
        invalid: {
          summary: 'With an input that the connector refuses',
          value: { input: {} },
          answers: 422,
        },
      },
    },
    responses: answers({ replay_of: EXAMPLE_IDS.execution }),
    problems: ['execution_not_found', 'not_redrivable'],
  },
  {
    operationId: 'redriveExecutions',
    method: 'post',
    path: '/api/v1/executions/redrive',
    tag: 'Executions',
    summary: 'Redrive many executions',
    description:
      'Redrives up to 1,000 executions that match, newest first: those that failed or timed out unless `status` says otherwise. What was dismissed is left alone unless `ids` names it. They start within a minute or so. Call again while `remaining` is not 0.',
    access: 'executor',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    body: {
      schema: RedriveExecutions,
      examples: {
        outage: {
          summary: 'After an outage of a service',
          value: {
            filter: {
              connector_id: EXAMPLE_IDS.connector,
              error_class: 'upstream',
              created_after: '2026-01-15T09:00:00Z',
            },
            version: 'same',
          },
        },
        named: { summary: 'By their ids', value: { filter: { ids: [EXAMPLE_IDS.failedExecution] } } },
      },
    },
    responses: {
      202: {
        description: 'How many were redriven.',
        schema: single(RedriveResult),
        example: { data: { redriven: 1000, remaining: 234, skipped: 0 } },
      },
    },
    problems: ['connector_not_found'],
  },
];
