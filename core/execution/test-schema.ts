import * as z from 'zod';
import { ConnectorDefinition, StepName } from '../connector/schema.ts';
import { JsonObjectValue } from '../json/json.ts';
import { Mock, TestMode } from './test-options.ts';

/** How a connector is tried out. */
export const TestConnector = z
  .strictObject({
    input: JsonObjectValue.default({}),
    /** `dry_run` renders every request and sends none; `live` sends them. */
    mode: TestMode.default('dry_run'),
    /** In place of the stored one: what is being written. */
    definition: ConnectorDefinition.optional(),
    /** The run ends after this step. */
    until: StepName.optional(),
    /** Only this step runs. */
    only: StepName.optional(),
    /** What `steps.<name>` is for steps that do not run. */
    steps: z.record(StepName, JsonObjectValue).default({}),
    /** What answers in place of services, by step. */
    mocks: z.record(StepName, Mock).default({}),
    /** An execution of this connector whose answers stand in where no mock does. */
    pinned_execution_id: z.uuid().optional(),
  })
  .meta({
    id: 'TestConnector',
    example: {
      input: { phone: '+49 30 1234567' },
      mode: 'live',
      until: 'lookup',
      mocks: { lookup: { status: 200, headers: {}, body: { valid: true, country_code: 'DE' } } },
    },
  });
export type TestConnector = z.infer<typeof TestConnector>;
