import type { Actor, TestDatabase } from './harness.ts';

/** A UUID that reads well in a failure: version 7 in form, the given number in value. */
export function uuid(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

const PEOPLE = {
  owner: uuid(0x11),
  admin: uuid(0x12),
  editor: uuid(0x13),
  viewer: uuid(0x14),
  /** Was an admin of home once. */
  removed: uuid(0x15),
  /** Owns the other workspace. */
  outsider: uuid(0x16),
  /** Operates the platform and belongs to no workspace. */
  saasAdmin: uuid(0x17),
} as const;
/** Editors who are the rows of workspace_members that others act upon. */
const BYSTANDERS = { home: uuid(0x21), other: uuid(0x22) } as const;
export const OTHER_SAAS_ADMIN = uuid(0x23);
/** Has an account and no membership. */
export const NEWCOMER = uuid(0x24);

export const user: Readonly<Record<keyof typeof PEOPLE, { user: string }>> = {
  owner: { user: PEOPLE.owner },
  admin: { user: PEOPLE.admin },
  editor: { user: PEOPLE.editor },
  viewer: { user: PEOPLE.viewer },
  removed: { user: PEOPLE.removed },
  outsider: { user: PEOPLE.outsider },
  saasAdmin: { user: PEOPLE.saasAdmin },
};
const SCOPES = ['read', 'execute', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** One API key of each scope, by id and hash of its secret. */
function keysOf(base: number): Record<Scope, { key: string; hash: string }> {
  const key = (number: number) => ({ key: uuid(number), hash: number.toString(16).padStart(64, '0') });
  return { read: key(base), execute: key(base + 1), write: key(base + 2), admin: key(base + 3) };
}

function workspace(bystander: string, rater: string, base: number) {
  return {
    id: uuid(base),
    keys: keysOf(base + 0x10),
    bystander,
    rater,
    credential: uuid(base + 1),
    /** Installed from the rated template. */
    connector: uuid(base + 2),
    /** Installed from a template nobody rated yet. */
    secondConnector: uuid(base + 3),
    /** Installed from nothing. */
    bareConnector: uuid(base + 4),
    execution: uuid(base + 5),
    contact: uuid(base + 6),
    /** Of calls without a credential; open. */
    circuit: uuid(base + 7),
    /** Of one item that is not there any more. */
    batch: uuid(base + 8),
  };
}
export type Workspace = ReturnType<typeof workspace>;
export const home = workspace(BYSTANDERS.home, PEOPLE.editor, 0xa00);
export const other = workspace(BYSTANDERS.other, BYSTANDERS.other, 0xb00);

/** The second kind of each name is a key of home with that scope. */
export const ACTORS: Readonly<Record<string, Actor>> = {
  anon: 'anon',
  ...user,
  ...Object.fromEntries(SCOPES.map((scope) => [`${scope} key`, home.keys[scope]])),
  service_role: 'service_role',
};

/** The hour of the figures that both workspaces start with. */
export const HOUR = '2020-01-01T00:00:00Z';

export const RATED_TEMPLATE = uuid(0xc01);
export const UNRATED_TEMPLATE = uuid(0xc02);
export const DRAFT_TEMPLATE = uuid(0xc03);
export const CIPHERTEXT = 'v1.k1.canary-iv.canary-ciphertext';
export const RESUME_STATE = 'v1.k1.canary-iv.canary-resume-state';
export const DEFINITION = { format: 1, steps: [] };

/** Two workspaces with one row in each table, and the platform's templates. */
export async function createWorld(db: TestDatabase): Promise<void> {
  const people = [...Object.values(PEOPLE), ...Object.values(BYSTANDERS), OTHER_SAAS_ADMIN, NEWCOMER];
  await db.query('insert into auth.users (id) select unnest($1::uuid[])', [people]);
  await db.query('insert into public.saas_admin_users (user_id) select unnest($1::uuid[])', [
    [PEOPLE.saasAdmin, OTHER_SAAS_ADMIN],
  ]);
  const templates = [RATED_TEMPLATE, UNRATED_TEMPLATE, DRAFT_TEMPLATE];
  await db.query(
    `insert into public.connector_templates (id, slug, name, status)
     select t, 't' || n, 'Template', case when t = $2 then 'draft' else 'published' end
     from unnest($1::uuid[]) with ordinality as x (t, n)`,
    [templates, DRAFT_TEMPLATE],
  );
  await db.query(
    'insert into public.template_versions (template_id, version, definition) select unnest($1::uuid[]), 1, $2',
    [templates, DEFINITION],
  );
  await db.query('insert into public.platform_rollups (hour, shard, succeeded) values ($1, 0, 2)', [HOUR]);
  await createWorkspace(db, home, PEOPLE.owner);
  await createWorkspace(db, other, PEOPLE.outsider);
  await db.query(
    `insert into public.workspace_members (workspace_id, user_id, role)
     values ($1, $2, 'admin'), ($1, $3, 'editor'), ($1, $4, 'viewer'), ($1, $5, 'admin')`,
    [home.id, PEOPLE.admin, PEOPLE.editor, PEOPLE.viewer, PEOPLE.removed],
  );
  await db.query('delete from public.workspace_members where user_id = $1', [PEOPLE.removed]);
}

async function createWorkspace(db: TestDatabase, w: Workspace, owner: string): Promise<void> {
  await db.query('insert into public.workspaces (id, name, created_by) values ($1, $2, $3)', [
    w.id,
    'W',
    owner,
  ]);
  await db.query(`insert into public.workspace_members values ($1, $2, 'editor')`, [w.id, w.bystander]);
  await db.query(
    `insert into public.workspace_api_credentials
       (id, workspace_id, service_name, type, allowed_hosts, field_names, key_id, ciphertext)
     values ($1, $2, 'crm', 'bearer', '{api.example.com}', '{token}', 'k1', $3)`,
    [w.credential, w.id, CIPHERTEXT],
  );
  await db.script('begin');
  for (const connector of [w.connector, w.secondConnector, w.bareConnector]) {
    await db.query('insert into public.connectors (id, workspace_id, name) values ($1, $2, $3)', [
      ...[connector, w.id, 'C'],
    ]);
    await db.query(
      `insert into public.connector_versions (workspace_id, connector_id, version, definition, credential_services)
       values ($1, $2, 1, $3, '{crm}')`,
      [w.id, connector, DEFINITION],
    );
  }
  await db.script('commit');
  await db.query(
    `insert into public.connector_executions (id, workspace_id, connector_id, connector_version, input)
     values ($1, $2, $3, 1, '{}')`,
    [w.execution, w.id, w.connector],
  );
  await db.query(
    `insert into public.connector_step_runs (workspace_id, execution_id, step_index, attempt, step_name, fence, status, resume_state)
     values ($1, $2, 0, 0, 'look_up', 1, 'succeeded', $3)`,
    [w.id, w.execution, RESUME_STATE],
  );
  await db.query(
    `insert into public.contacts (id, workspace_id, fields, last_execution_id) values ($1, $2, '{"phone": "1"}', $3)`,
    [w.contact, w.id, w.execution],
  );
  await db.query(
    `insert into public.template_installs (workspace_id, connector_id, template_id, template_version)
     values ($1, $2, $3, 1), ($1, $4, $5, 1)`,
    [w.id, w.connector, RATED_TEMPLATE, w.secondConnector, UNRATED_TEMPLATE],
  );
  await db.query(
    'insert into public.template_ratings (workspace_id, template_id, user_id, stars) values ($1, $2, $3, 5)',
    [w.id, RATED_TEMPLATE, w.rater],
  );
  for (const scope of SCOPES) {
    await db.query(
      `insert into public.api_keys (id, workspace_id, name, scope, secret_hash, secret_hint) values ($1, $2, $3, $3, $4, 'abcd')`,
      [w.keys[scope].key, w.id, scope, w.keys[scope].hash],
    );
  }
  await db.query(
    `insert into public.idempotency_keys (actor_type, actor_id, key, fingerprint, answer) values ('user', $1, 'old', 'f', '{}')`,
    [w.bystander],
  );
  await db.script(`
    insert into public.execution_rollups (workspace_id, connector_id, hour, succeeded) values ('${w.id}', '${w.connector}', '${HOUR}', 1);
    insert into public.execution_day_rollups (workspace_id, connector_id, day, executions) values ('${w.id}', '${w.connector}', '${HOUR}', 1);
    insert into public.workspace_rollups (workspace_id, hour, executions) values ('${w.id}', '${HOUR}', 1);
    insert into public.workspace_day_rollups (workspace_id, day, executions) values ('${w.id}', '${HOUR}', 1);
    insert into public.connector_step_cache (workspace_id, connector_id, step_name, key_hash, answer, expires_at)
      values ('${w.id}', '${w.connector}', 'look_up', repeat('b', 64), 'v1.k1.kept', '${HOUR}');
    insert into public.token_buckets (workspace_id, key, empty_until, turn_at) values ('${w.id}', 'retry api.example.com', '${HOUR}', '-infinity');
    insert into public.connector_batches (id, workspace_id, connector_id, connector_version, total)
      values ('${w.batch}', '${w.id}', '${w.connector}', 1, 1);
    insert into public.circuits (id, workspace_id, host, failures, opened_at, retry_at, open_ms)
      values ('${w.circuit}', '${w.id}', 'api.example.com', 20, '${HOUR}', '${HOUR}', 30000);
    insert into public.failure_rollups (workspace_id, connector_id, hour, class, code, failures)
      values ('${w.id}', '${w.connector}', '${HOUR}', 'rejected', 'http_404', 1);`);
}
