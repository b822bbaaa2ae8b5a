import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const EXECUTIONS_TEXTS: Readonly<Record<string, ComponentText>> = {
  ExecuteConnector: {
    description: 'What to run a connector with.',
    fields: {
      input: "An object that satisfies the connector's `input_schema`.",
    },
  },
  Execution: {
    description: 'One durable run of one version of a connector.',
    fields: {
      status: 'Where it stands; `succeeded`, `failed`, `cancelled` and `timed_out` are final.',
      trigger: 'What started it.',
      error: 'Why it did not succeed; null otherwise.',
      cancel_requested_at: 'When somebody asked for its cancellation; null if nobody did.',
      started_at: 'When the first step began; null before.',
      finished_at: 'When it ended; null before.',
      duration_ms: 'From start to end, in milliseconds; null before the end.',
      input: 'What it was started with.',
      output: "The connector's rendered output; null before success.",
      steps: 'The steps that were begun, in order.',
    },
  },
  ExecutionError: {
    description: 'Why a step or an execution failed. Holds no secret.',
    fields: {
      class: 'The kind of failure, which decides whether it is tried again.',
      code: 'The failure, for programs.',
      message: 'The failure, for people.',
      step: 'The step that failed; null when it was none.',
      errors: 'Each field that is wrong.',
      pointer: 'A JSON pointer (RFC 6901) to the field.',
      detail: 'What is wrong there.',
    },
  },
  ExecutionStep: {
    description: 'One step of an execution. Secrets are redacted.',
    fields: {
      name: 'The name of the step in the connector.',
      status: 'How the step ended.',
      attempts: 'How often it was sent.',
      started_at: 'When it began.',
      duration_ms: 'How long it took with all attempts, in milliseconds; null while it runs.',
      request: 'The last request that was sent; null when none was.',
      response: 'The last response that came; null when none did.',
      output: 'The fields that the step mapped out of the response.',
      error: 'Why it failed; null otherwise.',
    },
  },
  ExecutionSummary: {
    description: 'An execution without its data.',
    fields: {
      status: 'Where it stands; `succeeded`, `failed`, `cancelled` and `timed_out` are final.',
      trigger: 'What started it.',
      error: 'Why it did not succeed; null otherwise.',
      cancel_requested_at: 'When somebody asked for its cancellation; null if nobody did.',
      started_at: 'When the first step began; null before.',
      finished_at: 'When it ended; null before.',
      duration_ms: 'From start to end, in milliseconds; null before the end.',
    },
  },
  ExecutionTrigger: {
    description: 'What started an execution.',
    fields: {
      type: 'The kind of trigger.',
    },
  },
  RecordedRequest: {
    description: 'A request as it was sent, secrets redacted.',
    fields: {
      method: 'The HTTP method.',
      url: 'The whole URL.',
      headers: 'The headers that the step set.',
      body: 'The body, if there was one.',
    },
  },
  RecordedResponse: {
    description: 'A response as it came, secrets redacted.',
    fields: {
      status: 'The HTTP status.',
      headers: 'The headers, by lower-case name.',
      body: 'JSON as it is, other text as a string, bytes as base64.',
    },
  },
};
