import type { ComponentText } from '../descriptions.ts';

const PAGES: Readonly<Record<string, string>> = {
  type: 'How the next page is found.',
  next: 'JSONata over `status`, `headers` and `body` that finds the URL or the cursor of the next page.',
  param: 'The name of the parameter that tells the page.',
  in: 'Where the parameter stands.',
  start: 'What the first page is asked for with.',
  page_size: 'How many items a page has.',
  size_param: 'The name of the parameter that tells the page size.',
  items: 'JSONata over `status`, `headers` and `body` that finds the items of a page.',
  stop_when: 'JSONata; no page is asked for after one of which it holds.',
  max_pages: 'How many pages to fetch, at most.',
  max_items: 'How many items to fetch, at most.',
  delay_ms: 'The pause between two pages, in milliseconds.',
  on_error: 'What a page that fails means: the step fails, or what came before is kept.',
};

/** The parts of a step. */
export const STEPS_TEXTS: Readonly<Record<string, ComponentText>> = {
  Assertion: {
    description: 'Something that must hold of the result of a step.',
    fields: {
      that: 'JSONata that reads the step as `steps.<name>`.',
      message: 'What the failure says.',
    },
  },
  ConnectorCall: {
    description: 'Another connector of the workspace, run as an execution of its own.',
    fields: { input: 'Its input, with `{{ }}` expressions.' },
  },
  ErrorRule: {
    description: 'An answer that is a failure, or one of another kind than its status says.',
    fields: {
      when: 'JSONata over `status`, `headers` and `body`.',
      class: 'The class of the failure.',
      code: 'Its code.',
      message: 'What it says, with `{{ }}` expressions over the answer.',
      transient: 'Whether the step may try again.',
    },
  },
  ForEach: {
    description: 'A loop. Inside it, `item` and `index` stand for the item and its place.',
    fields: {
      items: 'JSONata that makes the list.',
      max_concurrency: 'How many items run at the same time, at most.',
      batch_size: 'With more than 1, `item` is a list of this many items.',
      delay_ms: 'The pause between the starts of two items, in milliseconds.',
      max_items: 'A longer list fails the step.',
      tolerated_failure_share: 'The share of items, from 0 to 1, that may fail without failing the step.',
    },
  },
  Pagination: { description: 'How the pages of a list are fetched.', fields: PAGES },
  RateLimit: {
    description: 'How many calls may start in a time.',
    fields: {
      requests: 'Calls in the time.',
      per_seconds: 'The time, in seconds.',
      burst: 'How many may start at once; by default as many as `requests`.',
    },
  },
  Step: {
    description:
      'One unit of a connector: it does exactly one of `request`, `connector`, `transform`, `steps`, `parallel`, `switch`, `wait` and `stop`.',
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
      for_each: 'Runs the step once for each item of a list.',
      pagination: 'How to fetch a list page by page.',
      rate_limit: 'How many calls may start in a time, over all executions of the workspace.',
      cache: 'Keeps the answer for later executions.',
      redact: 'Fields, or paths to them, that are never recorded.',
      connector: 'Another connector to run; its output is the step’s.',
      transform: 'Fields to make of what is there, with `{{ }}` expressions.',
      wait: 'A pause.',
      stop: 'Ends the execution here.',
      assert: 'What must hold of the result.',
      steps: 'Steps that run in turn.',
      parallel: 'Steps that run at the same time.',
      switch: 'Steps of which one list runs.',
      on_error: 'Steps that run when this one has failed for good; when they succeed, the execution goes on.',
      max_concurrency: 'How many run at the same time, at most.',
      cases: 'Looked at in turn; the first whose `when` holds runs.',
      default: 'Steps that run when no case holds.',
      when: 'A JSONata expression.',
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
      base64: 'Bytes as base64: of the body, or of a file in place of its `content`.',
      lists: 'How a list is written.',
    },
  },
  StepCache: {
    description: 'Keeps an answer for later executions of the connector.',
    fields: {
      ttl_seconds: 'How long it is kept, in seconds.',
      key: 'What tells one answer from another; by default the request itself.',
    },
  },
  StepName: {
    description: 'Lower-case letters, digits and `_`, starting with a letter.',
  },
  StepRequest: {
    description: 'A request, with `{{ }}` expressions in its strings.',
    fields: {
      method: 'The HTTP method.',
      url: 'An http(s) URL, or a path below the `base_url` of the credential in `auth`. Values are percent-encoded for where they stand.',
      query: 'Query parameters to add, by name or as pairs.',
      headers: 'Headers to send.',
      auth: 'The credential to send; its type decides how.',
      credential: 'The `service_name` of a credential.',
      body: 'The body to send.',
      query_lists: 'How a list in the query is written: `a=1&a=2`, `a[]=1`, `a[0]=1` or `a=1,2`.',
      max_redirects: 'How many redirects to follow; 0 takes the redirect itself as the answer.',
    },
  },
  StepResponse: {
    description: 'How an answer is read, and what it means.',
    fields: {
      type: 'How the body is read; `auto` follows its content type.',
      map: 'JSONata over `status`, `headers` and `body`: by field, or one expression that makes all fields.',
      success_when: 'JSONata; the answer is a success exactly when it holds.',
      error_when: 'Answers that are failures, looked at in turn.',
      schema: 'JSON Schema (2020-12) that the body must fit.',
      coerce: 'Whether texts become the numbers and booleans that `schema` asks for.',
      max_bytes: 'The longest body, in bytes.',
    },
  },
  StepRetry: {
    description:
      'How often a step is sent again after a transient failure, with full-jitter exponential backoff. An unsafe method is sent once unless the step names this.',
    fields: {
      max_attempts: 'Attempts in all.',
      base_ms: 'The longest first pause, in milliseconds.',
      max_ms: 'The longest pause, in milliseconds.',
      max_elapsed_ms: 'The time for all attempts and the pauses between them, in milliseconds.',
      on: 'What is tried again, in place of what usually is.',
      statuses: 'Statuses, or `4xx` and `5xx`.',
      classes: 'Error classes.',
      when: 'A JSONata expression over `status`, `headers` and `body`.',
      reset_header: 'A header of the answer that says when to come again.',
    },
  },
  Stop: {
    description: 'Ends the execution.',
    fields: {
      status: 'How it ends.',
      output: 'Its output, with `{{ }}` expressions.',
      message: 'Why it failed.',
    },
  },
  Wait: {
    description: 'A pause: for a time, or until one.',
    fields: {
      seconds: 'How long, as a number or with `{{ }}` expressions.',
      until: 'A time with a zone (RFC 3339), with `{{ }}` expressions.',
    },
  },
};
