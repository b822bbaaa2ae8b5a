import { hash } from 'bcryptjs';
import { Hono } from 'hono';
import * as z from 'zod';
import { authError } from './answers.ts';
import type { Database, Sql } from './database.ts';
import { getUser, listUsers } from './users.ts';

/** bcrypt cost 10, as GoTrue: about 60 ms of CPU. */
const PASSWORD_COST = 10;
/** bcrypt ignores everything after 72 bytes: a longer password would be accepted cut short. */
const PASSWORD_MAX_BYTES = 72;
const PASSWORD_MIN_CHARACTERS = 6;

const PAGE_SIZE = 50;
const PAGE_SIZE_MAX = 1000;

const Metadata = z.record(z.string(), z.unknown());

const UserFields = z.object({
  email: z
    .email()
    .max(255)
    .transform((email) => email.toLowerCase())
    .optional(),
  phone: z
    .string()
    .regex(/^\+?\d{5,15}$/)
    .optional(),
  password: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= PASSWORD_MAX_BYTES)
    .optional(),
  email_confirm: z.boolean().optional(),
  phone_confirm: z.boolean().optional(),
  user_metadata: Metadata.optional(),
  app_metadata: Metadata.optional(),
  /** A Go duration in hours, minutes and seconds, or `none` to lift a ban. */
  ban_duration: z
    .string()
    .regex(/^(?:none|(?=\d)(?:\d+h)?(?:\d+m)?(?:\d+s)?)$/)
    .optional(),
});
type UserFields = z.infer<typeof UserFields>;

const NewUser = UserFields.extend({ id: z.uuid().optional() });

/**
 * GoTrue's admin API for users (`auth.admin.*` of supabase-js), without invitations, links and factors, which need mail
 * or a second device. Mount it under `/auth/v1/admin` behind a check for the secret key: it makes none itself.
 */
export function adminUsers(db: Database): Hono {
  const app = new Hono();

  app.get('/users', async (c) => {
    const page = positive(c.req.query('page'), 1);
    const perPage = Math.min(positive(c.req.query('per_page'), PAGE_SIZE), PAGE_SIZE_MAX);
    const { users, total } = await listUsers(db, page, perPage);
    const last = Math.max(1, Math.ceil(total / perPage));
    const link = (to: number, rel: string) => `</admin/users?page=${to}&per_page=${perPage}>; rel="${rel}"`;
    c.header('X-Total-Count', String(total));
    c.header('Link', [...(page < last ? [link(page + 1, 'next')] : []), link(last, 'last')].join(', '));
    return c.json({ users, aud: 'authenticated' });
  });

  app.post('/users', async (c) => {
    const fields = NewUser.safeParse(await c.req.json().catch(() => undefined));
    if (!fields.success) return invalid(fields.error);
    const { email, phone, password } = fields.data;
    if (email === undefined && phone === undefined) {
      return authError(400, 'validation_failed', 'Cannot create a user without either an email or phone');
    }
    if (isWeak(password)) return weakPassword();
    const id = fields.data.id ?? crypto.randomUUID();
    return saved(async () => {
      const columns = await columnsOf(fields.data);
      await db.transaction(async (sql) => {
        await sql.query(
          `insert into auth.users (id, raw_app_meta_data, raw_user_meta_data) values ($1, $2, '{}')`,
          [id, JSON.stringify(email === undefined ? PHONE_PROVIDER : EMAIL_PROVIDER)],
        );
        await write(sql, id, fields.data, columns);
      });
      return Response.json(await getUser(db, id));
    });
  });

  app.get('/users/:id', async (c) => {
    const id = z.uuid().safeParse(c.req.param('id'));
    if (!id.success) return notAnId();
    const user = await getUser(db, id.data);
    return user ? Response.json(user) : notFound();
  });

  app.put('/users/:id', async (c) => {
    const id = z.uuid().safeParse(c.req.param('id'));
    if (!id.success) return notAnId();
    const fields = UserFields.safeParse(await c.req.json().catch(() => undefined));
    if (!fields.success) return invalid(fields.error);
    if (isWeak(fields.data.password)) return weakPassword();
    return saved(async () => {
      const columns = await columnsOf(fields.data);
      const found = await db.transaction((sql) => write(sql, id.data, fields.data, columns));
      return found ? Response.json(await getUser(db, id.data)) : notFound();
    });
  });

  app.delete('/users/:id', async (c) => {
    const id = z.uuid().safeParse(c.req.param('id'));
    if (!id.success) return notAnId();
    const options = z.object({ should_soft_delete: z.boolean().optional() });
    const body = options.safeParse(await c.req.json().catch(() => ({})));
    if (body.data?.should_soft_delete === true) {
      return authError(400, 'validation_failed', 'soft deletion is not offered by the embedded stack');
    }
    return saved(async () => {
      const gone = await db.query('delete from auth.users where id = $1 returning id', [id.data]);
      return gone.length > 0 ? Response.json({}) : notFound();
    });
  });

  return app;
}

