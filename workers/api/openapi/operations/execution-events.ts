import * as z from 'zod';
import { Id } from '../../http/params.ts';
import { EventsQuery } from '../../routes/execution-events.ts';
import { EXAMPLE_TIME } from '../example-ids.ts';
import { described, NO_CONTENT, type Operation } from '../operation.ts';
import { EXECUTION_ID } from '../parameters.ts';

const data = JSON.stringify({
  ...{
    type: 'step.succeeded',
    status: 'succeeded',
    at: EXAMPLE_TIME,
    step: 'lookup',
    iteration: '',
    attempt: 0,
  },
  ...{ duration_ms: 41, source: null, until: null, error: null },
});

export const executionEventOperations: Operation[] = [
  {
    operationId: 'followExecution',
    method: 'get',
    path: '/api/v1/executions/{id}/events',
    tag: 'Executions',
    summary: 'Follow an execution',
    description: [
      'Progress as server-sent events (WHATWG HTML), from the start or from behind `Last-Event-ID`: nothing is lost and nothing comes twice, however often the reader comes back.',
      'Of the execution: `execution.queued`, `.running`, `.waiting`, `.succeeded`, `.failed`, `.cancelled`, `.timed_out`. Of each attempt at a step: `step.started`, `.succeeded`, `.failed`, `.skipped`, `.cancelled`, `.interrupted`; a step that took no call may have no `step.started`. `data` is JSON with `type`, `status`, `at`, `step`, `iteration`, `attempt`, `duration_ms`, `source`, `until` and `error`; bodies are not in it.',
      'The stream ends behind the last event of the execution, and after a minute at the latest: come back then. Who comes back behind the end gets 204. A redriven execution goes on with `execution.queued`.',
    ].join('\n\n'),
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id', 'Last-Event-ID'],
    params: described(Id, { id: EXECUTION_ID }),
    query: described(EventsQuery, {
      last_event_id: {
        description: 'As the header `Last-Event-ID`, which goes before it.',
        schema: { type: 'string', pattern: '^\\d{1,9}(\\.[1-9]\\d{0,6})?$' },
        example: '0',
        along: { wait: '0' },
      },
      wait: {
        description: 'Seconds after which the stream ends; 0 answers with what has happened so far.',
        schema: { type: 'integer', minimum: 0, maximum: 60, default: 60 },
        example: 0,
      },
    }),
    calls: { soFar: { summary: 'What has happened so far', query: { wait: '0' } } },
    responses: {
      200: {
        description: 'The events.',
        schema: z.string().meta({ description: 'Server-sent events.' }),
        contentType: 'text/event-stream',
        example: `retry: 2000\n\nid: 3\nevent: step.succeeded\ndata: ${data}\n\n`,
      },
      204: { ...NO_CONTENT, description: 'The execution has ended, and nothing follows.' },
    },
    problems: ['execution_not_found'],
  },
];
