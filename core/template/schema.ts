import * as z from 'zod';
import { Connector, ConnectorDefinition, Method, StepName } from '../connector/schema.ts';
import { ServiceName } from '../credential/schema.ts';
import { JsonValue } from '../json/json.ts';

const UUID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A template's name in addresses. Never the shape of an id, since either names a template. */
export const TemplateSlug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and -, at most 64')
  .refine((slug) => !UUID_SHAPE.test(slug), 'must not look like an id')
  .meta({ id: 'TemplateSlug', examples: ['numverify-phone-validation'] });

/** What a template is about, and whose API it calls: one word each, so that lists can be narrowed by them. */
const Word = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'lower-case letters, digits, - and _, at most 64');
export const TemplateCategory = Word.meta({ id: 'TemplateCategory', examples: ['enrichment'] });
export const TemplateProvider = Word.meta({ id: 'TemplateProvider', examples: ['numverify'] });
export const TemplateStatus = z.enum(['draft', 'published']).meta({ id: 'TemplateStatus' });

/**
 * Where a step calls. `host`: a fixed one. `pattern`: part of the name is made by expressions, but the domain at its end
 * is fixed. `credential`: the base URL that the workspace stores with its credential. `any`: whoever starts the connector,
 * or a service that it called before, decides; a list whose next page has an address of its own is one of these as well.
 */
export const ManifestHost = z
  .object({
    kind: z.enum(['host', 'pattern', 'credential', 'any']),
    /** The host, or the text in its place: `{{input.region}}.example.com`. With its port, if that is not the usual. */
    host: z.string(),
    /** What the expressions in it read, and what that was made from: `steps.pick.region`, `input.region`. */
    chosen_by: z.array(z.string()),
    steps: z.array(StepName),
  })
  .meta({ id: 'ManifestHost' });
export type ManifestHost = z.infer<typeof ManifestHost>;

/** Where in a request something travels. */
export const ManifestPlace = z.enum(['url', 'query', 'header', 'body']).meta({ id: 'ManifestPlace' });
export type ManifestPlace = z.infer<typeof ManifestPlace>;

export const ManifestCredential = z
  .object({
    service_name: ServiceName,
    /** The fields that the definition names. `auth` uses those that the credential's type calls for. */
    fields: z.array(z.string()),
    hosts: z.array(z.string()),
    sent: z.array(
      z.object({
        step: StepName,
        in: z.enum([...ManifestPlace.options, 'auth']),
        field: z.string().nullable(),
        host: z.string(),
        pointer: z.string(),
      }),
    ),
  })
  .meta({ id: 'ManifestCredential' });
export type ManifestCredential = z.infer<typeof ManifestCredential>;

/** Which values go to which host, by which part of which request. */
export const ManifestData = z
  .object({
    step: StepName,
    host: z.string(),
    in: ManifestPlace,
    /** JSON pointer (RFC 6901) into the definition. */
    pointer: z.string(),
    /** What is read there, and what a step's field or a loop's item was made from: `steps.lookup.number`, `input.phone`. */
    references: z.array(z.string()),
  })
  .meta({ id: 'ManifestData' });
export type ManifestData = z.infer<typeof ManifestData>;

/**
 * What a definition can do, read from its text: for whoever decides whether to install it. A service that is called may
 * answer with a redirect; where to is the service's to say and not listed, and no credential goes along.
 */
