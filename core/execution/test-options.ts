import * as z from 'zod';
import { StepName } from '../connector/schema.ts';
import { JsonObjectValue, JsonValue } from '../json/json.ts';
import { ErrorClass } from './schema.ts';

/** What stands in for a service in a test run: an answer, or a failure to get one. */
export const Mock = z
  .union([
    z.strictObject({
      status: z.int().min(100).max(599).default(200),
      headers: z.record(z.string(), z.string()).default({}),
      /** The body as a step sees it after it was read: JSON as its value, text as a string. */
      body: JsonValue.default(null),
    }),
    z.strictObject({
      error: z.strictObject({
        class: ErrorClass,
        code: z.string().min(1).max(100).default('mocked'),
        message: z.string().max(1_000).default('This failure is a mock.'),
        transient: z.boolean().default(false),
      }),
    }),
  ])
  .meta({ id: 'Mock' });
export type Mock = z.infer<typeof Mock>;

export const TestMode = z.enum(['live', 'dry_run']);

/** How a test run differs from an execution, as it is stored with it. */
export const TestOptions = z.object({
  /** `dry_run` renders every request and sends none; what fails is shown, and the next step goes on. */
  mode: TestMode,
  /** The run ends after this step. */
  until: StepName.optional(),
  /** Only this step runs; the others are as `steps` says. */
  only: StepName.optional(),
  /** What `steps.<name>` is for steps that do not run. */
  steps: z.record(StepName, JsonObjectValue).default({}),
  mocks: z.record(StepName, Mock).default({}),
  /** Answers of an earlier execution, by step. */
  pinned: z.record(StepName, Mock).default({}),
});
export type TestOptions = z.infer<typeof TestOptions>;

/** What a test says of a step; not what every object has under the name of one, such as `constructor`. */
export function ownValue<T>(byStep: Readonly<Record<string, T>> | undefined, step: string): T | undefined {
  return byStep && Object.hasOwn(byStep, step) ? byStep[step] : undefined;
}
