/**
 * Times are milliseconds since the epoch, JSON columns hold text.
 *
 * `runs.group_key` is the queue plus the concurrency key: the unit that a concurrency limit counts.
 * `runs.sort_at` is the time from which a run stands in line, minus its priority.
 * The partial indexes hold only what still waits, so claiming does not slow down as history grows.
 */
export const SCHEMA = `
create table if not exists runs (
  seq integer primary key autoincrement,
  id text not null unique,
  task_id text not null,
  status text not null,
  payload text not null,
  payload_type text not null,
  queue text not null,
  concurrency_key text,
  group_key text not null,
  priority_ms integer not null default 0,
  available_at integer not null,
  sort_at integer not null,
  created_at integer not null,
  updated_at integer not null,
  started_at integer,
  finished_at integer,
  expired_at integer,
  delay_until integer,
  ttl text,
  ttl_ms integer,
  ttl_expires_at integer,
  attempt integer not null default 0,
  max_attempts integer,
  max_duration real,
  idempotency_key text,
  idempotency_expires_at integer,
  idempotency_user_key text,
  idempotency_scope text,
  request_key text,
  tags text not null default '[]',
  metadata text,
  output text,
  output_type text,
  error text,
  usage_ms integer not null default 0,
  is_test integer not null default 0,
  replayed_from text,
  parent_id text,
  root_id text,
  depth integer not null default 0,
  resume_parent integer not null default 0,
  batch_id text,
  batch_index integer,
  schedule_id text
) strict;
create index if not exists runs_claim on runs (sort_at, seq, available_at, group_key) where status in ('QUEUED', 'RETRYING');
create index if not exists runs_available on runs (available_at) where status in ('QUEUED', 'RETRYING');
create index if not exists runs_delayed on runs (delay_until) where status = 'DELAYED';
create index if not exists runs_ttl on runs (ttl_expires_at) where status = 'QUEUED' and ttl_expires_at is not null;
create index if not exists runs_active on runs (seq) where status in ('EXECUTING', 'WAITING');
create index if not exists runs_finished on runs (finished_at) where finished_at is not null;
create unique index if not exists runs_idempotency on runs (task_id, idempotency_key) where idempotency_key is not null;
create unique index if not exists runs_request on runs (request_key) where request_key is not null;
create index if not exists runs_parent on runs (parent_id) where parent_id is not null;
create index if not exists runs_batch on runs (batch_id) where batch_id is not null;
create index if not exists runs_task on runs (task_id, seq);

create table if not exists run_tags (
  tag text not null,
  seq integer not null,
  primary key (tag, seq)
) strict, without rowid;

create table if not exists attempts (
  run_id text not null,
  number integer not null,
  status text not null,
  started_at integer not null,
  finished_at integer,
  error text,
  primary key (run_id, number)
) strict, without rowid;

create table if not exists batches (
  id text primary key,
  run_count integer not null,
  created_at integer not null,
  updated_at integer not null,
  sealed integer not null default 0,
  parent_id text,
  resume_parent integer not null default 0,
  idempotency_key text unique,
  request_key text unique
) strict, without rowid;

create table if not exists batch_items (
  batch_id text not null,
  idx integer not null,
  task_id text not null,
  run_id text,
  error text,
  primary key (batch_id, idx)
) strict, without rowid;

create table if not exists schedules (
  id text primary key,
  type text not null,
  task_id text not null,
  cron text not null,
  timezone text not null,
  external_id text,
  deduplication_key text unique,
  active integer not null default 1,
  next_run_at integer not null,
  last_run_at integer,
  created_at integer not null
) strict, without rowid;
create index if not exists schedules_due on schedules (next_run_at) where active = 1;

create table if not exists waitpoints (
  id text primary key,
  run_id text not null,
  due_at integer not null,
  completed_at integer,
  idempotency_key text unique,
  idempotency_expires_at integer
) strict, without rowid;
create index if not exists waitpoints_due on waitpoints (due_at) where completed_at is null;

create table if not exists packets (
  name text primary key,
  content_type text not null,
  data blob not null,
  created_at integer not null
) strict;

create table if not exists children (
  pid integer primary key,
  token text not null
) strict;
`;
