import { Circuit } from '../../../../core/circuit/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { CircuitQuery } from '../../routes/circuits.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, page, single } from '../operation.ts';
import { CIRCUIT_ID, PAGE } from '../parameters.ts';

const circuit: JsonObject = {
  id: EXAMPLE_IDS.circuit,
  credential_id: EXAMPLE_IDS.credential,
  service_name: 'numverify',
  host: 'api.example.com',
  state: 'open',
  failures: 20,
  last_failure_at: EXAMPLE_TIME,
  opened_at: EXAMPLE_TIME,
  retry_at: '2026-01-15T09:30:30.000000+00:00',
};
const common = { tag: 'Circuits', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const circuitOperations: Operation[] = [
  {
    ...common,
    operationId: 'listCircuits',
    method: 'get',
    path: '/api/v1/circuits',
    summary: 'List circuits',
    description:
      'Services that failed within the last day, by credential and host. 20 failures within a minute and no success between them open a circuit: no call is made for 30 seconds, and then one to see whether the service is back. A service without a failure is not listed.',
    access: 'viewer',
    query: described(CircuitQuery, {
      ...PAGE,
      state: { description: 'Only circuits in this state.', example: 'open' },
    }),
    responses: {
      200: {
        description: 'A page of circuits.',
        schema: page(Circuit),
        example: { data: [circuit], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'closeCircuit',
    method: 'post',
    path: '/api/v1/circuits/{id}/close',
    summary: 'Close a circuit',
    description:
      'Calls pass again, within a few seconds everywhere. For when the service is known to be back. Closing twice is no error.',
    access: 'editor',
    params: described(Id, { id: CIRCUIT_ID }),
    responses: {
      200: {
        description: 'The circuit.',
        schema: single(Circuit),
        example: { data: { ...circuit, state: 'closed', failures: 0, opened_at: null, retry_at: null } },
      },
    },
    problems: ['circuit_not_found'],
  },
];
