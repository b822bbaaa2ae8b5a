import * as z from 'zod';
import { ServiceName } from '../credential/schema.ts';
import { JsonObjectValue, JsonValue } from '../json/json.ts';

export const MAX_STEPS = 100;
const MAX_EXPRESSION_CHARS = 10_000;
const MAX_URL_CHARS = 8_000;
/** A step may wait this long for its answer; the whole execution has five minutes. */
export const MAX_STEP_TIMEOUT_MS = 120_000;
export const DEFAULT_STEP_TIMEOUT_MS = 30_000;

const Expression = z.string().min(1).max(MAX_EXPRESSION_CHARS);
const Template = z.string().max(1_048_576);

export const StepName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, starting with a letter, at most 64')
  .meta({ id: 'StepName' });

const FormFields = z.record(z.string().min(1).max(1000), JsonValue);

/** A file of a multipart body: its content as text, or base64 of bytes. */
const MultipartFile = z.strictObject({
  filename: z.string().min(1).max(1000),
  content_type: z.string().min(1).max(200).optional(),
  content: Template.optional(),
  base64: Template.optional(),
});

export const StepBody = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('json'), content: JsonValue }),
    z.strictObject({ type: z.literal('form'), content: FormFields }),
    z.strictObject({
      type: z.literal('multipart'),
      content: FormFields.optional(),
      files: z.record(z.string().min(1).max(1000), MultipartFile).optional(),
    }),
    z.strictObject({ type: z.literal('xml'), content: Template }),
    z.strictObject({
      type: z.literal('raw'),
      content: Template,
      content_type: z.string().min(1).max(200).optional(),
    }),
  ])
  .meta({ id: 'StepBody' });
export type StepBody = z.infer<typeof StepBody>;

/** RFC 9110 section 9.3, without CONNECT and TRACE, which make no sense behind an API. */
export const Method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
export type Method = z.infer<typeof Method>;

export const StepRequest = z
  .strictObject({
    method: Method.default('GET'),
    url: z.string().min(1).max(MAX_URL_CHARS),
    query: z.record(z.string().min(1).max(1000), JsonValue).optional(),
    headers: z.record(z.string().min(1).max(200), z.string().max(16_384)).optional(),
    auth: z.strictObject({ credential: ServiceName }).optional(),
    body: StepBody.optional(),
  })
  .meta({ id: 'StepRequest' });
export type StepRequest = z.infer<typeof StepRequest>;

/**
 * How often a step is sent again after a transient failure, with full-jitter exponential backoff between `base_ms` and
 * `max_ms`. A step that says nothing gets these defaults for safe methods (RFC 9110 section 9.2.1) and one attempt
 * otherwise: naming `retry` on an unsafe one is the author's word that it may be sent twice.
 */
export const StepRetry = z
  .strictObject({
    max_attempts: z.int().min(1).max(10).default(3),
    base_ms: z.int().min(0).max(60_000).default(500),
    max_ms: z.int().min(0).max(120_000).default(30_000),
  })
  .meta({ id: 'StepRetry' });
export type StepRetry = z.infer<typeof StepRetry>;

export const Step = z
  .strictObject({
    name: StepName,
    condition: Expression.optional(),
    request: StepRequest,
    response: z
      .strictObject({
        type: z.enum(['auto', 'json', 'text', 'binary']).default('auto'),
        map: z
          .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'a field name'), Expression)
          .optional(),
      })
      .optional(),
    timeout_ms: z.int().min(1).max(MAX_STEP_TIMEOUT_MS).default(DEFAULT_STEP_TIMEOUT_MS),
    retry: StepRetry.optional(),
    /** Sends an `Idempotency-Key` that stays the same over all attempts, which makes an unsafe method safe to retry. */
    idempotency_key: z.boolean().default(false),
    continue_on_error: z.boolean().default(false),
  })
  .meta({ id: 'Step' });
export type Step = z.infer<typeof Step>;

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
