import { ExportCurl, ExportedCurl, ImportCurl, ImportedCurl } from '../../../../core/curl/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { Id } from '../../http/params.ts';
import { CurlQuery } from '../../routes/curl.ts';
import { EXAMPLE_IDS } from '../example-ids.ts';
import { described, type Operation, single } from '../operation.ts';

const request: JsonObject = {
  method: 'POST',
  url: 'https://api.example.com/v1/tickets',
  headers: { 'X-Source': 'crm' },
  body: { type: 'json', content: { subject: '{{input.subject}}' } },
};

const imported: JsonObject = {
  step: {
    name: 'tickets',
    request: {
      method: 'POST',
      url: 'https://api.example.com/v1/tickets',
      auth: { credential: 'example' },
      body: { type: 'json', content: { subject: 'Hello' } },
      max_redirects: 0,
    },
  },
  credential: {
    service_name: 'example',
    type: 'bearer',
    allowed_hosts: ['api.example.com'],
    field_names: ['token'],
  },
  notes: [
    'A secret was taken out of the command. Store it as the credential "example" with POST /api/v1/workspace/credentials, in fields: token.',
  ],
};

const command =
  "curl \\\n  https://api.example.com/v1/tickets \\\n  --location \\\n  --header 'X-Source: crm' \\\n  --header 'Content-Type: application/json' \\\n  --data-raw '{\"subject\":\"{{input.subject}}\"}'";

const common = { tag: 'Connectors', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const curlOperations: Operation[] = [
  {
    ...common,
    operationId: 'importCurl',
    method: 'post',
    path: '/api/v1/curl/import',
    summary: 'Read a curl command as a step',
    description:
      'Nothing is stored. What authenticates is taken out of the command: `credential` says what to store for it, and the answer holds none of its values. Commands that read files, skip checks of certificates or use a proxy are refused.',
    access: 'user',
    body: {
      schema: ImportCurl,
      examples: {
        bearer: {
          summary: 'A command with a token',
          value: {
            command:
              "curl https://api.example.com/v1/tickets -H 'Authorization: Bearer the-token' -H 'Content-Type: application/json' -d '{\"subject\":\"Hello\"}'",
          },
        },
        file: {
          summary: 'A command that reads a file',
          value: { command: 'curl https://api.example.com/v1/tickets -d @ticket.json' },
          answers: 422,
        },
      },
    },
    responses: {
      200: {
        description: 'The step, and what it needs.',
        schema: single(ImportedCurl),
        example: { data: imported },
      },
    },
  },
  {
    ...common,
    operationId: 'exportCurl',
    method: 'post',
    path: '/api/v1/curl/export',
    summary: "Write a step's request as a curl command",
    description:
      'What `auth` sends, and every expression that reads a credential, is a variable of the shell; other expressions stay as they are.',
    access: 'user',
    body: {
      schema: ExportCurl,
      examples: { json: { summary: 'A request with a JSON body', value: { request } } },
    },
    responses: {
      200: {
        description: 'The command.',
        schema: single(ExportedCurl),
        example: { data: { command, notes: [] } },
      },
    },
    problems: ['workspace_not_found'],
  },
  {
    ...common,
    operationId: 'getStepCurl',
    method: 'get',
    path: '/api/v1/executions/{id}/curl',
    tag: 'Executions',
    summary: "Read a step's request as a curl command",
    description:
      'The newest request that was recorded of the step. What was redacted is a variable of the shell. A step that made no request answers 404.',
    access: 'viewer',
    params: described(Id, { id: { description: 'The execution.', example: EXAMPLE_IDS.recordedExecution } }),
    query: described(CurlQuery, { step: { description: 'The name of the step.', example: 'lookup' } }),
    calls: {
      lookup: { summary: 'Of a step', query: { step: 'lookup' } },
      absent: { summary: 'Of a step that made no request', query: { step: 'other' }, answers: 404 },
    },
    responses: {
      200: {
        description: 'The command.',
        schema: single(ExportedCurl),
        example: {
          data: {
            command:
              'curl \\\n  \'https://api.example.com/validate?number=%2B49&access_key=\'"$ACCESS_KEY" \\\n  --location',
            notes: [],
          },
        },
      },
    },
    problems: ['execution_not_found', 'not_found'],
  },
];
