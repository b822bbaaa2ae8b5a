import * as z from 'zod';
import { ConnectorDefinition } from '../../core/connector/schema.ts';
import { Placement, ServiceName } from '../../core/credential/schema.ts';
import { JsonObjectValue, JsonValue } from '../../core/json/json.ts';
import { TemplateCategory, TemplateProvider, TemplateSlug } from '../../core/template/schema.ts';

/** A page of the provider's public documentation that a call is taken from. */
const DocumentationUrl = z.url({ protocol: /^https$/ }).max(300);

const common = {
  service_name: ServiceName,
  /** Where it may be sent. A name that each customer replaces by their own is said so in `how`. */
  allowed_hosts: z.array(z.string().min(1).max(253)).min(1).max(20),
  /** Where a customer gets it. */
  how: z.string().min(20).max(300),
};
/** What the provider calls the field that a person fills in. */
const FieldLabel = z.string().min(3).max(100);

/** A credential to store before a template can run: its type and where it goes, never a value. */
export const CredentialGuide = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('bearer'), fields: z.strictObject({ token: FieldLabel }) }),
  z.strictObject({
    ...common,
    type: z.literal('api_key'),
    fields: z.strictObject({ api_key: FieldLabel }),
    placement: Placement,
  }),
  z.strictObject({
    ...common,
    type: z.literal('basic'),
    fields: z.strictObject({ username: FieldLabel, password: FieldLabel }),
  }),
  z.strictObject({
    ...common,
    type: z.literal('custom'),
    fields: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), FieldLabel),
  }),
]);
export type CredentialGuide = z.infer<typeof CredentialGuide>;

/** An official template as it lies in `official/<slug>.json`. */
export const TemplateFile = z.strictObject({
  slug: TemplateSlug,
  name: z.string().min(1).max(200),
  description: z.string().min(20).max(600),
  category: TemplateCategory,
  /** Null where no single provider is called. */
  provider: TemplateProvider.nullable(),
  documentation: z.array(DocumentationUrl).min(1).max(10),
  credentials: z.array(CredentialGuide).max(10),
  definition: ConnectorDefinition,
  /** What is new in this definition, for people who installed an earlier one. */
  changes: z.string().max(2000).default(''),
  /** An input, and the output that it gives when the provider answers as its documentation shows. */
  example: z.strictObject({ input: JsonObjectValue, output: JsonValue }),
});
export type TemplateFile = z.infer<typeof TemplateFile>;
