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
      waiting_until: 'Of one that no process holds: until when it waits; null otherwise.',
      parent_execution_id: 'The execution that called this one; null when none did.',
      batch_id: 'The batch that it belongs to; null when it belongs to none.',
      replay_of: 'The execution that this one repeats; null when it repeats none.',
      redrives: 'How often it was started again after it had failed.',
      started_at: 'When it began to run, since it was redriven last; null before.',
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
      recovery: 'What is to be done about it.',
      pointer: 'A JSON pointer (RFC 6901) to the field.',
      detail: 'What is wrong there.',
    },
  },
  Recovery: {
    description: 'What has to happen before the same thing can succeed.',
    fields: {
      action: 'What is to be done, for programs.',
      who: 'Who can do it, and so who should be told.',
      automatic: 'Whether it was tried again without anybody, as the retries of the step allow.',
      advice: 'What is to be done, for people.',
    },
  },
  ExecutionStep: {
    description: 'One step of an execution. Secrets are redacted.',
    fields: {
      name: 'The name of the step in the connector.',
      status: 'How the step ended.',
      attempts: 'How often it was tried.',
      runs: 'How often it was run in all: with loops and pages more than attempts.',
      source:
        'What answered in place of the service: an answer that was kept, one that the test brought, or nothing; null for the service itself.',
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
      waiting_until: 'Of one that no process holds: until when it waits; null otherwise.',
      parent_execution_id: 'The execution that called this one; null when none did.',
      batch_id: 'The batch that it belongs to; null when it belongs to none.',
      replay_of: 'The execution that this one repeats; null when it repeats none.',
      redrives: 'How often it was started again after it had failed.',
      started_at: 'When it began to run, since it was redriven last; null before.',
      finished_at: 'When it ended; null before.',
      duration_ms: 'From start to end, in milliseconds; null before the end.',
    },
  },
  ExecutionTrigger: {
    description: 'What started an execution.',
    fields: {
      type: 'The kind of trigger.',
      execution_id: 'Of one that another execution called: which.',
      step: 'Of one that another execution called: the step that did.',
    },
  },
  RedriveExecution: {
    description: 'How an execution goes on.',
    fields: {
      version: 'The version that failed, or the newest one, whose input schema the input has to fit.',
    },
  },
  ReplayExecution: {
    description: 'What to repeat an execution with.',
    fields: {
      version: 'The version that ran, or the newest one.',
      input: 'Another input; the same one unless it is named.',
    },
  },
  RedriveFilter: {
    description: 'Which executions; all conditions have to hold, and one at least has to be named.',
    fields: {
      status: 'Those in this status; failed and timed out unless it is named.',
      connector_id: 'Those of this connector.',
      error_class: 'Those that failed in this way.',
      error_code: 'Those that failed with this code.',
      created_after: 'Those accepted at this time or later.',
      created_before: 'Those accepted before this time.',
      ids: 'Those with these ids, dismissed or not.',
    },
    schema: { minProperties: 1 },
  },
  RedriveExecutions: {
    description: 'Executions to redrive.',
    fields: {
      filter: 'Which executions.',
      version:
        'The version that failed, or the newest one; with `newest`, only executions go on whose version has the same input schema.',
    },
  },
  RedriveResult: {
    description: 'What came of it.',
    fields: {
      redriven: 'How many go on.',
      remaining: 'How many more match; counted to 10,000.',
      skipped:
        'How many match, but have an input that was checked against another schema; counted to 10,000.',
    },
  },
  StepRun: {
    description: 'One attempt at a step. Secrets are redacted.',
    fields: {
      step: 'The name of the step in the connector.',
      iteration:
        'Empty outside of loops; in one, the place of the item, `3` or in a loop inside it `3.0`. A page is `p0`.',
      attempt: 'Counts from 0.',
      status: 'Where it stands. `interrupted`: its process died, so that nobody knows what the service did.',
      superseded: 'It failed, and the execution was redriven since.',
      tolerated: 'It failed, and the execution went on all the same.',
      source:
        'What answered in place of the service: an answer that was kept, one that the test brought, or nothing; null for the service itself.',
      started_at: 'When it began.',
      finished_at: 'When it ended; null before.',
      resume_at: 'When the next attempt is due, or a wait ends; null otherwise.',
      duration_ms: 'How long it took, in milliseconds; null before the end.',
      request: 'The request as it was sent; null when none was.',
      response: 'The response as it came; null when none did.',
      output: 'The fields that the step mapped out of the response.',
      error: 'Why it failed; null otherwise.',
    },
  },
  DeadLetter: {
    description: 'An execution that did not succeed, and that nobody has dealt with.',
    fields: {
      status: 'How it ended.',
      trigger: 'What started it.',
      error: 'Why it did not succeed.',
      cancel_requested_at: 'When somebody asked for its cancellation; null if nobody did.',
      waiting_until: 'Of one that no process holds: until when it waits; null otherwise.',
      parent_execution_id: 'The execution that called this one; null when none did.',
      batch_id: 'The batch that it belongs to; null when it belongs to none.',
      replay_of: 'The execution that this one repeats; null when it repeats none.',
      redrives: 'How often it was started again after it had failed.',
      started_at: 'When it began to run, since it was redriven last; null before.',
      finished_at: 'When it ended.',
      duration_ms: 'From start to end, in milliseconds.',
      connector_name: 'What the connector is called now.',
      failed_request: 'The request of the step that failed; null when none was sent.',
      dismissed_at: 'When it was dismissed; null if it was not.',
    },
  },
  FailedRequest: {
    description: 'A request as it was sent last, secrets redacted.',
    fields: {
      method: 'The HTTP method.',
      url: 'The whole URL.',
      iteration: 'Empty outside of loops; in one, the place of the item.',
      attempt: 'Counts from 0.',
    },
  },
  DeadLetterSummary: {
    description: 'Dead letters by what they have in common.',
    fields: {
      total: 'How many there are; 10,000 at most.',
      complete: 'False when there are more than are counted, or more groups than are shown.',
      groups: 'The most frequent first.',
    },
  },
  DeadLetterGroup: {
    description: 'Dead letters of one connector that failed in one way.',
    fields: {
      connector_name: 'What the connector is called now.',
      class: 'The kind of failure.',
      code: 'The failure, for programs.',
      count: 'How many there are.',
      newest_id: 'The newest of them.',
      newest_at: 'When the newest of them ended.',
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
