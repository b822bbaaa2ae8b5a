import { LintReport } from '../../../../core/connector/lint/hint.ts';
import { LintConnector } from '../../../../core/connector/lint/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { described, type Operation, single } from '../operation.ts';
import { CONNECTOR_ID } from '../parameters.ts';
import { lookupDefinition } from './connectors.ts';

const hinted: JsonObject = {
  steps: [
    { name: 'customer', request: { url: 'http://api.example.com/customers/{{input.id}}' } },
    {
      name: 'charge',
      request: {
        method: 'POST',
        url: 'https://api.example.com/charges',
        body: { type: 'json', content: { customer: '{{steps.customer.body.id}}' } },
      },
      retry: { max_attempts: 3 },
    },
  ],
  output: { charge: '{{steps.charge.body.id}}' },
};

const broken: JsonObject = {
  steps: [
    { name: 'charge', request: { url: 'https://api.example.com/{{steps.customer.body.id}}' } },
    { name: 'customer', request: { url: 'https://api.example.com/customers' } },
  ],
};

export const lintOperations: Operation[] = [
  {
    operationId: 'lintDefinition',
    method: 'post',
    path: '/api/v1/connectors/lint',
    tag: 'Connectors',
    summary: 'Check a definition',
    description:
      'What is wrong with a definition, with a JSON pointer each, or what could be better about one that is sound. Nothing is stored and nothing is called. Credentials that are not stored are errors too, in a workspace with at most 100.',
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    body: {
      schema: LintConnector,
      examples: {
        hints: { summary: 'One that works, and could be better', value: hinted },
        errors: { summary: 'One that cannot run: still 200', value: broken },
        fine: { summary: 'One without a hint', value: lookupDefinition },
      },
    },
    responses: {
      200: {
        description: 'Errors, or hints.',
        schema: single(LintReport),
        example: {
          data: {
            errors: [],
            hints: [
              {
                code: 'plain_http',
                severity: 'warning',
                pointer: '/steps/0/request/url',
                message: 'customer calls over http://: whoever is on the way reads and changes what is sent',
                advice: 'Write https://.',
              },
            ],
          },
        },
      },
    },
  },
  {
    operationId: 'lintConnector',
    method: 'get',
    path: '/api/v1/connectors/{id}/lint',
    tag: 'Connectors',
    summary: 'Check a connector',
    description: 'The same of what is stored: its current version.',
    access: 'viewer',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    params: described(Id, { id: CONNECTOR_ID }),
    responses: {
      200: {
        description: 'Errors, or hints.',
        schema: single(LintReport),
        example: { data: { errors: [], hints: [] } },
      },
    },
    problems: ['connector_not_found'],
  },
];
