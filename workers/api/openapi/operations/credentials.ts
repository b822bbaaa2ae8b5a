import {
  Credential,
  CredentialCheck,
  CredentialDetail,
  StoreCredential,
  UpdateCredential,
} from '../../../../core/credential/schema.ts';
import { CredentialTestState, TestCredential } from '../../../../core/credential/test-schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { PageQuery } from '../../http/params.ts';
import { Deletion, Service } from '../../routes/credentials.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, NO_CONTENT, type Operation, page, single } from '../operation.ts';
import { PAGE, SERVICE_NAME } from '../parameters.ts';

const apiKey: JsonObject = {
  service_name: 'numverify',
  type: 'api_key',
  fields: { api_key: 'the-key' },
  placement: { in: 'query', name: 'access_key' },
  allowed_hosts: ['api.example.com'],
};

const credential: JsonObject = {
  id: EXAMPLE_IDS.credential,
  service_name: 'numverify',
  type: 'api_key',
  placement: { in: 'query', name: 'access_key' },
  allowed_hosts: ['api.example.com'],
  base_url: 'https://api.example.com/v1',
  rate_limit: { requests: 100, per_seconds: 60 },
  field_names: ['api_key'],
  revision: 1,
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
  last_used_at: null,
  last_test: null,
  expiry: null,
};

const byService = described(Service, { service_name: SERVICE_NAME });
const common = { tag: 'Credentials', apiKeys: true, headers: ['X-Workspace-Id'] } as const;

