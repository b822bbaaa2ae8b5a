import type { ComponentText } from '../descriptions.ts';

const BASE_URL =
  'What the URL of a step goes on from when it starts with `/`: an absolute http(s) URL without query, of a host in `allowed_hosts`.';
const RATE_LIMIT = 'A limit for all calls with it, over all executions of the workspace.';
const CREDENTIAL = {
  type: 'How it is sent.',
  placement: 'Where an API key goes; null for other types.',
  base_url: 'What the URL of a step goes on from when it starts with `/`; null when there is none.',
  rate_limit: 'A limit for all calls with it, over all executions of the workspace; null when there is none.',
  field_names: 'The names of the secret fields.',
  last_test: 'How the newest test call went; null if there was none.',
  expiry: 'How near its end it is; null when no end is known.',
};
const TEST = {
  id: 'Names the test.',
  at: 'When it was made.',
  ok: 'Whether the service answered with no error.',
  status: "The answer's HTTP status; null when none came.",
  error: 'Why there was no answer; null otherwise.',
  class: 'The kind of failure.',
  code: 'The failure, for programs.',
  message: 'The failure, for people.',
  duration_ms: 'How long the call took, in milliseconds.',
};

/** What components are. */
export const CREDENTIALS_TEXTS: Readonly<Record<string, ComponentText>> = {
  Credential: { description: 'What is told of a credential: never a value.', fields: CREDENTIAL },
  CredentialCheck: {
    description: 'Whether a credential is stored.',
    fields: {
      exists: 'Whether there is one for this service.',
      type: 'How it is sent; null when there is none.',
      updated_at: 'When it was last changed; null when there is none.',
      expiry: 'How near its end it is; null when no end is known.',
    },
  },
  Placement: {
    description: 'Where an API key goes.',
    fields: {
      in: 'A header or the query.',
      name: 'The name of the header or the query parameter.',
    },
  },
  ServiceName: {
    description: 'Lower-case letters, digits and `_`, starting with a letter.',
  },
  StoreCredential: {
    description: 'A credential to store. Its type decides how a step sends it.',
    fields: {
      type: 'How it is sent: `custom` fields are only sent where an expression names them.',
      fields: 'The secret values.',
      token: 'Sent as `Authorization: Bearer`.',
      api_key: 'Sent as `placement` says.',
      placement: 'Where the key goes.',
      username: 'Of HTTP Basic authentication.',
      password: 'Of HTTP Basic authentication.',
      base_url: BASE_URL,
      rate_limit: RATE_LIMIT,
      expires_at: 'When the other side ends it, if that is known.',
    },
  },
  CredentialDetail: {
    description: 'A credential with the connectors that use it.',
    fields: {
      ...CREDENTIAL,
      used_by: 'Connectors whose current version uses it, newest first, at most 100.',
    },
  },
  CredentialExpiry: {
    description:
      'How near its end a credential is: `expires_soon` in the last 14 days. Executions still try one that is expired.',
    fields: { status: 'How near the end is.', expires_at: 'When the other side ends it.' },
  },
  CredentialTest: { description: 'How the newest test call went.', fields: TEST },
  CredentialTestState: { description: 'A test call; all but its id is null until it ends.', fields: TEST },
  TestCredential: {
    description: 'One call to test a credential with. Texts may hold `{{workspace.<service>.<field>}}`.',
    fields: {
      method: 'The HTTP method.',
      url: 'An http(s) URL of a host that the credential is bound to.',
      headers: 'Headers to send.',
    },
  },
  UpdateCredential: {
    description: 'Fields to change: each replaces the stored one as a whole, the rest stays.',
    schema: { minProperties: 1 },
    fields: {
      type: 'Another type; needs new `fields`.',
      fields: 'New secret values, all of them.',
      placement: 'Where an API key goes.',
      base_url: `${BASE_URL} Null takes it away.`,
      rate_limit: `${RATE_LIMIT} Null takes it away.`,
      expires_at: 'When the other side ends it; null when that is not known.',
    },
  },
};
