import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const CONNECTORS_TEXTS: Readonly<Record<string, ComponentText>> = {
  Connector: {
    description: 'A connector with its program, all defaults filled in.',
    fields: {
      version: 'Grows with every change of the program.',
      input_schema: 'JSON Schema (2020-12) that inputs must satisfy.',
      steps: 'What is done, in order.',
      output: 'What an execution answers: any JSON with `{{ }}` expressions.',
      contact_mapping: 'How responses become a contact.',
    },
  },
  ConnectorStats: {
    description: "A connector's figures.",
    fields: {
      success_rate: 'Successes among all that ended, 0 to 1; null before the first.',
      recent: 'Over the newest 1,000 executions at most.',
      executions: 'How many these figures are of.',
      by_status: 'Executions by status.',
      duration_ms: 'How long executions took, in milliseconds.',
      average: 'The arithmetic mean.',
      p50: 'Half took no longer.',
      p95: 'Nineteen of twenty took no longer.',
    },
  },
  ConnectorSummary: {
    description: 'A connector without its program.',
    fields: {
      version: 'Grows with every change of the program.',
    },
  },
  ContactMapping: {
    description: 'How the results of an execution become a contact of the workspace.',
    fields: {
      match: 'The fields by which an existing contact is found.',
      fields: "The contact's fields: any JSON with `{{ }}` expressions.",
    },
  },
  CreateConnector: {
    description: 'A new connector. Strings hold `{{ }}` expressions in JSONata.',
    fields: {
      input_schema: 'JSON Schema (2020-12) that inputs must satisfy; any object will do without one.',
      steps: 'What to do, in order. Step names are unique.',
      output: 'What an execution answers: any JSON with `{{ }}` expressions.',
      contact_mapping: 'How responses become a contact.',
    },
  },
  Step: {
    description: 'One HTTP call.',
    fields: {
      name: 'Names the step for later ones: `{{steps.<name>.body}}`.',
      condition: 'A JSONata expression; when it is false, the step is skipped.',
      request: 'What to send.',
      response: 'How to read what comes back.',
      type: 'How the body is read; `auto` goes by its content type.',
      map: 'JSONata over `{ status, headers, body }` by field; lands at `steps.<name>.<field>`.',
      timeout_ms: 'How long to wait for the answer, in milliseconds.',
      retry: 'When to try again.',
      idempotency_key:
        'Whether to send an `Idempotency-Key` that stays the same over all attempts, so that an unsafe method may be tried again.',
      continue_on_error: 'Whether the execution goes on when the step fails.',
    },
  },
  StepBody: {
    description: 'The body of a request, by type.',
    fields: {
      type: 'The form of the body.',
      content: 'What to send, with `{{ }}` expressions.',
      files: 'Files by field name.',
      filename: 'The name that the server is told.',
      content_type: 'The media type that the server is told.',
      base64: 'The content of a file as base64, in place of `content`.',
    },
  },
  StepName: {
    description: 'Lower-case letters, digits and `_`, starting with a letter.',
  },
  StepRequest: {
    description: 'A request, with `{{ }}` expressions in its strings.',
    fields: {
      method: 'The HTTP method.',
      url: 'An http(s) URL. Values are percent-encoded for where they stand.',
      query: 'Query parameters to add.',
      headers: 'Headers to send.',
      auth: 'The credential to send; its type decides how.',
      credential: 'The `service_name` of a credential.',
      body: 'The body to send.',
    },
  },
  StepRetry: {
    description:
      'How often a step is sent again after a transient failure, with full-jitter exponential backoff. An unsafe method is sent once unless the step names this.',
    fields: {
      max_attempts: 'Attempts in all.',
      base_ms: 'The longest first pause, in milliseconds.',
      max_ms: 'The longest pause, in milliseconds.',
    },
  },
  UpdateConnector: {
    description: 'Fields to change: each replaces the stored one as a whole; null removes an optional one.',
    schema: {
      minProperties: 1,
    },
    fields: {
      input_schema: 'JSON Schema (2020-12) that inputs must satisfy.',
      steps: 'What to do, in order. Step names are unique.',
      output: 'What an execution answers: any JSON with `{{ }}` expressions.',
      contact_mapping: 'How responses become a contact.',
    },
  },
};
