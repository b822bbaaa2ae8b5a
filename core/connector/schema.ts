import * as z from 'zod';
import { JsonObjectValue, JsonValue } from '../json/json.ts';
import { MAX_STEPS, Step } from './step-schema.ts';

export {
  ErrorRule,
  ListStyle,
  Method,
  Pagination,
  StepBody,
  StepRequest,
  StepResponse,
} from './request-schema.ts';
export {
  Assertion,
  ForEach,
  MAX_LOOP_ITEMS,
  MAX_STEP_DEPTH,
  MAX_STEPS,
  RateLimit,
  STEP_KINDS,
  Step,
  StepCache,
  type StepKind,
  StepName,
  StepRetry,
} from './step-schema.ts';

export const ContactMapping = z
  .strictObject({
    match: z.array(z.string().min(1).max(64)).min(1).max(8),
    fields: z.record(z.string().min(1).max(64), JsonValue),
  })
  .meta({ id: 'ContactMapping' });
export type ContactMapping = z.infer<typeof ContactMapping>;

/** A connector's program. `input_schema` is JSON Schema 2020-12; strings hold `{{ }}` expressions. */
export const ConnectorDefinition = z
  .strictObject({
    input_schema: JsonObjectValue.optional(),
    /** Turns texts in the input into the numbers and booleans that `input_schema` asks for, where nothing is lost. */
    coerce_input: z.boolean().optional(),
    steps: z.array(Step).min(1).max(MAX_STEPS),
    output: JsonValue.optional(),
    contact_mapping: ContactMapping.optional(),
  })
  .meta({ id: 'ConnectorDefinition' });
export type ConnectorDefinition = z.infer<typeof ConnectorDefinition>;

export const DEFINITION_FORMAT = 1;
/** The stored form: the definition with the version of its format, so that a later release can read an older one. */
export const StoredDefinition = ConnectorDefinition.extend({ format: z.literal(DEFINITION_FORMAT) });
export type StoredDefinition = z.infer<typeof StoredDefinition>;

const Name = z.string().trim().min(1).max(200);
const Description = z.string().max(2000);

export const CreateConnector = ConnectorDefinition.extend({
  name: Name,
  description: Description.default(''),
}).meta({ id: 'CreateConnector' });
export type CreateConnector = z.infer<typeof CreateConnector>;

/** Each field that is given replaces the stored one as a whole; `null` removes an optional one. */
export const UpdateConnector = z
  .strictObject({
    name: Name.optional(),
    description: Description.optional(),
    input_schema: JsonObjectValue.nullable().optional(),
    coerce_input: z.boolean().nullable().optional(),
    steps: z.array(Step).min(1).max(MAX_STEPS).optional(),
    output: JsonValue.nullable().optional(),
    contact_mapping: ContactMapping.nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'name at least one field to change')
  .meta({ id: 'UpdateConnector' });
export type UpdateConnector = z.infer<typeof UpdateConnector>;

export const ConnectorSummary = z
  .object({
    id: z.uuid(),
    name: z.string(),
    description: z.string(),
    version: z.int(),
    /** Grows with every change of the connector; a new version is one of them. */
    revision: z.int(),
    /** Where it was installed from; null when it was written by hand, or when the template is gone. */
    template_id: z.uuid().nullable(),
    template_version: z.int().nullable(),
    success_count: z.int(),
    failure_count: z.int(),
    last_executed_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'ConnectorSummary' });
export type ConnectorSummary = z.infer<typeof ConnectorSummary>;

export const Connector = ConnectorSummary.extend({
  workspace_id: z.uuid(),
  input_schema: ConnectorDefinition.shape.input_schema,
  coerce_input: ConnectorDefinition.shape.coerce_input,
  steps: ConnectorDefinition.shape.steps,
  output: ConnectorDefinition.shape.output,
  contact_mapping: ConnectorDefinition.shape.contact_mapping,
}).meta({ id: 'Connector' });
export type Connector = z.infer<typeof Connector>;

export const ConnectorStats = z
  .object({
    connector_id: z.uuid(),
    success_count: z.int(),
    failure_count: z.int(),
    success_rate: z.number().nullable(),
    last_executed_at: z.string().nullable(),
    /** Over the newest 1,000 executions at most. */
    recent: z.object({
      executions: z.int(),
      by_status: z.record(z.string(), z.int()),
      duration_ms: z.object({
        average: z.number().nullable(),
        p50: z.number().nullable(),
        p95: z.number().nullable(),
      }),
    }),
  })
  .meta({ id: 'ConnectorStats' });
export type ConnectorStats = z.infer<typeof ConnectorStats>;
