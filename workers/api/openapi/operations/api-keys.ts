import { ApiKey, CreateApiKey, CreatedApiKey } from '../../../../core/api-key/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id, PageQuery } from '../../http/params.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, page, single } from '../operation.ts';
import { API_KEY_ID, PAGE } from '../parameters.ts';

const apiKey: JsonObject = {
  id: EXAMPLE_IDS.apiKey,
  name: 'Nightly sync',
  scope: 'execute',
  secret_hint: 'x7Qa',
  created_by: EXAMPLE_IDS.user,
  created_at: EXAMPLE_TIME,
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
};
const common = { tag: 'API keys', access: 'admin', headers: ['X-Workspace-Id'] } as const;

export const apiKeyOperations: Operation[] = [
  {
    ...common,
    operationId: 'listApiKeys',
    method: 'get',
    path: '/api/v1/api-keys',
    summary: 'List API keys',
    description: 'Also those that were revoked or have expired; never a secret.',
    apiKeys: true,
    query: described(PageQuery, PAGE),
    responses: {
      200: {
        description: 'A page of API keys.',
        schema: page(ApiKey),
        example: { data: [apiKey], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'createApiKey',
    method: 'post',
    path: '/api/v1/api-keys',
    summary: 'Create an API key',
    description: 'The answer is the only one that has the key: nothing of its secret is stored.',
    apiKeys: false,
    body: {
      schema: CreateApiKey,
      examples: {
        execute: { summary: 'For executions', value: { name: 'Nightly sync', scope: 'execute' } },
        expiring: {
          summary: 'For a while',
          value: { name: 'Migration', scope: 'write', expires_at: '2199-12-31T00:00:00Z' },
        },
        past: {
          summary: 'With an end in the past',
          value: { name: 'Migration', scope: 'write', expires_at: '2020-01-01T00:00:00Z' },
          answers: 422,
        },
      },
    },
    responses: {
      201: {
        description: 'The new API key, with the key itself.',
        schema: single(CreatedApiKey),
        example: { data: { ...apiKey, key: `pbk_${'0'.repeat(22)}_${'x'.repeat(39)}x7Qa` } },
      },
    },
    problems: ['conflict'],
  },
  {
    ...common,
    operationId: 'revokeApiKey',
    method: 'post',
    path: '/api/v1/api-keys/{id}/revoke',
    summary: 'Revoke an API key',
    description: 'It ends at once, for good. Revoking twice is no error.',
    apiKeys: true,
    params: described(Id, { id: API_KEY_ID }),
    responses: {
      200: {
        description: 'The API key.',
        schema: single(ApiKey),
        example: { data: { ...apiKey, revoked_at: EXAMPLE_TIME } },
      },
    },
    problems: ['api_key_not_found'],
  },
];
