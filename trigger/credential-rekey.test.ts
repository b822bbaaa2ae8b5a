/**
 * Rotation of the encryption key, and what a ciphertext is bound to, over the rows of a real database API.
 *
 * | requirement | test |
 * |---|---|
 * | re-encrypting many credentials while they are read: no failed read | "every read opens" |
 * | a secret that is rotated meanwhile is never undone | "every read opens", "a rotation of the secret wins" |
 * | one that cannot be opened does not hold up the others | "leaves alone what it cannot open" |
 * | moved between workspaces, services or rows, or altered: never opens | "opens nowhere else" |
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { credentialAdditionalData } from '../core/credential/additional-data.ts';
import { rekeyCredentials } from '../core/credential/rekey.ts';
import { CREDENTIAL_REKEY_TASK_ID } from '../core/credential/rekey-task.ts';
import { parseKeyRing } from '../core/crypto/key-ring.ts';
import { createSealer, DecryptError } from '../core/crypto/seal.ts';
import type { Db } from '../core/db/db.ts';
import { type EmbeddedSupabase, startSupabase } from '../scripts/stack/supabase/start.ts';
import { type Bench, bench, ended } from '../scripts/stack/trigger/testing.ts';
import { nodeCrypto } from './crypto/node-crypto.ts';
import { serviceDatabase } from './database.ts';

const LONG = process.env.PATCHBAY_TEST_LONG === '1';
/** Ten thousand in `npm run test:long`. */
const ROTATED = LONG ? 10_000 : 200;
const READERS = 4;
const MOVED = 1_000;
const MINUTE = 60_000;

const [OLD, NEW, LOST] = ['old', 'new', 'lost'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
const sealerOf = (...keys: (string | undefined)[]) =>
  createSealer(parseKeyRing(keys.join(','), 'KEYS'), nodeCrypto);
const before = sealerOf(OLD);
const during = sealerOf(NEW, OLD);
const after = sealerOf(NEW);

let supabase: EmbeddedSupabase;
let db: Db;
const workspaces = [randomUUID(), randomUUID()];

beforeAll(async () => {
  supabase = await startSupabase({
    dataDir: 'memory',
    port: 0,
    migrationsDir: join(import.meta.dirname, '../supabase/migrations'),
  });
  db = serviceDatabase({ SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: supabase.secretKey });
  for (const id of workspaces) {
    await supabase.exec(`insert into public.workspaces (id, name) values ($1, 'W')`, [id]);
  }
});
afterEach(async () => {
  await supabase.exec('delete from public.workspace_api_credentials');
});
afterAll(async () => {
  await supabase?.close();
});

type Stored = { id: string; workspace_id: string; service_name: string };
const boundTo = ({ workspace_id, service_name, id }: Stored) =>
  credentialAdditionalData(workspace_id, service_name, id);

/** Credentials whose secret is their own id. */
async function store(count: number, sealer = before): Promise<Stored[]> {
  const rows = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const row = {
        id: randomUUID(),
        workspace_id: workspaces[index % 2] ?? '',
        service_name: `svc_${index}`,
      };
      return { ...row, key_id: sealer.newestKeyId, ciphertext: await sealer.seal(row.id, boundTo(row)) };
    }),
  );
  for (let start = 0; start < rows.length; start += 1000) {
    await supabase.exec(
      `insert into public.workspace_api_credentials
         (id, workspace_id, service_name, type, allowed_hosts, field_names, key_id, ciphertext)
       select id, workspace_id, service_name, 'bearer', '{a.example.com}', '{token}', key_id, ciphertext
       from jsonb_to_recordset($1::jsonb)
         as r (id uuid, workspace_id uuid, service_name text, key_id text, ciphertext text)`,
      [JSON.stringify(rows.slice(start, start + 1000))],
    );
  }
  return rows;
}

/** As a task reads a credential. */
async function read(row: Stored, sealer = during): Promise<string> {
  const found = await db.call('open_credential', { p_workspace_id: row.workspace_id, p_id: row.id });
  return sealer.open(String(Reflect.get(Object(found), 'ciphertext')), boundTo(row));
}
async function all(): Promise<(Stored & { ciphertext: string; key_id: string; revision: number })[]> {
  const rows = await supabase.exec('select * from public.workspace_api_credentials order by id');
  return rows.map((row) => ({
    id: String(row.id),
    workspace_id: String(row.workspace_id),
    service_name: String(row.service_name),
    ciphertext: String(row.ciphertext),
    key_id: String(row.key_id),
    revision: Number(row.revision),
  }));
}

