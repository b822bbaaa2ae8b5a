import type { JsonObject } from '../../../../core/json/json.ts';
import { encodeTemplateCursor, encodeVersionCursor } from '../../../../core/template/cursor.ts';
import {
  CreateTemplate,
  FeatureTemplate,
  InstallTemplate,
  OfficialTemplate,
  RatedTemplate,
  RateTemplate,
  Template,
  TemplateInstall,
  TemplateSummary,
  TemplateVersion,
  UpdateTemplate,
} from '../../../../core/template/schema.ts';
import { Id } from '../../http/params.ts';
import {
  TemplateListQuery,
  TemplatePath,
  TemplateVersionQuery,
  TemplateVersionsQuery,
} from '../../routes/templates.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import {
  described,
  NO_CONTENT,
  type Operation,
  type ParameterText,
  page,
  type RequestBody,
  single,
} from '../operation.ts';
import { PAGE } from '../parameters.ts';
import { connectorExample, lookupDefinition, lookupSteps } from './connectors.ts';

const summary: JsonObject = {
  id: EXAMPLE_IDS.template,
  slug: EXAMPLE_IDS.slug,
  name: 'Phone number lookup',
  description: 'Finds the country of a phone number.',
  category: 'enrichment',
  provider: 'numverify',
  status: 'published',
  is_official: false,
  is_featured: false,
  version: 1,
  revision: 1,
  install_count: 12,
  rating_count: 3,
  rating_average: 4.67,
  created_at: EXAMPLE_TIME,
  updated_at: EXAMPLE_TIME,
};

const host = 'api.example.com';
const template: JsonObject = {
  ...summary,
  current_version: 1,
  changes: 'The first version.',
  definition: { ...lookupDefinition, steps: lookupSteps },
  manifest: {
    steps: 1,
    hosts: [{ kind: 'host', host, chosen_by: [], steps: ['lookup'] }],
    credentials: [
      {
        service_name: 'numverify',
        fields: [],
        hosts: [host],
        sent: [
          { step: 'lookup', in: 'auth', field: null, host, pointer: '/steps/0/request/auth/credential' },
        ],
      },
    ],
    data: [
      {
        step: 'lookup',
        host,
        in: 'query',
        pointer: '/steps/0/request/query/number',
        references: ['input.phone'],
      },
    ],
    writes: [],
    conditions: [],
    contact_fields: [],
  },
  credential_services: ['numverify'],
  my_rating: null,
};

const ID: ParameterText = { description: 'The template.', example: EXAMPLE_IDS.template };
const byId = described(Id, { id: ID });
const flag = (description: string): ParameterText => ({
  description,
  schema: { type: 'boolean' },
  example: true,
});

const browse = { tag: 'Templates', access: 'user', apiKeys: true } as const;
const curate = { tag: 'Templates', access: 'saas_admin', apiKeys: false } as const;
const changed = (change: JsonObject) =>
  ({
    200: {
      description: 'The template.',
      schema: single(Template),
      headers: ['ETag'],
      example: { data: { ...template, ...change, revision: 2 } },
    },
  }) satisfies Operation['responses'];
const mark = (schema: RequestBody['schema'], value: JsonObject): RequestBody => ({
  schema,
  examples: { mark: { summary: 'Set the mark', value } },
});