export const Manifest = z
  .object({
    /** All of them, those inside of others as well. */
    steps: z.int(),
    hosts: z.array(ManifestHost),
    credentials: z.array(ManifestCredential),
    data: z.array(ManifestData),
    /** Requests that may change something at the service (RFC 9110 section 9.2.1: methods that are not safe). */
    writes: z.array(z.object({ step: StepName, method: Method, host: z.string() })),
    /** Of steps, and of the cases of a switch. */
    conditions: z.array(z.object({ step: StepName, condition: z.string() })),
    /** Fields of the workspace's contacts that are written. */
    contact_fields: z.array(z.string()),
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

export const TemplateSummary = z
  .object({
    id: z.uuid(),
    slug: TemplateSlug,
    name: z.string(),
    description: z.string(),
    category: TemplateCategory,
    provider: TemplateProvider.nullable(),
    status: TemplateStatus,
    is_official: z.boolean(),
    is_featured: z.boolean(),
    version: z.int(),
    revision: z.int(),
    install_count: z.int(),
    rating_count: z.int(),
    rating_average: z.number().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'TemplateSummary' });
export type TemplateSummary = z.infer<typeof TemplateSummary>;

const Stars = z.int().min(1).max(5);

/** One version of a template; the newest, unless another is asked for. */
export const Template = TemplateSummary.extend({
  current_version: z.int(),
  /** What is new in this version, in the author's words. */
  changes: z.string(),
  definition: ConnectorDefinition,
  manifest: Manifest,
  credential_services: z.array(ServiceName),
  my_rating: Stars.nullable(),
}).meta({ id: 'Template' });
export type Template = z.infer<typeof Template>;

export const TemplateVersion = z
  .object({ version: z.int(), changes: z.string(), created_at: z.string() })
  .meta({ id: 'TemplateVersion' });
export type TemplateVersion = z.infer<typeof TemplateVersion>;

const Name = z.string().trim().min(1).max(200);
const Description = z.string().max(2000);
const Changes = z.string().max(2000);

/** A draft, from a definition or from a connector of the workspace; name and description default to the connector's. */
export const CreateTemplate = z
  .strictObject({
    name: Name.optional(),
    slug: TemplateSlug.optional(),
    description: Description.optional(),
    category: TemplateCategory.default('other'),
    provider: TemplateProvider.nullable().default(null),
    changes: Changes.default(''),
    definition: ConnectorDefinition.optional(),
    from_connector_id: z.uuid().optional(),
  })
  .refine(
    ({ definition, from_connector_id }) => (definition === undefined) !== (from_connector_id === undefined),
    { path: ['definition'], error: 'give either definition or from_connector_id' },
  )
  .refine(({ name, definition }) => name !== undefined || definition === undefined, {
    path: ['name'],
    error: 'is required',
  })
  .meta({ id: 'CreateTemplate' });
export type CreateTemplate = z.infer<typeof CreateTemplate>;

/** A definition that differs from the newest one becomes a new version, which `changes` describes. */
export const UpdateTemplate = z
  .strictObject({
    name: Name.optional(),
    description: Description.optional(),
    category: TemplateCategory.optional(),
    provider: TemplateProvider.nullable().optional(),
    definition: ConnectorDefinition.optional(),
    changes: Changes.optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'name at least one field to change')
  .refine(({ changes, definition }) => changes === undefined || definition !== undefined, {
    path: ['changes'],
    error: 'describes a new definition, and none is given',
  })
  .meta({ id: 'UpdateTemplate' });
export type UpdateTemplate = z.infer<typeof UpdateTemplate>;

export const InstallTemplate = z
  .strictObject({ name: Name.optional(), version: z.int().min(1).max(2_147_483_647).optional() })
  .meta({ id: 'InstallTemplate' });
export type InstallTemplate = z.infer<typeof InstallTemplate>;

/** A credential that a definition needs, and whether the workspace has stored one. */
export const CredentialNeed = z
  .object({ service_name: ServiceName, exists: z.boolean() })
  .meta({ id: 'CredentialNeed' });
export type CredentialNeed = z.infer<typeof CredentialNeed>;

export const TemplateInstall = z
  .object({ connector: Connector, credentials: z.array(CredentialNeed) })
  .meta({ id: 'TemplateInstall' });
export type TemplateInstall = z.infer<typeof TemplateInstall>;

export const RateTemplate = z.strictObject({ stars: Stars }).meta({ id: 'RateTemplate' });
export type RateTemplate = z.infer<typeof RateTemplate>;

export const RatedTemplate = TemplateSummary.extend({ my_rating: Stars }).meta({ id: 'RatedTemplate' });
export type RatedTemplate = z.infer<typeof RatedTemplate>;

export const FeatureTemplate = z.strictObject({ featured: z.boolean() }).meta({ id: 'FeatureTemplate' });
export const OfficialTemplate = z.strictObject({ official: z.boolean() }).meta({ id: 'OfficialTemplate' });

/** One difference between two definitions, in words and as a place. */
export const DefinitionChange = z
  .object({
    kind: z.enum(['added', 'removed', 'changed']),
    /** Into the newer definition; for what was removed, into the older one. */
    pointer: z.string(),
    label: z.string().meta({ examples: ['step lookup: url'] }),
    before: JsonValue.optional(),
    after: JsonValue.optional(),
  })
  .meta({ id: 'DefinitionChange' });
export type DefinitionChange = z.infer<typeof DefinitionChange>;

/** A place that both the workspace and the template changed, each in another way. A value that is missing is absent. */
export const MergeConflict = z
  .object({
    /** Into the workspace's definition; for what it does not have, into the template's. */
    pointer: z.string(),
    label: z.string(),
    /** Why the two do not go together. */
    detail: z.string(),
    base: JsonValue.optional(),
    mine: JsonValue.optional(),
    template: JsonValue.optional(),
  })
  .meta({ id: 'MergeConflict' });
export type MergeConflict = z.infer<typeof MergeConflict>;

export const TemplateUpdate = z
  .object({
    template_id: z.uuid(),
    update_available: z.boolean(),
    from_version: z.int(),
    to_version: z.int(),
    /** What is new in the newest version, in the author's words. */
    changes: z.string(),
    /** From the installed version of the template to its newest. */
    diff: z.array(DefinitionChange),
    /** What the workspace changed since it installed the template; an upgrade keeps it. */
    own_changes: z.array(DefinitionChange),
    conflicts: z.array(MergeConflict),
    credentials: z.array(CredentialNeed),
  })
  .meta({ id: 'TemplateUpdate' });
export type TemplateUpdate = z.infer<typeof TemplateUpdate>;

/** Which side wins where both changed the same; without it such a conflict is an error. */
export const UpgradeConnector = z
  .strictObject({ resolve: z.enum(['mine', 'template']).optional() })
  .meta({ id: 'UpgradeConnector' });
export type UpgradeConnector = z.infer<typeof UpgradeConnector>;
