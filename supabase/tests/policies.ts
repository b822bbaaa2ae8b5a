/**
 * Who may do what with the rows of which table: the declaration that the catalog and the matrix are held against.
 * A table that is missing here fails the tests.
 *
 * A workspace role means "a member of the row's workspace with at least this role". The service role may do everything
 * with every table except where `service` says less; `anon` may do nothing, which is why neither has a column.
 */
export type Who =
  | 'nobody'
  /** Any member of the row's workspace, and so on upwards. */
  | 'viewer'
  /** No role of a member: editors, and API keys that may execute. */
  | 'executor'
  | 'editor'
  | 'admin'
  | 'owner'
  /** The user whom the row is about. */
  | 'themselves'
  /** Everybody with a session or an API key, in whatever workspace. */
  | 'signed_in'
  | 'saas_admin';

export type Command = 'select' | 'insert' | 'update' | 'delete';
export const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];

export interface TablePolicy extends Record<Command, Who> {
  /** Columns that users cannot read. */
  hidden?: readonly string[];
  /** Columns that users may name in an insert or an update. All others belong to defaults, functions and the engine. */
  insertable?: readonly string[];
  updatable?: readonly string[];
  service?: readonly Command[];
  /** What no API key may do, whatever its scope. */
  peopleOnly?: readonly Command[];
}