export const templateOperations: Operation[] = [
  {
    ...browse,
    operationId: 'listTemplates',
    method: 'get',
    path: '/api/v1/connector-templates',
    summary: 'Browse templates',
    description: 'Those that are published; SaaS admins may ask for drafts.',
    query: described(TemplateListQuery, {
      limit: PAGE.limit,
      cursor: {
        description: 'The `next_cursor` of the page before, in the same order.',
        example: encodeTemplateCursor('newest', { value: null, id: EXAMPLE_IDS.template }),
      },
      sort: {
        description: 'The order: the newest, the most installed or the best rated first.',
        example: 'rating',
      },
      search: { description: 'Words that the name or the description has.', example: 'phone' },
      category: { description: 'Only those of this category.', example: 'enrichment' },
      provider: { description: 'Only those that call this provider.', example: 'numverify' },
      official: flag('Only those that are official, or only those that are not.'),
      featured: flag('Only those that are featured, or only those that are not.'),
      status: {
        description: 'For SaaS admins: which templates. Others see what is published.',
        example: 'published',
      },
    }),
    responses: {
      200: {
        description: 'A page of templates.',
        schema: page(TemplateSummary),
        example: { data: [summary], next_cursor: null },
      },
    },
    problems: ['forbidden'],
  },
  {
    ...browse,
    operationId: 'getTemplate',
    method: 'get',
    path: '/api/v1/connector-templates/{id}',
    summary: 'Read a template',
    description:
      'With its program and its trust manifest: hosts that are called, credentials, data and writes.',
    params: described(TemplatePath, { id: { ...ID, description: 'The template, by its id or its slug.' } }),
    query: described(TemplateVersionQuery, {
      version: {
        description: 'The version; the newest unless it is named.',
        schema: { type: 'integer', minimum: 1, maximum: 999_999_999 },
        example: 1,
      },
    }),
    responses: {
      200: {
        description: 'The template.',
        schema: single(Template),
        headers: ['ETag'],
        example: { data: template },
      },
    },
    problems: ['template_not_found'],
  },
  {
    ...browse,
    operationId: 'listTemplateVersions',
    method: 'get',
    path: '/api/v1/connector-templates/{id}/versions',
    summary: "List a template's versions",
    description: 'The newest first.',
    params: byId,
    query: described(TemplateVersionsQuery, {
      limit: PAGE.limit,
      cursor: { ...PAGE.cursor, example: encodeVersionCursor(2) },
    }),
    responses: {
      200: {
        description: 'A page of versions.',
        schema: page(TemplateVersion),
        example: {
          data: [{ version: 1, changes: 'The first version.', created_at: EXAMPLE_TIME }],
          next_cursor: null,
        },
      },
    },
    problems: ['template_not_found'],
  },
  {
    tag: 'Templates',
    access: 'editor',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    operationId: 'installTemplate',
    method: 'post',
    path: '/api/v1/connector-templates/{id}/install',
    summary: 'Install a template',
    description:
      'Makes a connector of the workspace that remembers the template and its version. The answer says which credentials it needs and which are stored.',
    params: byId,
    body: {
      schema: InstallTemplate,
      examples: {
        newest: { summary: 'The newest version', value: {} },
        named: { summary: 'A version under another name', value: { name: 'Look up leads', version: 1 } },
        no_such_version: { summary: 'A version that does not exist', value: { version: 99 }, answers: 404 },
      },
    },
    responses: {
      201: {
        description: 'The new connector, and what it needs.',
        schema: single(TemplateInstall),
        headers: ['Location'],
        example: {
          data: {
            connector: { ...connectorExample, template_id: EXAMPLE_IDS.template, template_version: 1 },
            credentials: [{ service_name: 'numverify', exists: true }],
          },
        },
      },
    },
    problems: ['template_not_found'],
  },
  {
    tag: 'Templates',
    access: 'viewer',
    apiKeys: false,
    headers: ['X-Workspace-Id'],
    operationId: 'rateTemplate',
    method: 'post',
    path: '/api/v1/connector-templates/{id}/rate',
    summary: 'Rate a template',
    description:
      'For members of workspaces that installed it. Each user has one rating; a later one replaces it.',
    params: described(Id, { id: { ...ID, example: EXAMPLE_IDS.installedTemplate } }),
    body: {
      schema: RateTemplate,
      examples: { good: { summary: 'Five stars', value: { stars: 5 } } },
    },
    responses: {
      200: {
        description: 'The template with its new average.',
        schema: single(RatedTemplate),
        example: { data: { ...summary, rating_count: 4, rating_average: 4.75, my_rating: 5 } },
      },
    },
    problems: ['template_not_found', 'forbidden'],
  },
  {
    ...curate,
    operationId: 'createTemplate',
    method: 'post',
    path: '/api/v1/connector-templates',
    summary: 'Create a template',
    description:
      'A draft, from a definition or from a connector of the workspace. A template that carries a secret is refused.',
    headers: ['X-Workspace-Id'],
    body: {
      schema: CreateTemplate,
      examples: {
        definition: {
          summary: 'From a definition',
          value: {
            name: 'Phone number lookup',
            slug: EXAMPLE_IDS.slug,
            description: 'Finds the country of a phone number.',
            category: 'enrichment',
            provider: 'numverify',
            changes: 'The first version.',
            definition: lookupDefinition,
          },
        },
        nothing: { summary: 'From nothing', value: { name: 'Empty' }, answers: 422 },
      },
    },
    responses: {
      201: {
        description: 'The draft.',
        schema: single(Template),
        headers: ['Location', 'ETag'],
        example: { data: { ...template, status: 'draft', install_count: 0 } },
      },
    },
    problems: [
      'template_holds_secret',
      'conflict',
      'connector_not_found',
      'workspace_not_found',
      'workspace_required',
    ],
  },
  {
    ...curate,
    operationId: 'updateTemplate',
    method: 'patch',
    path: '/api/v1/connector-templates/{id}',
    summary: 'Change a template',
    description: 'Another definition becomes a new version, which those who installed it can upgrade to.',
    headers: ['If-Match'],
    params: byId,
    body: {
      schema: UpdateTemplate,
      examples: {
        text: { summary: 'Another description', value: { description: 'Finds the country of a number.' } },
        definition: {
          summary: 'A new version',
          value: {
            definition: { ...lookupDefinition, output: { found: '{{steps.lookup.country}}' } },
            changes: 'The output has another name.',
          },
        },
      },
    },
    responses: changed({ description: 'Finds the country of a number.' }),
    problems: ['template_not_found', 'template_holds_secret', 'version_conflict'],
  },
  {
    ...curate,
    operationId: 'deleteTemplate',
    method: 'delete',
    path: '/api/v1/connector-templates/{id}',
    summary: 'Delete a template',
    description: 'Connectors that were installed from it stay.',
    params: byId,
    responses: { 204: NO_CONTENT },
    problems: ['template_not_found'],
  },
  {
    ...curate,
    operationId: 'publishTemplate',
    method: 'post',
    path: '/api/v1/connector-templates/{id}/publish',
    summary: 'Publish a template',
    description: 'Everybody sees it from then on.',
    headers: ['If-Match'],
    params: byId,
    responses: changed({}),
    problems: ['template_not_found', 'template_holds_secret', 'validation_failed', 'version_conflict'],
  },
  {
    ...curate,
    operationId: 'unpublishTemplate',
    method: 'post',
    path: '/api/v1/connector-templates/{id}/unpublish',
    summary: 'Unpublish a template',
    description: 'It is a draft again; connectors that were installed from it stay.',
    headers: ['If-Match'],
    params: byId,
    responses: changed({ status: 'draft' }),
    problems: ['template_not_found', 'version_conflict'],
  },
  {
    ...curate,
    operationId: 'featureTemplate',
    method: 'patch',
    path: '/api/v1/admin/templates/{id}/feature',
    summary: 'Feature a template',
    description: 'Or take the mark away.',
    headers: ['If-Match'],
    params: byId,
    body: mark(FeatureTemplate, { featured: true }),
    responses: changed({ is_featured: true }),
    problems: ['template_not_found', 'version_conflict'],
  },
  {
    ...curate,
    operationId: 'markTemplateOfficial',
    method: 'patch',
    path: '/api/v1/admin/templates/{id}/official',
    summary: 'Mark a template as official',
    description: 'Or take the mark away.',
    headers: ['If-Match'],
    params: byId,
    body: mark(OfficialTemplate, { official: true }),
    responses: changed({ is_official: true }),
    problems: ['template_not_found', 'version_conflict'],
  },
];
