import {
  DEFINITION,
  HOUR,
  NEWCOMER,
  RATED_TEMPLATE,
  RESUME_STATE,
  UNRATED_TEMPLATE,
  user,
  uuid,
  type Workspace,
} from './world.ts';

export interface SampleRow {
  /** The condition that names the row of a workspace (or of the platform) which the matrix acts upon. */
  target: (w: Workspace) => string;
  /** A row that could be inserted there, with every column a caller might try to set. */
  sample: (w: Workspace) => Record<string, unknown>;
  /** The user whom the target is about, where that decides. */
  subject?: (w: Workspace) => string;
}

const of = (w: Workspace) => `workspace_id = '${w.id}'`;
const NEW = uuid(0xf01);

/** For each table of `public` one row to read, change and delete, and one to insert. */
export const ROWS: Readonly<Record<string, SampleRow>> = {
  workspaces: {
    target: (w) => `id = '${w.id}'`,
    sample: () => ({ id: NEW, name: 'New' }),
  },
  workspace_members: {
    target: (w) => `${of(w)} and user_id = '${w.bystander}'`,
    sample: (w) => ({ workspace_id: w.id, user_id: NEWCOMER, role: 'viewer' }),
  },
  api_keys: {
    target: (w) => `id = '${w.keys.read.key}'`,
    sample: (w) => ({
      ...{ id: NEW, workspace_id: w.id, name: 'New', scope: 'read' },
      ...{ secret_hash: 'f'.repeat(64), secret_hint: 'ffff' },
    }),
  },
  idempotency_keys: {
    target: (w) => `actor_id = '${w.bystander}'`,
    sample: (w) => ({ actor_type: 'user', actor_id: w.bystander, key: 'new', fingerprint: 'f' }),
  },
  execution_rollups: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, connector_id: w.bareConnector, hour: HOUR }),
  },
  execution_day_rollups: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, connector_id: w.bareConnector, day: HOUR }),
  },
  workspace_rollups: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, hour: '2020-01-01T01:00:00Z' }),
  },
  workspace_day_rollups: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, day: '2020-01-02T00:00:00Z' }),
  },
  failure_rollups: {
    target: of,
    sample: (w) => ({
      ...{ workspace_id: w.id, connector_id: w.bareConnector, hour: HOUR },
      ...{ class: 'rejected', code: 'http_404' },
    }),
  },
  platform_rollups: {
    target: () => `hour = '${HOUR}'`,
    sample: () => ({ hour: HOUR, shard: 1 }),
  },
  saas_admin_users: {
    target: () => `user_id = '${user.saasAdmin.user}'`,
    subject: () => user.saasAdmin.user,
    sample: () => ({ user_id: NEWCOMER }),
  },
  workspace_api_credentials: {
    target: (w) => `id = '${w.credential}'`,
    sample: (w) => ({
      id: NEW,
      workspace_id: w.id,
      service_name: 'mail',
      type: 'bearer',
      allowed_hosts: ['api.example.com'],
      field_names: ['token'],
      key_id: 'k1',
      ciphertext: 'v1.k1.iv.text',
    }),
  },
  connectors: {
    target: (w) => `id = '${w.connector}'`,
    sample: (w) => ({ id: NEW, workspace_id: w.id, name: 'New', success_count: 7, failure_count: 7 }),
  },
  connector_versions: {
    target: (w) => `connector_id = '${w.connector}'`,
    sample: (w) => ({ workspace_id: w.id, connector_id: w.connector, version: 2, definition: DEFINITION }),
  },
  connector_executions: {
    target: (w) => `id = '${w.execution}'`,
    sample: (w) => ({
      ...{ id: NEW, workspace_id: w.id, connector_id: w.connector, connector_version: 1 },
      ...{ input: {}, status: 'queued', fence: 0 },
    }),
  },
  connector_step_runs: {
    target: (w) => `execution_id = '${w.execution}'`,
    sample: (w) => ({
      ...{ workspace_id: w.id, execution_id: w.execution, step_index: 1, attempt: 0, step_name: 'next' },
      ...{ fence: 1, status: 'running', resume_state: RESUME_STATE },
    }),
  },
  contacts: {
    target: (w) => `id = '${w.contact}'`,
    sample: (w) => ({ id: NEW, workspace_id: w.id, fields: { phone: '2' }, last_execution_id: w.execution }),
  },
  connector_templates: {
    target: () => `id = '${RATED_TEMPLATE}'`,
    sample: () => ({ id: NEW, slug: 'new', name: 'New', install_count: 7, rating_sum: 7 }),
  },
  template_versions: {
    target: () => `template_id = '${RATED_TEMPLATE}'`,
    sample: () => ({ template_id: RATED_TEMPLATE, version: 2, definition: DEFINITION }),
  },
  template_installs: {
    target: (w) => `connector_id = '${w.connector}'`,
    sample: (w) => ({
      ...{ workspace_id: w.id, connector_id: w.bareConnector, template_id: RATED_TEMPLATE },
      template_version: 1,
    }),
  },
  template_ratings: {
    target: (w) => `${of(w)} and user_id = '${w.rater}'`,
    subject: (w) => w.rater,
    // The service role speaks for nobody, so that it must say whom a rating is from.
    sample: (w) => ({ workspace_id: w.id, template_id: UNRATED_TEMPLATE, stars: 4, user_id: w.rater }),
  },
  connector_step_cache: {
    target: of,
    sample: (w) => ({
      ...{ workspace_id: w.id, connector_id: w.connector, step_name: 'new', key_hash: 'a'.repeat(64) },
      ...{ answer: 'v1.k1.kept', expires_at: HOUR },
    }),
  },
  token_buckets: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, key: 'new', empty_until: HOUR, turn_at: HOUR }),
  },
  connector_batches: {
    target: (w) => `id = '${w.batch}'`,
    sample: (w) => ({
      ...{ id: NEW, workspace_id: w.id, connector_id: w.connector, connector_version: 1, total: 1 },
      ...{ status: 'running', turn: 0 },
    }),
  },
  circuits: {
    target: (w) => `id = '${w.circuit}'`,
    sample: (w) => ({ id: NEW, workspace_id: w.id, credential_id: w.credential, host: 'new.example.com' }),
  },
  audit_log: {
    target: of,
    sample: (w) => ({ workspace_id: w.id, action: 'delete', entity: 'connectors', entity_id: 'x' }),
  },
};
