import * as z from 'zod';
import type { Sql } from './database.ts';

const Metadata = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((value) => value ?? {});

/** A row of `auth.users` with its identities, as the queries below read it. */
const UserRow = z.object({
  id: z.uuid(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  email_confirmed_at: z.string().nullable(),
  phone_confirmed_at: z.string().nullable(),
  confirmed_at: z.string().nullable(),
  last_sign_in_at: z.string().nullable(),
  banned_until: z.string().nullable(),
  deleted_at: z.string().nullable(),
  app_metadata: Metadata,
  user_metadata: Metadata,
  is_anonymous: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
  identities: z.array(z.record(z.string(), z.unknown())),
});
type UserRow = z.infer<typeof UserRow>;

const SELECT_USERS = `
select u.id, u.email, u.phone, u.email_confirmed_at, u.phone_confirmed_at, u.confirmed_at, u.last_sign_in_at,
  u.banned_until, u.deleted_at, u.is_anonymous, u.created_at, u.updated_at,
  u.raw_app_meta_data as app_metadata, u.raw_user_meta_data as user_metadata,
  coalesce((
    select jsonb_agg(jsonb_build_object(
      'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
      'provider', i.provider, 'email', i.email, 'last_sign_in_at', i.last_sign_in_at,
      'created_at', i.created_at, 'updated_at', i.updated_at) order by i.created_at)
    from auth.identities i where i.user_id = u.id), '[]') as identities
from auth.users u`;

/** The user object of GoTrue's API: empty text where there is no value, and no key for times that have not come. */
function present(row: UserRow) {
  const { email, phone, app_metadata, user_metadata, identities, created_at, updated_at, is_anonymous } = row;
  const times = {
    email_confirmed_at: row.email_confirmed_at,
    phone_confirmed_at: row.phone_confirmed_at,
    confirmed_at: row.confirmed_at,
    last_sign_in_at: row.last_sign_in_at,
    banned_until: row.banned_until,
    deleted_at: row.deleted_at,
  };
  return {
    id: row.id,
    aud: 'authenticated',
    role: 'authenticated',
    email: email ?? '',
    phone: phone ?? '',
    ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== null)),
    app_metadata,
    user_metadata,
    identities,
    created_at,
    updated_at,
    is_anonymous,
  };
}
export type User = ReturnType<typeof present>;

export async function getUser(sql: Sql, id: string): Promise<User | undefined> {
  const [row] = await sql.query(`${SELECT_USERS} where u.id = $1`, [id]);
  return row && present(UserRow.parse(row));
}

/** Oldest last, as GoTrue lists them. `page` counts from 1. */
export async function listUsers(
  sql: Sql,
  page: number,
  perPage: number,
): Promise<{ users: User[]; total: number }> {
  const rows = await sql.query(`${SELECT_USERS} order by u.created_at desc, u.id desc limit $1 offset $2`, [
    perPage,
    (page - 1) * perPage,
  ]);
  const [count] = await sql.query('select count(*)::int as total from auth.users');
  return { users: rows.map((row) => present(UserRow.parse(row))), total: Number(count?.total) };
}

export interface SessionFacts {
  /** Seconds since 1970. */
  signedInAt: number;
  banned: boolean;
}

export async function sessionFacts(sql: Sql, sessionId: string): Promise<SessionFacts | undefined> {
  const [row] = await sql.query(
    `select extract(epoch from s.created_at)::int as signed_in_at, coalesce(u.banned_until > now(), false) as banned
     from auth.sessions s join auth.users u on u.id = s.user_id where s.id = $1`,
    [sessionId],
  );
  return row && { signedInAt: Number(row.signed_in_at), banned: row.banned === true };
}

export async function endSession(sql: Sql, sessionId: string): Promise<void> {
  await sql.query('delete from auth.sessions where id = $1', [sessionId]);
}
