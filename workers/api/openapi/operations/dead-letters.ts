import { DeadLetter, DeadLetterSummary } from '../../../../core/execution/dead-letter-schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { DeadLetterQuery } from '../../routes/dead-letters.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, page, single } from '../operation.ts';
import { CONNECTOR_ID, FAILED_EXECUTION_ID, PAGE } from '../parameters.ts';
import { executionSummaryExample } from './executions.ts';

const letter: JsonObject = {
  ...executionSummaryExample,
  id: EXAMPLE_IDS.failedExecution,
  status: 'failed',
  error: { class: 'upstream', code: 'http_500', message: 'The service answered 500.', step: 'lookup' },
  connector_name: 'Enrich a lead',
  failed_request: {
    method: 'GET',
    url: 'https://api.example.com/validate?number=%2B49%2030%201234567&access_key=[redacted]',
    iteration: '',
    attempt: 2,
  },
  dismissed_at: null,
};
const common = { tag: 'Dead letters', apiKeys: true, headers: ['X-Workspace-Id'] } as const;
const byId = described(Id, { id: FAILED_EXECUTION_ID });

export const deadLetterOperations: Operation[] = [
  {
    ...common,
    operationId: 'listDeadLetters',
    method: 'get',
    path: '/api/v1/dead-letters',
    summary: 'List dead letters',
    description:
      'Executions that failed or timed out, newest first, until somebody redrives or dismisses them. Each with its reason, and the request of the step that failed. Test runs are not among them; of executions that call others, only the outermost is.',
    access: 'viewer',
    query: described(DeadLetterQuery, {
      ...PAGE,
      connector_id: { ...CONNECTOR_ID, description: 'Only those of this connector.' },
      error_class: { description: 'Only those that failed in this way.', example: 'upstream' },
    }),
    responses: {
      200: {
        description: 'A page of dead letters.',
        schema: page(DeadLetter),
        example: { data: [letter], next_cursor: null },
      },
    },
    problems: ['connector_not_found'],
  },
  {
    ...common,
    operationId: 'summarizeDeadLetters',
    method: 'get',
    path: '/api/v1/dead-letters/summary',
    summary: 'Summarize dead letters',
    description: 'By connector, class and code, the most frequent first; of the newest 10,000.',
    access: 'viewer',
    responses: {
      200: {
        description: 'The groups.',
        schema: single(DeadLetterSummary),
        example: {
          data: {
            total: 3,
            complete: true,
            groups: [
              {
                connector_id: EXAMPLE_IDS.connector,
                connector_name: 'Enrich a lead',
                class: 'upstream',
                code: 'http_500',
                count: 3,
                newest_id: EXAMPLE_IDS.failedExecution,
                newest_at: EXAMPLE_TIME,
              },
            ],
          },
        },
      },
    },
  },
  {
    ...common,
    operationId: 'dismissDeadLetter',
    method: 'post',
    path: '/api/v1/dead-letters/{id}/dismiss',
    summary: 'Dismiss a dead letter',
    description:
      'Takes it off the list: somebody has dealt with it in another way. Doing so twice is no error.',
    access: 'executor',
    params: byId,
    responses: {
      200: {
        description: 'The dead letter.',
        schema: single(DeadLetter),
        example: { data: { ...letter, dismissed_at: EXAMPLE_TIME } },
      },
    },
    problems: ['execution_not_found', 'no_dead_letter'],
  },
  {
    ...common,
    operationId: 'restoreDeadLetter',
    method: 'post',
    path: '/api/v1/dead-letters/{id}/restore',
    summary: 'Restore a dead letter',
    description: 'Puts a dismissed one back on the list.',
    access: 'executor',
    params: byId,
    responses: {
      200: { description: 'The dead letter.', schema: single(DeadLetter), example: { data: letter } },
    },
    problems: ['execution_not_found', 'no_dead_letter'],
  },
];