const EMAIL_PROVIDER = { provider: 'email', providers: ['email'] };
const PHONE_PROVIDER = { provider: 'phone', providers: ['phone'] };

/** The columns a request sets, by name. Metadata is merged in SQL, so that keys it does not name stay. */
async function columnsOf(fields: UserFields): Promise<Map<string, unknown>> {
  const { email, phone, password } = fields;
  const now = new Date().toISOString();
  const columns = new Map<string, unknown>();
  if (email !== undefined) columns.set('email', email);
  if (phone !== undefined) columns.set('phone', phone.replace('+', ''));
  if (password !== undefined) columns.set('encrypted_password', await hash(password, PASSWORD_COST));
  if (fields.email_confirm === true) columns.set('email_confirmed_at', now);
  if (fields.phone_confirm === true) columns.set('phone_confirmed_at', now);
  if (fields.ban_duration !== undefined) columns.set('banned_until', banEnd(fields.ban_duration));
  return columns;
}

function banEnd(duration: string): string | null {
  if (duration === 'none') return null;
  const [, hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return new Date(Date.now() + ms).toISOString();
}

/** Returns false when there is no such user. A changed password ends the user's sessions, as on hosted Supabase. */
async function write(
  sql: Sql,
  id: string,
  fields: UserFields,
  columns: Map<string, unknown>,
): Promise<boolean> {
  const sets = [...columns.keys()].map((name, index) => `${name} = $${index + 4}`);
  const rows = await sql.query(
    `update auth.users set ${['updated_at = now()', ...sets].join(', ')},
       raw_app_meta_data = jsonb_strip_nulls(coalesce(raw_app_meta_data, '{}') || $2::text::jsonb),
       raw_user_meta_data = jsonb_strip_nulls(coalesce(raw_user_meta_data, '{}') || $3::text::jsonb)
     where id = $1 returning id`,
    [
      id,
      JSON.stringify(fields.app_metadata ?? {}),
      JSON.stringify(fields.user_metadata ?? {}),
      ...columns.values(),
    ],
  );
  if (rows.length === 0) return false;
  if (fields.email !== undefined) {
    const data = { sub: id, email: fields.email, email_verified: false, phone_verified: false };
    await sql.query(
      `insert into auth.identities (id, provider, provider_id, user_id, identity_data)
       values ($1, 'email', $2::uuid::text, $2::uuid, $3::text::jsonb)
       on conflict (provider, provider_id)
       do update set identity_data = auth.identities.identity_data || excluded.identity_data, updated_at = now()`,
      [crypto.randomUUID(), id, JSON.stringify(data)],
    );
  }
  if (fields.password !== undefined) await sql.query('delete from auth.sessions where user_id = $1', [id]);
  return true;
}

/** Turns what the database refuses into GoTrue's answers; anything else is for the front, which says nothing about it. */
async function saved(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const field = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
    if (field('code') !== '23505') throw error;
    const constraint = String(field('constraint') ?? field('constraint_name'));
    if (constraint.includes('phone'))
      return authError(422, 'phone_exists', 'Phone number already registered by another user');
    return authError(422, 'email_exists', 'A user with this email address has already been registered');
  }
}

const isWeak = (password: string | undefined) =>
  password !== undefined && password.length < PASSWORD_MIN_CHARACTERS;

const weakPassword = () =>
  authError(422, 'weak_password', `Password should be at least ${PASSWORD_MIN_CHARACTERS} characters.`);
const notAnId = () => authError(404, 'validation_failed', 'user_id must be an UUID');
const notFound = () => authError(404, 'user_not_found', 'User not found');

function invalid(error: z.ZodError): Response {
  const [issue] = error.issues;
  return authError(400, 'validation_failed', `Invalid ${issue?.path.join('.') || 'body'}`);
}

function positive(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : fallback;
}
