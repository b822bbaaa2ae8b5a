import { Execution } from '../../../../core/execution/schema.ts';
import { TestConnector } from '../../../../core/execution/test-schema.ts';
import { Id } from '../../http/params.ts';
import { described, type Operation, single } from '../operation.ts';
import { CONNECTOR_ID } from '../parameters.ts';
import { executionExample, queuedExecutionExample } from './executions.ts';

const headers = ['Location', 'Preference-Applied'] as const;
const trigger = { type: 'test' };

export const testRunOperations: Operation[] = [
  {
    operationId: 'testConnector',
    method: 'post',
    path: '/api/v1/connectors/{id}/test',
    tag: 'Executions',
    summary: 'Try a connector out',
    description:
      'Runs a connector, as it is stored or as it is being written, without counting it. A `dry_run`, the default, renders every request with its secrets masked and sends none. Mocks, and the answers of an earlier execution, stand in for services; `until` ends the run after a step, `only` runs one step with what `steps` gives it.',
    access: 'editor',
    apiKeys: true,
    headers: ['X-Workspace-Id', 'Prefer'],
    params: described(Id, { id: CONNECTOR_ID }),
    body: {
      schema: TestConnector,
      examples: {
        dry: {
          summary: 'See every request, and send none',
          value: { input: { phone: '+49 30 1234567' } },
          answers: 202,
        },
        mocked: {
          summary: 'With an answer in place of the service',
          value: {
            input: { phone: '+49 30 1234567' },
            mode: 'live',
            mocks: { lookup: { status: 200, body: { valid: true, country_code: 'DE' } } },
          },
          answers: 202,
        },
        unknown: {
          summary: 'With a step that the connector has not',
          value: { input: { phone: '+49 30 1234567' }, until: 'nowhere' },
          answers: 422,
        },
      },
    },
    responses: {
      200: {
        description: 'It ended while the caller waited.',
        schema: single(Execution),
        headers: [...headers],
        example: { data: { ...executionExample, trigger } },
      },
      202: {
        description: 'It is accepted, and will run.',
        schema: single(Execution),
        headers: [...headers],
        example: { data: { ...queuedExecutionExample, trigger } },
      },
    },
    problems: ['connector_not_found', 'execution_not_found', 'unknown_credential', 'unknown_connector'],
  },
];