export const credentialOperations: Operation[] = [
  {
    ...common,
    operationId: 'listCredentials',
    method: 'get',
    path: '/api/v1/workspace/credentials',
    summary: 'List credentials',
    description: 'What is stored, and never a value.',
    access: 'viewer',
    query: described(PageQuery, PAGE),
    responses: {
      200: {
        description: 'A page of credentials.',
        schema: page(Credential),
        example: { data: [credential], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'storeCredential',
    method: 'post',
    path: '/api/v1/workspace/credentials',
    summary: 'Store a credential',
    description: 'One for each service: what was stored for it before is replaced as a whole.',
    access: 'editor',
    body: {
      schema: StoreCredential,
      examples: {
        api_key: { summary: 'A key in the query', value: apiKey, answers: 200 },
        bearer: {
          summary: 'A bearer token',
          value: {
            service_name: 'github',
            type: 'bearer',
            fields: { token: 'the-token' },
            allowed_hosts: ['api.github.com'],
            base_url: 'https://api.github.com',
            rate_limit: { requests: 5000, per_seconds: 3600, burst: 50 },
          },
          answers: 201,
        },
        basic: {
          summary: 'A user name and a password',
          value: {
            service_name: 'twilio',
            type: 'basic',
            fields: { username: 'AC123', password: 'the-password' },
            allowed_hosts: ['api.twilio.com'],
          },
          answers: 201,
        },
        custom: {
          summary: 'Fields for expressions',
          value: {
            service_name: 'erp',
            type: 'custom',
            fields: { tenant: 'acme', signing_key: 'the-key' },
            allowed_hosts: ['erp.example.com'],
          },
          answers: 201,
        },
      },
    },
    responses: {
      200: {
        description: 'It replaced the one that was stored.',
        schema: single(Credential),
        headers: ['ETag'],
        example: { data: credential },
      },
      201: {
        description: 'It is the first for its service.',
        schema: single(Credential),
        headers: ['Location', 'ETag'],
        example: { data: credential },
      },
    },
  },
  {
    ...common,
    operationId: 'checkCredential',
    method: 'get',
    path: '/api/v1/workspace/credentials/check/{service_name}',
    summary: 'Is there a credential',
    description: 'Answers 200 whether or not there is one.',
    access: 'viewer',
    params: byService,
    responses: {
      200: {
        description: 'Whether it is stored.',
        schema: single(CredentialCheck),
        example: {
          data: {
            service_name: 'numverify',
            exists: true,
            type: 'api_key',
            updated_at: EXAMPLE_TIME,
            expiry: null,
          },
        },
      },
    },
  },
  {
    ...common,
    operationId: 'getCredential',
    method: 'get',
    path: '/api/v1/workspace/credentials/{service_name}',
    summary: 'Read a credential',
    description: 'With the connectors that use it, and never a value.',
    access: 'viewer',
    params: byService,
    responses: {
      200: {
        description: 'The credential.',
        schema: single(CredentialDetail),
        headers: ['ETag'],
        example: {
          data: { ...credential, used_by: [{ id: EXAMPLE_IDS.connector, name: 'Enrich a lead' }] },
        },
      },
    },
    problems: ['credential_not_found'],
  },
  {
    ...common,
    operationId: 'updateCredential',
    method: 'patch',
    path: '/api/v1/workspace/credentials/{service_name}',
    summary: 'Change or rotate a credential',
    description:
      'Each field that is given replaces the stored one as a whole; the rest stays. Executions that start afterwards use the new values.',
    access: 'editor',
    headers: ['X-Workspace-Id', 'If-Match'],
    params: byService,
    body: {
      schema: UpdateCredential,
      examples: {
        rotate: { summary: 'A new key', value: { fields: { api_key: 'the-new-key' } } },
        expiry: { summary: 'When it ends', value: { expires_at: '2027-01-31T00:00:00Z' } },
        elsewhere: {
          summary: 'A base URL of a host that it is not bound to',
          value: { base_url: 'https://elsewhere.example/v1' },
          answers: 422,
        },
        mismatch: {
          summary: 'Fields of another type',
          value: { fields: { token: 'the-token' } },
          answers: 422,
        },
      },
    },
    responses: {
      200: {
        description: 'The credential.',
        schema: single(Credential),
        headers: ['ETag'],
        example: { data: { ...credential, revision: 2 } },
      },
    },
    problems: ['credential_not_found', 'version_conflict'],
  },
  {
    ...common,
    operationId: 'testCredential',
    method: 'post',
    path: '/api/v1/workspace/credentials/{service_name}/test',
    summary: 'Test a credential',
    description:
      'A task sends one call with the credential, as a step would. Waits ten seconds for its end unless `Prefer` asks for another time; a test that takes longer is found as `last_test` of the credential.',
    access: 'editor',
    headers: ['X-Workspace-Id', 'Prefer'],
    params: byService,
    body: {
      schema: TestCredential,
      examples: {
        get: {
          summary: 'A GET',
          value: { url: 'https://api.example.com/validate' },
          headers: { Prefer: 'wait=0' },
          answers: 202,
        },
        unsound: {
          summary: 'What is no http(s) URL',
          value: { url: 'file:///etc/passwd' },
          answers: 422,
        },
      },
    },
    responses: {
      200: {
        description: 'How the test went.',
        schema: single(CredentialTestState),
        headers: ['Preference-Applied'],
        example: {
          data: {
            id: EXAMPLE_IDS.execution,
            service_name: 'numverify',
            at: EXAMPLE_TIME,
            ok: true,
            status: 200,
            error: null,
            duration_ms: 87,
          },
        },
      },
      202: {
        description: 'The test has not ended yet.',
        schema: single(CredentialTestState),
        headers: ['Location', 'Preference-Applied'],
        example: {
          data: {
            id: EXAMPLE_IDS.execution,
            service_name: 'numverify',
            at: null,
            ok: null,
            status: null,
            error: null,
            duration_ms: null,
          },
        },
      },
    },
    problems: ['credential_not_found'],
  },
  {
    ...common,
    operationId: 'deleteCredential',
    method: 'delete',
    path: '/api/v1/workspace/credentials/{service_name}',
    summary: 'Delete a credential',
    description: 'Refused while connectors use it, unless it is forced; their steps fail from then on.',
    access: 'editor',
    headers: ['X-Workspace-Id', 'If-Match'],
    params: byService,
    query: described(Deletion, {
      force: { description: 'Whether to delete it although connectors use it.', example: 'true' },
    }),
    calls: {
      forced: { summary: 'Although it is used', query: { force: 'true' } },
      in_use: { summary: 'While connectors use it', answers: 409 },
    },
    responses: { 204: NO_CONTENT },
    problems: ['credential_not_found', 'credential_in_use'],
  },
];
