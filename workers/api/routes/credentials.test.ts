import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { credentialAdditionalData } from '../../../core/credential/additional-data.ts';
import { parseKeyRing } from '../../../core/crypto/key-ring.ts';
import { createSealer } from '../../../core/crypto/seal.ts';
import { webCrypto } from '../../../core/crypto/web-crypto.ts';
import { call, dataIn, newWorkspace, signUp, sql, type User } from '../../test/api.ts';

const CANARY = 'canary-6bc1bee22e409f96';

const CREDENTIALS = [
  { type: 'bearer', fields: { token: CANARY } },
  { type: 'api_key', fields: { api_key: CANARY }, placement: { in: 'header', name: 'X-Api-Key' } },
  { type: 'basic', fields: { username: 'ada', password: CANARY } },
  { type: 'custom', fields: { account: 'a1', signing_key: CANARY } },
];

describe('credentials', () => {
  let user: User;
  let as: { token: string; workspace: string };
  beforeAll(async () => {
    user = await signUp('editor');
    as = { token: user.token, workspace: await newWorkspace(user) };
  });
  const store = (service_name: string, change: object) =>
    call('POST /api/v1/workspace/credentials', {
      ...as,
      json: { service_name, allowed_hosts: ['API.Example.com', 'api.example.com'], ...change },
    });

  it.each(CREDENTIALS)('are sealed before they are stored, and never told: $type', async (credential) => {
    const service = `svc_${credential.type}`;
    const answer = await store(service, credential);
    expect(answer.status).toBe(201);
    expect(dataIn(answer)).toMatchObject({
      service_name: service,
      type: credential.type,
      allowed_hosts: ['api.example.com'],
      field_names: Object.keys(credential.fields).toSorted(),
    });
    const [row] = await sql(
      'select * from public.workspace_api_credentials where service_name = $1',
      service,
    );
    expect(answer.headers.get('location')).toBe(`/api/v1/workspace/credentials/${service}`);
    const check = await call(`GET /api/v1/workspace/credentials/check/${service}`, as);
    expect(dataIn(check)).toMatchObject({ exists: true, type: credential.type });
    const list = await call('GET /api/v1/workspace/credentials', as);
    for (const seen of [answer.body, row, check.body, list.body]) {
      expect(JSON.stringify(seen)).not.toContain(CANARY);
      expect(JSON.stringify(seen)).not.toContain(btoa(CANARY).slice(0, 20));
    }
    const sealer = createSealer(parseKeyRing(env.PATCHBAY_ENCRYPTION_KEYS, 'TEST'), webCrypto);
    const bound = credentialAdditionalData(as.workspace, service, String(row?.id));
    expect(JSON.parse(await sealer.open(String(row?.ciphertext), bound))).toEqual(credential.fields);
    const elsewhere = credentialAdditionalData(crypto.randomUUID(), service, String(row?.id));
    await expect(sealer.open(String(row?.ciphertext), elsewhere)).rejects.toThrow();
  });

  it('replace what was stored for the service before', async () => {
    const first = await store('twice', { type: 'bearer', fields: { token: 'one' } });
    const second = await store('twice', { type: 'basic', fields: { username: 'u', password: 'p' } });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(dataIn(second)).toMatchObject({ type: 'basic' });
    const rows = await sql(
      "select type from public.workspace_api_credentials where service_name = 'twice' and workspace_id = $1",
      as.workspace,
    );
    expect(rows).toEqual([{ type: 'basic' }]);
  });

  it("go to the caller's only workspace when none is named, bound to its id", async () => {
    const answer = await call('POST /api/v1/workspace/credentials', {
      token: user.token,
      json: {
        service_name: 'lone',
        type: 'bearer',
        fields: { token: CANARY },
        allowed_hosts: ['a.example.com'],
      },
    });
    expect(answer.status).toBe(201);
    const [row] = await sql("select * from public.workspace_api_credentials where service_name = 'lone'");
    expect(row?.workspace_id).toBe(as.workspace);
    const sealer = createSealer(parseKeyRing(env.PATCHBAY_ENCRYPTION_KEYS, 'TEST'), webCrypto);
    const bound = credentialAdditionalData(as.workspace, 'lone', String(row?.id));
    expect(JSON.parse(await sealer.open(String(row?.ciphertext), bound))).toEqual({ token: CANARY });
  });

  it('are gone once deleted', async () => {
    await store('gone', { type: 'bearer', fields: { token: 'x' } });
    expect((await call('DELETE /api/v1/workspace/credentials/gone', as)).status).toBe(204);
    expect((await call('DELETE /api/v1/workspace/credentials/gone', as)).status).toBe(404);
    const check = await call('GET /api/v1/workspace/credentials/check/gone', as);
    expect(dataIn(check)).toEqual({
      service_name: 'gone',
      exists: false,
      type: null,
      updated_at: null,
      expiry: null,
    });
  });
});
