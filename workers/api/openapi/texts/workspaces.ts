import type { ComponentText } from '../descriptions.ts';

const API_KEY = {
  scope: 'What the key may do.',
  secret_hint: 'The last four characters of the key, to tell keys apart.',
  created_by: 'The user who made it; null when they are gone.',
  expires_at: 'When it ends; null if never.',
  revoked_at: 'When it was revoked; null if it was not.',
};
const TRANSFER = {
  format: 'The version of the format.',
  exported_at: 'When it was exported.',
  connectors: 'The connectors.',
};

/** What components are. */
export const WORKSPACES_TEXTS: Readonly<Record<string, ComponentText>> = {
  AddMember: {
    description: 'A user to take into a workspace.',
  },
  ChangeMember: {
    description: 'Another role for a member.',
  },
  CreateWorkspace: {
    description: 'A new workspace; the caller becomes its owner.',
  },
  Me: {
    description: 'The caller.',
    fields: {
      id: 'The user, or the API key.',
      email: 'The address in the token; null when it has none.',
      is_saas_admin: 'Whether the caller operates the platform.',
      workspaces: 'The workspaces that the caller belongs to, newest first.',
      api_key: 'The key that calls; null when a user does.',
      scope: 'What the key may do.',
    },
  },
  Member: {
    description: 'A user who belongs to a workspace.',
    fields: {
      created_at: 'When they joined.',
    },
  },
  Role: {
    description: 'From most to least: `owner`, `admin`, `editor`, `viewer`.',
  },
  Workspace: {
    description: 'A workspace, as the caller sees it.',
    fields: {
      role: "The caller's role in it; null for an API key.",
      retention_days: 'How many days executions are kept after they have ended; null is for ever.',
    },
  },
  UpdateWorkspace: {
    description: 'What is to change.',
    fields: { retention_days: 'How many days executions are kept after they have ended; null is for ever.' },
    schema: { minProperties: 1 },
  },
  WorkspaceSummary: {
    description: 'A workspace, as the caller sees it.',
    fields: { role: "The caller's role in it; null for an API key." },
  },
  ApiKeyScope: {
    description: 'What a key may do, each including those before: `read`, `execute`, `write`, `admin`.',
  },
  ApiKey: { description: 'A key for servers, without its secret.', fields: API_KEY },
  CreateApiKey: {
    description: 'A new key for servers.',
    fields: {
      scope: 'What the key may do.',
      expires_at: 'When it ends, in the future; it works until it is revoked unless this is named.',
    },
  },
  CreatedApiKey: {
    description: 'A key as it is shown once.',
    fields: { ...API_KEY, key: 'The key itself, for `Authorization: Bearer`. Nobody can read it again.' },
  },
  AuditEntry: {
    description: 'One write. Secrets, ciphertext and hashes are never in it.',
    fields: {
      id: 'Grows with every write.',
      actor_type: 'A user, an API key, or the service itself.',
      actor_id: 'The user or the API key; null for the service.',
      action: 'What was done to the row.',
      entity: 'The table: `connectors`, `workspace_members` and so on.',
      entity_id: 'The object.',
      before: 'The row before; null for an insert.',
      after: 'The row after; null for a delete.',
    },
  },
  Health: { description: 'The API is alive.', fields: { status: 'Always `ok`.' } },
  Readiness: {
    description: 'The API is ready.',
    fields: {
      status: 'Always `ready`.',
      checks: 'What answers.',
      database: 'The database answers.',
      trigger: 'The task runtime answers.',
    },
  },
  ExportDocument: {
    description: "A workspace's connectors, without ids, history and counters. No secret is in it.",
    fields: TRANSFER,
  },
  ImportDocument: {
    description: 'An exported document, or one written by hand.',
    fields: { ...TRANSFER, exported_at: 'Not used.', next_cursor: 'Not used.' },
  },
  ImportReport: {
    description: 'What an import stored.',
    fields: {
      connectors: 'In the order of the document.',
      credentials: 'What the connectors need.',
      exists: 'Whether it is stored; if not, store it before the connectors can run.',
    },
  },
};
