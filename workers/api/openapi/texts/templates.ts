import type { ComponentText } from '../descriptions.ts';

const TEMPLATE = {
  slug: 'Names it in addresses.',
  category: 'What it is about.',
  provider: "Whose API it calls; null when it is nobody's in particular.",
  status: 'Whether it is published.',
  is_official: 'Whether the operators of the platform answer for it.',
  is_featured: 'Whether it is shown first.',
  version: 'Grows with every change of the definition.',
  install_count: 'How often it was installed.',
  rating_count: 'How many users rated it.',
  rating_average: 'The mean rating, 1 to 5; null before the first.',
};

/** What components are. */
export const TEMPLATES_TEXTS: Readonly<Record<string, ComponentText>> = {
  TemplateSlug: { description: 'Names a template in addresses: lower-case letters, digits and `-`.' },
  TemplateCategory: { description: 'What a template is about, in one word.' },
  TemplateProvider: { description: 'Whose API a template calls, in one word.' },
  TemplateStatus: { description: '`draft` is seen by SaaS admins only.' },
  ManifestHost: {
    description: 'A host that steps call.',
    fields: {
      kind: '`host` is fixed; of a `pattern` the domain is fixed; `credential` is the base URL that a credential has; `any` is decided when the connector runs.',
      host: 'The host, or the text in its place.',
      chosen_by: 'What the expressions in it read, and what that was made from.',
      steps: 'The steps that call it.',
    },
  },
  ManifestPlace: { description: 'Where in a request something travels.' },
  ManifestCredential: {
    description: 'A credential that is used, and where it is sent.',
    fields: {
      fields: 'The fields that the definition names; `auth` uses those of the type.',
      hosts: 'The hosts that it is sent to.',
      sent: 'Every place that it is sent in.',
      step: 'The step.',
      in: 'Where in the request.',
      field: 'The field; null for `auth`.',
      host: 'The host.',
      pointer: 'A JSON pointer into the definition.',
    },
  },
  ManifestData: {
    description: 'Values that go to a host.',
    fields: {
      step: 'The step.',
      host: 'The host.',
      in: 'Where in the request.',
      pointer: 'A JSON pointer into the definition.',
      references: 'What is read there.',
    },
  },
  Manifest: {
    description:
      'What a definition can do, computed from its text: for whoever decides whether to install it. A redirect of a service is not listed, and no credential follows it.',
    fields: {
      steps: 'How many steps there are, those inside of others too.',
      hosts: 'The hosts that are called.',
      credentials: 'The credentials that are used.',
      data: 'Which values go where.',
      writes: 'Requests that may change something at the service.',
      step: 'The step.',
      method: 'The HTTP method.',
      host: 'The host.',
      conditions: 'Steps that may be skipped, and cases of a switch.',
      condition: 'The JSONata expression.',
      contact_fields: "Fields of the workspace's contacts that are written.",
    },
  },
  TemplateSummary: { description: 'A template without its definition.', fields: TEMPLATE },
  Template: {
    description: 'One version of a template; the newest unless another is asked for.',
    fields: {
      ...TEMPLATE,
      current_version: 'The newest version.',
      changes: "What is new in this version, in the author's words.",
      definition: 'The program.',
      manifest: 'What the program can do.',
      credential_services: 'The credentials that it needs.',
      my_rating: "The caller's rating, 1 to 5; null if they gave none.",
    },
  },
  TemplateVersion: {
    description: 'One version of a template.',
    fields: { version: 'Its number.', changes: "What is new in it, in the author's words." },
  },
  ConnectorDefinition: {
    description: 'A program. Strings hold `{{ }}` expressions in JSONata.',
    fields: {
      input_schema: 'JSON Schema (2020-12) that inputs must satisfy; any object will do without one.',
      steps: 'What to do, in order. Step names are unique.',
      output: 'What an execution answers: any JSON with `{{ }}` expressions.',
      contact_mapping: 'How responses become a contact.',
    },
  },
  CreateTemplate: {
    description: 'A draft, from `definition` or from a connector of the workspace.',
    fields: {
      ...TEMPLATE,
      name: "For people; the connector's unless it is named.",
      slug: 'Names it in addresses; made of the name unless it is named.',
      changes: 'What is new in this version.',
      definition: 'The program. Give either this or `from_connector_id`.',
      from_connector_id: 'A connector whose program to take.',
    },
  },
  UpdateTemplate: {
    description: 'Fields to change. Another definition becomes a new version.',
    schema: { minProperties: 1 },
    fields: { ...TEMPLATE, changes: 'What is new in the definition.', definition: 'The program.' },
  },
  InstallTemplate: {
    description: 'How to install a template.',
    fields: {
      name: "The connector's name; the template's unless it is named.",
      version: 'The version; the newest unless it is named.',
    },
  },
  CredentialNeed: {
    description: 'A credential that a definition needs.',
    fields: { exists: 'Whether the workspace has stored one.' },
  },
  TemplateInstall: {
    description: 'What an installation made.',
    fields: { connector: 'The new connector.', credentials: 'What it needs.' },
  },
  RateTemplate: { description: 'A rating.', fields: { stars: 'From 1 to 5.' } },
  RatedTemplate: {
    description: "A template with the caller's rating.",
    fields: { ...TEMPLATE, my_rating: "The caller's rating, 1 to 5." },
  },
  FeatureTemplate: { description: 'A mark.', fields: { featured: 'Whether it is featured.' } },
  OfficialTemplate: { description: 'A mark.', fields: { official: 'Whether it is official.' } },
  DefinitionChange: {
    description: 'One difference between two definitions.',
    fields: {
      kind: 'What happened there.',
      pointer: 'A JSON pointer into the newer definition; for what was removed, into the older one.',
      label: 'The place, in words.',
      before: 'The value before, if there was one.',
      after: 'The value after, if there is one.',
    },
  },
  MergeConflict: {
    description: 'A place that both the workspace and the template changed, each in another way.',
    fields: {
      pointer:
        "A JSON pointer into the workspace's definition; for what it does not have, into the template's.",
      label: 'The place, in words.',
      detail: 'Why the two do not go together.',
      base: 'What was installed.',
      mine: 'What the workspace has.',
      template: 'What the newest version has.',
    },
  },
  TemplateUpdate: {
    description: 'What an upgrade of a connector would do.',
    fields: {
      update_available: 'Whether there is a newer version.',
      from_version: 'The version that is installed.',
      to_version: 'The newest version.',
      changes: "What is new in it, in the author's words.",
      diff: 'From the installed version to the newest.',
      own_changes: 'What the workspace changed since; an upgrade keeps it.',
      conflicts: 'What both changed.',
      credentials: 'What the newest version needs.',
    },
  },
  UpgradeConnector: {
    description: 'How to upgrade.',
    fields: { resolve: 'Which side wins where both changed the same; without it such a conflict is 409.' },
  },
};
