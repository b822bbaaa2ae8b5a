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