describe('sealing credentials with the newest key', () => {
  test(
    `every read opens while ${ROTATED} credentials are rotated, and secrets that change meanwhile stay changed`,
    async () => {
      const rows = await store(ROTATED);
      const some = () => rows[Math.floor(Math.random() * rows.length)] ?? rows[0];
      const changed = new Map<string, string>();
      let rotating = true;
      let reads = 0;
      const failures: unknown[] = [];
      const reader = async () => {
        while (rotating) {
          const row = some();
          if (row === undefined) return;
          const acceptable = [row.id, changed.get(row.id)];
          const secret = await read(row).catch((error: unknown) => failures.push(error));
          if (![...acceptable, changed.get(row.id)].includes(String(secret))) failures.push(secret);
          reads += 1;
        }
      };
      /** Somebody who rotates secrets in between, as the API does: sealed for the same id. */
      const writer = async () => {
        while (rotating) {
          const row = some();
          if (row === undefined) return;
          const secret = `changed-${row.id}`;
          changed.set(row.id, secret);
          await supabase.exec(
            'update public.workspace_api_credentials set ciphertext = $2, key_id = $3 where id = $1',
            [row.id, await during.seal(secret, boundTo(row)), during.newestKeyId],
          );
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      };
      const others = [...Array.from({ length: READERS }, reader), writer()];
      const startedAt = performance.now();
      const report = await rekeyCredentials({ db, sealer: during }, LONG ? {} : { batch: 20 });
      const seconds = (performance.now() - startedAt) / 1000;
      rotating = false;
      await Promise.all(others);

      expect(failures).toEqual([]);
      expect(reads).toBeGreaterThan(0);
      expect(report).toMatchObject({ unreadable: 0, complete: true });
      expect(report.rekeyed + report.overtaken).toBeGreaterThan(0);
      const left = await all();
      expect(left.filter(({ key_id }) => key_id !== 'new')).toEqual([]);
      // Without the old key in the ring.
      for (const row of left) {
        expect(await after.open(row.ciphertext, boundTo(row))).toBe(changed.get(row.id) ?? row.id);
      }
      console.info(
        `${ROTATED} credentials in ${seconds.toFixed(1)} s, ${reads} reads meanwhile, ${failures.length} failed, ` +
          `${changed.size} secrets changed meanwhile, ${report.overtaken} of them in the middle`,
      );
    },
    5 * MINUTE,
  );

  test('asks once and writes nothing when all are under the newest key', async () => {
    await store(3, after);
    const calls: string[] = [];
    const counting: Db = {
      call: (fn, args) => {
        calls.push(fn);
        return db.call(fn, args);
      },
    };
    const report = await rekeyCredentials({ db: counting, sealer: during });
    expect(report).toEqual({ rekeyed: 0, overtaken: 0, unreadable: 0, complete: true });
    expect(calls).toEqual(['list_outdated_credentials']);
  });

  test('a rotation of the secret wins over a re-encryption that had read the old one', async () => {
    const [row] = await store(1);
    if (row === undefined) throw new Error('nothing was stored');
    const racing: Db = {
      async call(fn, args) {
        if (fn === 'replace_ciphertexts') {
          const ciphertext = await during.seal('the new secret', boundTo(row));
          await supabase.exec('update public.workspace_api_credentials set ciphertext = $1, key_id = $2', [
            ciphertext,
            during.newestKeyId,
          ]);
        }
        return db.call(fn, args);
      },
    };
    const report = await rekeyCredentials({ db: racing, sealer: during });
    expect(report).toMatchObject({ rekeyed: 0, overtaken: 1 });
    expect(await read(row)).toBe('the new secret');
  });

  test('leaves alone what it cannot open, and goes on with the others', async () => {
    const lost = await store(5, sealerOf(LOST));
    await supabase.exec(`update public.workspace_api_credentials set service_name = 'lost_' || service_name`);
    await store(5);
    const report = await rekeyCredentials({ db, sealer: during }, { batch: 2 });
    expect(report).toEqual({ rekeyed: 5, overtaken: 0, unreadable: 5, complete: true });
    const stayed = (await all()).filter(({ key_id }) => key_id === 'lost');
    expect(stayed.map(({ id }) => id)).toEqual(lost.map(({ id }) => id).toSorted());
  });

  test('is no change of a credential: neither its revision, nor its dates, nor the audit log', async () => {
    await store(2);
    const state = () =>
      supabase.exec(
        `select c.id, c.revision, c.updated_at, (select count(*)::int from public.audit_log) as audited
         from public.workspace_api_credentials c order by c.id`,
      );
    const earlier = await state();
    expect((await rekeyCredentials({ db, sealer: during })).rekeyed).toBe(2);
    expect(await state()).toEqual(earlier);
  });
});

describe('credential-rekey', () => {
  let platform: Bench;
  beforeAll(async () => {
    platform = await bench([], {
      taskFiles: [join(import.meta.dirname, 'credential-rekey.ts')],
      env: {
        SUPABASE_URL: supabase.url,
        SUPABASE_SECRET_KEY: supabase.secretKey,
        PATCHBAY_ENCRYPTION_KEYS: [NEW, OLD].join(','),
      },
    });
  });
  afterAll(async () => {
    await platform?.stop();
  });

  test('seals all with the first key of its ring, when it is started as the API does', async () => {
    const rows = await store(150);
    const { id } = await platform.client.tasks.trigger(CREDENTIAL_REKEY_TASK_ID, {
      type: 'IMPERATIVE',
      timestamp: new Date().toISOString(),
      timezone: 'UTC',
      scheduleId: 'by-hand',
      upcoming: [],
    });
    expect(await ended(platform.client, id)).toMatchObject({
      status: 'COMPLETED',
      output: { rekeyed: 150, overtaken: 0, unreadable: 0, complete: true },
    });
    for (const row of rows) expect(await read(row, after)).toBe(row.id);
  });
});

describe('a ciphertext', () => {
  test(`opens nowhere else: ${MOVED} of ${MOVED} moved or altered rows do not`, async () => {
    const rows = await store(MOVED);
    const stored = new Map((await all()).map((row) => [row.id, row.ciphertext]));
    // A neighbour has another service and workspace, one further on the same workspace; the third kind is altered.
    const replaced = rows.map(({ id }, index) => {
      const own = stored.get(id) ?? '';
      if (index % 3 === 2) return flipped(own);
      return stored.get(rows[(index + 1 + (index % 3)) % rows.length]?.id ?? '') ?? '';
    });
    await supabase.exec(
      `update public.workspace_api_credentials c set ciphertext = r.ciphertext
       from jsonb_to_recordset($1::jsonb) as r (id uuid, ciphertext text) where c.id = r.id`,
      [JSON.stringify(rows.map(({ id }, index) => ({ id, ciphertext: replaced[index] })))],
    );
    let refused = 0;
    for (const row of rows) {
      const error = await read(row).catch((thrown: unknown) => thrown);
      if (error instanceof DecryptError) refused += 1;
    }
    expect(refused).toBe(MOVED);
    expect((await rekeyCredentials({ db, sealer: during })).unreadable).toBe(MOVED);
  });

  test('opens nowhere else when its whole row is moved to another id, service or workspace', async () => {
    const moves = [
      'id = gen_random_uuid()',
      "service_name = 'moved_' || service_name",
      `workspace_id = case workspace_id when '${workspaces[0]}' then '${workspaces[1]}'::uuid else '${workspaces[0]}'::uuid end`,
    ];
    for (const move of moves) {
      await store(10);
      await supabase.exec(`update public.workspace_api_credentials set ${move}`);
      for (const row of await all()) await expect(read(row)).rejects.toThrow(DecryptError);
      await supabase.exec('delete from public.workspace_api_credentials');
    }
  });
});

/** With one bit of its nonce, ciphertext or tag the other way round. */
function flipped(sealed: string): string {
  const [version, keyId, ...parts] = sealed.split('.');
  const which = Math.floor(Math.random() * parts.length);
  const bytes = Buffer.from(parts[which] ?? '', 'base64url');
  const bit = Math.floor(Math.random() * bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  parts[which] = bytes.toString('base64url');
  return [version, keyId, ...parts].join('.');
}
