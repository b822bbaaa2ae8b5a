/** Credentials over the whole stack: a test call through a task, a ciphertext in another's row, and a change of keys. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { credentialAdditionalData } from '../../core/credential/additional-data.ts';
import { parseKeyRing } from '../../core/crypto/key-ring.ts';
import { createSealer } from '../../core/crypto/seal.ts';
import { nodeCrypto } from '../../trigger/crypto/node-crypto.ts';
import { loadSecrets } from '../stack/secrets.ts';
import { type Client, newClient, serviceClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { SECOND } from './support/size.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

const PATH = '/api/v1/workspace/credentials';
const TOKEN = 'example-company-token';

/** A key that the stack still opens with, but seals with no more. */
const EARLIER = `earlier:${randomBytes(32).toString('base64')}`;

let dataDir: string;
let stack: TestStack;
let alice: Client;
let bob: Client;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'patchbay-e2e-'));
  const secrets = loadSecrets(dataDir);
  const encryptionKeys = `${secrets.encryptionKeys},${EARLIER}`;
  writeFileSync(join(dataDir, 'secrets.json'), JSON.stringify({ ...secrets, encryptionKeys }));
  stack = await startTestStack({ dataDir });
  alice = await newClient(stack);
  bob = await newClient(stack);
});
afterAll(async () => {
  await stack?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const Id = z.object({ id: z.string() });
async function store(client: Client, service: string): Promise<string> {
  const stored = await client.data(201, 'POST', PATH, {
    service_name: service,
    type: 'bearer',
    fields: { token: TOKEN },
    allowed_hosts: [new URL(stack.example.url).host],
  });
  return Id.parse(stored).id;
}

describe('a test call', () => {
  it('is made by a task and answered in time', async () => {
    await store(alice, 'tested');
    const answer = await alice.call('POST', `${PATH}/tested/test`, {
      url: `${stack.example.url}/notes`,
    });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ data: { ok: true, status: 200, error: null } });
    const missing = await alice.call('POST', `${PATH}/tested/test`, { url: `${stack.example.url}/nothing` });
    expect(missing.body).toMatchObject({ data: { ok: false, status: 404, error: { code: 'http_404' } } });
    expect(await alice.data(200, 'GET', `${PATH}/tested`)).toMatchObject({ last_test: { status: 404 } });
  });

  it('does not leave the hosts that the credential is bound to', async () => {
    await store(alice, 'bound');
    const elsewhere = stack.example.url.replace('127.0.0.1', 'localhost');
    expect(await alice.data(200, 'POST', `${PATH}/bound/test`, { url: elsewhere })).toMatchObject({
      ok: false,
      status: null,
      error: { class: 'egress_blocked', code: 'blocked_host_binding' },
    });
  });
});

describe('a ciphertext in the row of another credential', () => {
  it('ends an execution before anything is sent, whosever it is', async () => {
    const ids = [await store(alice, 'one'), await store(alice, 'two'), await store(bob, 'one')];
    const uses: [Client, string][] = [
      [alice, 'one'],
      [alice, 'two'],
      [bob, 'one'],
    ];
    const connectors = await Promise.all(
      uses.map(([client, credential]) =>
        client.createConnector({
          name: 'Company',
          steps: [
            {
              name: 'company',
              request: {
                url: `${stack.example.url}/companies/a.example`,
                auth: { credential },
              },
              retry: { max_attempts: 3, base_ms: 10, max_ms: 50 },
            },
          ],
        }),
      ),
    );
    const run = async (index: number) => {
      const [owner, connector] = [uses[index]?.[0], connectors[index]];
      if (owner === undefined || connector === undefined) throw new Error('no such connector');
      return owner.ended((await owner.execute(connector.id)).id, 20 * SECOND);
    };
    for (const index of ids.keys()) expect(await run(index)).toMatchObject({ status: 'succeeded' });

    const rows = serviceClient(stack).from('workspace_api_credentials');
    const ciphertexts = await Promise.all(
      ids.map(async (id) => (await rows.select('ciphertext').eq('id', id).single()).data?.ciphertext),
    );
    // Each gets the next one's: another service of its workspace, another workspace, another of both.
    for (const [index, id] of ids.entries()) {
      const { error } = await rows.update({ ciphertext: ciphertexts[(index + 1) % ids.length] }).eq('id', id);
      expect(error).toBeNull();
    }
    for (const index of ids.keys()) {
      expect(await run(index)).toMatchObject({
        status: 'failed',
        error: { class: 'internal', code: 'credential_unreadable' },
        steps: [],
      });
    }
  });
});

describe('sealing with the newest key', () => {
  it('is started by a SaaS admin, who sees how far it has come', async () => {
    const refused = await alice.call('POST', '/api/v1/admin/credential-keys/rotate');
    expect(refused.status).toBe(403);
    const operator = await newClient(stack);
    const { id } = Id.parse(await operator.data(200, 'GET', '/api/v1/me'));
    const added = await serviceClient(stack).from('saas_admin_users').insert({ user_id: id });
    expect(added.error).toBeNull();

    const credential = await store(alice, 'outdated');
    const rows = serviceClient(stack).from('workspace_api_credentials');
    const { data } = await rows.select('workspace_id').eq('id', credential).single();
    const ciphertext = await createSealer(parseKeyRing(EARLIER, 'EARLIER'), nodeCrypto).seal(
      JSON.stringify({ token: TOKEN }),
      credentialAdditionalData(String(data?.workspace_id), 'outdated', credential),
    );
    const { error } = await rows.update({ key_id: 'earlier', ciphertext }).eq('id', credential);
    expect(error).toBeNull();
    expect(await operator.data(200, 'GET', '/api/v1/admin/credential-keys')).toMatchObject({
      up_to_date: false,
      outdated: 1,
    });
    expect(await operator.data(202, 'POST', '/api/v1/admin/credential-keys/rotate')).toMatchObject({
      outdated: 1,
    });
    await eventually('all credentials under the newest key', 20 * SECOND, async () => {
      const status = await operator.data(200, 'GET', '/api/v1/admin/credential-keys');
      return Object(status).up_to_date === true;
    });
    expect(
      await alice.data(200, 'POST', `${PATH}/outdated/test`, {
        url: `${stack.example.url}/notes`,
      }),
    ).toMatchObject({ ok: true });
  });
});
