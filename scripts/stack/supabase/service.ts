/**
 * The embedded Supabase as a process of its own.
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `PATCHBAY_DATA_DIR` | folder for database, keys and lock, or `memory` | `.patchbay` |
 * | `PATCHBAY_DATABASE_PORT` | TCP port on 127.0.0.1, 0 for a free one | `54321` |
 * | `PATCHBAY_TRUSTED_KEYS` | JSON array of public JWKs (ES256) that sign tokens for API keys | none |
 * | `DATABASE_URL` | a Postgres server to use in place of PGlite | none |
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { startSupabase } from './start.ts';
import { TrustedKey } from './trusted-keys.ts';

const Environment = z.object({
  PATCHBAY_DATA_DIR: z.string().min(1).default('.patchbay'),
  PATCHBAY_DATABASE_PORT: z.coerce.number().int().min(0).max(65_535).default(54_321),
  PATCHBAY_MIGRATIONS_DIR: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, '../../../supabase/migrations')),
  PATCHBAY_SEED_FILE: z
    .string()
    .min(1)
    .default(join(import.meta.dirname, '../../../supabase/seed.sql')),
  PATCHBAY_TRUSTED_KEYS: z
    .string()
    .default('[]')
    .transform((text, issues): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        issues.addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(z.array(TrustedKey)),
  DATABASE_URL: z.url({ protocol: /^postgres(?:ql)?$/ }).optional(),
});

function log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}

async function main(): Promise<void> {
  const env = Environment.parse(process.env);
  const dataDir = env.PATCHBAY_DATA_DIR === 'memory' ? 'memory' : resolve(env.PATCHBAY_DATA_DIR);
  const supabase = await startSupabase({
    dataDir,
    port: env.PATCHBAY_DATABASE_PORT,
    migrationsDir: env.PATCHBAY_MIGRATIONS_DIR,
    trustedKeys: env.PATCHBAY_TRUSTED_KEYS,
    ...(env.DATABASE_URL === undefined ? {} : { databaseUrl: env.DATABASE_URL }),
    ...(existsSync(env.PATCHBAY_SEED_FILE) ? { seedFile: env.PATCHBAY_SEED_FILE } : {}),
  });

  let closing = false;
  const stop = (reason: string) => {
    if (closing) return;
    closing = true;
    log('info', 'supabase_stopping', { reason });
    supabase.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log('error', 'supabase_stop_failed', { message: String(error) });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // A parent that died without a word must not leave a database behind that nobody knows of.
  process.on('disconnect', () => stop('parent gone'));

  const { url, publishableKey, secretKey, migrations } = supabase;
  if (migrations.changed.length > 0) {
    log('warn', 'migrations_changed', {
      files: migrations.changed,
      message:
        'these files changed after they were applied; delete the data folder to apply them as they are now',
    });
  }
  const database = env.DATABASE_URL === undefined ? 'pglite' : 'postgres';
  log('info', 'supabase_ready', { url, database, dataDir, applied: migrations.applied });
  process.send?.({ type: 'ready', url, publishableKey, secretKey });
}

main().catch((error: unknown) => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
  log('error', 'supabase_failed', { message: error instanceof Error ? error.message : String(error), cause });
  process.exit(1);
});