export const POLICIES: Readonly<Record<string, TablePolicy>> = {
  workspaces: {
    select: 'viewer',
    insert: 'signed_in',
    update: 'admin',
    delete: 'owner',
    insertable: ['id', 'name'],
    updatable: ['name', 'retention_days'],
    peopleOnly: ['insert'],
  },
  api_keys: {
    select: 'admin',
    insert: 'nobody',
    update: 'nobody',
    delete: 'nobody',
    hidden: ['secret_hash'],
  },
  idempotency_keys: { select: 'nobody', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  workspace_members: {
    select: 'viewer',
    insert: 'admin',
    update: 'admin',
    delete: 'admin',
    insertable: ['workspace_id', 'user_id', 'role'],
    updatable: ['role'],
  },
  saas_admin_users: { select: 'themselves', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  workspace_api_credentials: {
    select: 'viewer',
    insert: 'nobody',
    update: 'nobody',
    delete: 'editor',
    hidden: ['ciphertext'],
  },
  connectors: {
    select: 'viewer',
    insert: 'editor',
    update: 'editor',
    delete: 'nobody',
    insertable: ['id', 'workspace_id', 'name', 'description', 'template_id', 'template_version'],
    updatable: ['name', 'description', 'current_version', 'template_version', 'deleted_at'],
  },
  connector_versions: {
    select: 'viewer',
    insert: 'editor',
    update: 'nobody',
    delete: 'nobody',
    insertable: ['workspace_id', 'connector_id', 'version', 'definition', 'credential_services'],
  },
  connector_executions: {
    select: 'viewer',
    insert: 'executor',
    update: 'nobody',
    delete: 'nobody',
    insertable: [
      ...['id', 'workspace_id', 'connector_id', 'connector_version', 'input', 'trigger'],
      ...['options', 'replay_of'],
    ],
  },
  connector_batches: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  connector_step_runs: {
    select: 'viewer',
    insert: 'nobody',
    update: 'nobody',
    delete: 'nobody',
    hidden: ['resume_state'],
  },
  contacts: {
    select: 'viewer',
    insert: 'editor',
    update: 'editor',
    delete: 'editor',
    insertable: ['id', 'workspace_id', 'fields'],
    updatable: ['fields'],
  },
  connector_templates: {
    select: 'signed_in',
    insert: 'saas_admin',
    update: 'saas_admin',
    delete: 'saas_admin',
    insertable: [
      ...['id', 'slug', 'name', 'description', 'category', 'provider'],
      ...['status', 'is_official', 'is_featured'],
    ],
    updatable: [
      ...['name', 'description', 'category', 'provider', 'status'],
      ...['is_official', 'is_featured', 'current_version'],
    ],
  },
  template_versions: {
    select: 'signed_in',
    insert: 'saas_admin',
    update: 'nobody',
    delete: 'nobody',
    insertable: ['template_id', 'version', 'definition', 'credential_services', 'manifest', 'changes'],
  },
  template_installs: {
    select: 'viewer',
    insert: 'editor',
    update: 'nobody',
    delete: 'nobody',
    insertable: ['workspace_id', 'connector_id', 'template_id', 'template_version'],
  },
  template_ratings: {
    select: 'themselves',
    insert: 'viewer',
    update: 'themselves',
    delete: 'themselves',
    insertable: ['workspace_id', 'template_id', 'stars'],
    updatable: ['stars'],
    peopleOnly: ['insert'],
  },
  execution_rollups: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  execution_day_rollups: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  workspace_rollups: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  workspace_day_rollups: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  failure_rollups: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  platform_rollups: { select: 'saas_admin', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  connector_step_cache: { select: 'nobody', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  token_buckets: { select: 'nobody', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  circuits: { select: 'viewer', insert: 'nobody', update: 'nobody', delete: 'nobody' },
  audit_log: { select: 'admin', insert: 'nobody', update: 'nobody', delete: 'nobody', service: ['select'] },
};

/** Who may execute each function of `public`: a user's session, or the engine. Nothing there is for both, or for `anon`. */
export const FUNCTIONS: Readonly<Record<string, 'authenticated' | 'service_role'>> = {
  me: 'authenticated',
  resolve_workspace: 'authenticated',
  create_workspace: 'authenticated',
  list_workspaces: 'authenticated',
  list_members: 'authenticated',
  add_member: 'authenticated',
  change_member: 'authenticated',
  remove_member: 'authenticated',
  list_credentials: 'authenticated',
  store_credential: 'authenticated',
  check_credential: 'authenticated',
  delete_credential: 'authenticated',
  list_connectors: 'authenticated',
  get_connector: 'authenticated',
  require_connectors: 'authenticated',
  create_connector: 'authenticated',
  update_connector: 'authenticated',
  delete_connector: 'authenticated',
  connector_stats: 'authenticated',
  accept_execution: 'authenticated',
  accept_test_execution: 'authenticated',
  list_executions: 'authenticated',
  get_execution: 'authenticated',
  cancel_execution: 'authenticated',
  redrive_execution: 'authenticated',
  redrive_executions: 'authenticated',
  replay_execution: 'authenticated',
  get_execution_source: 'authenticated',
  list_dead_letters: 'authenticated',
  dead_letter_summary: 'authenticated',
  dismiss_dead_letter: 'authenticated',
  get_step_runs: 'authenticated',
  execution_events: 'authenticated',
  forget_executions: 'service_role',
  create_batch: 'authenticated',
  get_batch: 'authenticated',
  list_batches: 'authenticated',
  get_batch_items: 'authenticated',
  cancel_batch: 'authenticated',
  redrive_batch: 'authenticated',
  begin_batch_slice: 'service_role',
  renew_batch_slice: 'service_role',
  claim_batch_executions: 'service_role',
  end_batch_slice: 'service_role',
  sweep_batches: 'service_role',
  claim_execution: 'service_role',
  renew_lease: 'service_role',
  release_lease: 'service_role',
  write_step_runs: 'service_role',
  park_execution: 'service_role',
  start_child_execution: 'service_role',
  read_step_cache: 'service_role',
  write_step_cache: 'service_role',
  forget_step_cache: 'service_role',
  finish_execution: 'service_role',
  sweep_executions: 'service_role',
  increment_connector_success: 'service_role',
  increment_connector_failure: 'service_role',
  create_api_key: 'authenticated',
  list_api_keys: 'authenticated',
  revoke_api_key: 'authenticated',
  note_api_key_use: 'authenticated',
  call_idempotently: 'authenticated',
  forget_idempotency_keys: 'service_role',
  get_workspace: 'authenticated',
  update_workspace: 'authenticated',
  delete_workspace: 'authenticated',
  get_credential: 'authenticated',
  update_credential: 'authenticated',
  open_credential: 'service_role',
  record_credential_test: 'service_role',
  list_outdated_credentials: 'service_role',
  replace_ciphertexts: 'service_role',
  list_templates: 'authenticated',
  get_template: 'authenticated',
  list_template_versions: 'authenticated',
  install_template: 'authenticated',
  get_template_update: 'authenticated',
  upgrade_connector: 'authenticated',
  rate_template: 'authenticated',
  create_template: 'authenticated',
  update_template: 'authenticated',
  delete_template: 'authenticated',
  admin_stats: 'authenticated',
  admin_workspaces: 'authenticated',
  admin_recent_executions: 'authenticated',
  admin_failures: 'authenticated',
  admin_slowest_connectors: 'authenticated',
  admin_key_rotation: 'authenticated',
  admin_list_admins: 'authenticated',
  admin_add_admin: 'authenticated',
  admin_remove_admin: 'authenticated',
  list_audit_log: 'authenticated',
  admin_audit_log: 'authenticated',
  export_connectors: 'authenticated',
  import_connectors: 'authenticated',
  take_tokens: 'service_role',
  read_circuits: 'service_role',
  report_call: 'service_role',
  claim_probe: 'service_role',
  forget_guard_state: 'service_role',
  list_circuits: 'authenticated',
  close_circuit: 'authenticated',
};
