import type { ComponentText } from '../descriptions.ts';

export const TEST_RUNS_TEXTS: Readonly<Record<string, ComponentText>> = {
  TestConnector: {
    description: 'How to try a connector out.',
    fields: {
      input: "An object that satisfies the connector's `input_schema`.",
      mode: '`dry_run` renders every request and sends none; `live` sends them.',
      definition: 'What to run in place of the stored version.',
      until: 'The step after which the run ends.',
      only: 'The only step to run.',
      steps: 'What `steps.<name>` is for steps that do not run.',
      mocks: 'What answers in place of services, by step.',
      pinned_execution_id: 'An execution of this connector whose answers stand in where no mock does.',
    },
  },
  Mock: {
    description: 'What answers in place of a service: an answer, or a failure to get one.',
    fields: {
      status: 'The HTTP status.',
      headers: 'The headers, with names in lower case.',
      body: 'The body as a step sees it: JSON as its value, text as a string.',
      error: 'The failure.',
      class: 'The class of the failure.',
      code: 'Its code.',
      message: 'Its message.',
      transient: 'Whether the step may try again.',
    },
  },
};
