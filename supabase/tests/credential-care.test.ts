import { describe, expect, test } from 'vitest';
import { type Actor, call, refusal, useDatabase } from './harness.ts';
import { CIPHERTEXT, home, other, user, uuid } from './world.ts';

const db = useDatabase();
const { editor, viewer } = user;
const W = { p_workspace_id: home.id };
const CRM = { ...W, p_service_name: 'crm' };

const row = async () =>
  (await db.query('select * from public.workspace_api_credentials where id = $1', [home.credential])).rows[0];
const update = (changes: Record<string, unknown>, actor: Actor = editor, id = home.credential) =>
  call(db, actor, 'update_credential', { ...CRM, p_id: id, p_expected_revision: null, p_changes: changes });
const rotated = { ciphertext: 'v1.k2.iv.new', key_id: 'k2', field_names: ['token'] };

describe('changing a credential in place', () => {
  test('new fields keep its id, end its last test, and are not shown', async () => {
    await db.query(`update public.workspace_api_credentials set last_test = '{"ok": true}'`);
    const answer = await update(rotated);
    expect(answer).toMatchObject({ id: home.credential, revision: 2, last_test: null });
    expect(JSON.stringify(answer)).not.toContain('v1.');
    expect(await row()).toMatchObject({ ciphertext: rotated.ciphertext, key_id: 'k2' });
  });

  test('what is not named stays, and null takes an expiry away', async () => {
    const before = await row();
    await update({ expires_at: '2030-01-01T00:00:00Z' });
    expect(await row()).toMatchObject({
      ciphertext: before?.ciphertext,
      allowed_hosts: before?.allowed_hosts,
    });
    expect(await update({ expires_at: null })).toMatchObject({ expires_at: null, revision: 3 });
  });

  test.each([
    ['a viewer', {}, viewer, home.credential, { code: 'PT403' }],
    ['fields that were sealed for another credential', rotated, editor, other.credential, { code: 'PT412' }],
    [
      'a text that is no ciphertext',
      { ...rotated, ciphertext: 'plain' },
      editor,
      home.credential,
      { code: '23514' },
    ],
    [
      'a key id that no key can have',
      { ...rotated, key_id: 'K 2' },
      editor,
      home.credential,
      { code: '23514' },
    ],
    [
      'another key id than the ciphertext names',
      { key_id: 'k2' },
      editor,
      home.credential,
      { code: '23514' },
    ],
    [
      'another type without its fields',
      { type: 'api_key' },
      editor,
      home.credential,
      { code: 'PT422', message: 'validation_failed', hint: '/type' },
    ],
    ['no hosts at all', { allowed_hosts: [] }, editor, home.credential, { code: '23514' }],
  ])('%s is refused', async (_, changes, actor, id, answer) => {
    expect(await refusal(update(changes, actor, id))).toMatchObject(answer);
    expect(await row()).toMatchObject({ ciphertext: CIPHERTEXT });
  });
});

describe('the hosts of a credential', () => {
  const START = ['api.example.com', '*.example.org'];
  test.each([
    ['the same', START, true],
    ['fewer', ['api.example.com'], true],
    ['a narrower one', ['a.example.org', '*.b.example.org'], true],
    ['another', ['api.example.com', 'evil.example'], false],
    ['a wider one', ['*.example.com'], false],
    ['all', ['*.com'], false],
    ['one that ends alike', ['evilexample.org'], false],
    ['one with a wildcard of LIKE', ['%.example.org.evil.example'], false],
  ])('become %s without the secret: %s -> %s', async (_, hosts, allowed) => {
    await db.query('update public.workspace_api_credentials set allowed_hosts = $1', [START]);
    if (allowed) expect(await update({ allowed_hosts: hosts })).toMatchObject({ allowed_hosts: hosts });
    else {
      const refused = await refusal(update({ allowed_hosts: hosts }));
      expect(refused).toMatchObject({ code: 'PT422', message: 'validation_failed', hint: '/allowed_hosts' });
    }
  });

  test('do not change with a ciphertext that is named but null: the stored secret would stay', async () => {
    const refused = await refusal(update({ allowed_hosts: ['evil.example'], ciphertext: null }));
    expect(refused).toMatchObject({ code: 'PT422', message: 'validation_failed', hint: '/allowed_hosts' });
    expect(await row()).toMatchObject({ allowed_hosts: ['api.example.com'], ciphertext: CIPHERTEXT });
  });

  test('become any with the secret, which is then a new one', async () => {
    expect(await update({ ...rotated, allowed_hosts: ['b.example'] })).toMatchObject({
      allowed_hosts: ['b.example'],
    });
  });
});

describe('the base URL of a credential', () => {
  const HOSTS = ['api.example.com', '*.tenant.example', 'port.example:8443'];
  const fits: [string, boolean][] = [
    ['https://api.example.com/v1', true],
    ['http://api.example.com:8080', true],
    ['https://eu.tenant.example', true],
    ['https://port.example:8443/x', true],
    ['https://port.example', false],
    ['https://tenant.example', false],
    ['https://evil.example', false],
    ['https://api.example.com.evil.example', false],
    ['https://api.example.com@evil.example', false],
    ['https://evil.example/api.example.com', false],
    ['ftp://api.example.com', false],
    ['api.example.com', false],
    ['', false],
  ];
  test.each(fits)('%j: %s', async (base_url, allowed) => {
    await db.query('update public.workspace_api_credentials set allowed_hosts = $1', [HOSTS]);
    if (allowed) expect(await update({ base_url })).toMatchObject({ base_url, revision: 3 });
    else
      expect(await refusal(update({ base_url }))).toMatchObject({
        code: 'PT422',
        message: 'validation_failed',
        hint: '/base_url',
      });
  });

  test('stays with other changes, is taken away by null, and keeps its host among the allowed ones', async () => {
    await db.query('update public.workspace_api_credentials set allowed_hosts = $1', [HOSTS]);
    await update({ base_url: 'https://api.example.com/v1' });
    expect(await update({ expires_at: null })).toMatchObject({ base_url: 'https://api.example.com/v1' });
    expect(await refusal(update({ allowed_hosts: ['port.example:8443'] }))).toMatchObject({
      hint: '/base_url',
    });
    expect(await update({ allowed_hosts: ['port.example:8443'], base_url: null })).toMatchObject({
      base_url: null,
    });
  });

  test('is held to its hosts in a new credential as well', async () => {
    const store = (base_url: string) =>
      call(db, editor, 'store_credential', {
        ...W,
        p_credential: {
          ...{ id: uuid(9001), service_name: 'mail', type: 'bearer', placement: null, base_url },
          ...{
            allowed_hosts: ['api.example.com'],
            field_names: ['token'],
            key_id: 'k1',
            ciphertext: CIPHERTEXT,
          },
        },
      });
    expect(await refusal(store('https://evil.example'))).toMatchObject({ code: 'PT422', hint: '/base_url' });
    expect(await store('https://api.example.com')).toMatchObject({
      credential: { base_url: 'https://api.example.com', rate_limit: null },
    });
  });
});

describe('the rate limit of a credential', () => {
  test('is kept, stays with other changes, and is taken away by null', async () => {
    const rate_limit = { requests: 10, per_seconds: 1 };
    expect(await update({ rate_limit })).toMatchObject({ rate_limit, revision: 2 });
    expect(await update({ expires_at: null })).toMatchObject({ rate_limit });
    expect(await update({ rate_limit: null })).toMatchObject({ rate_limit: null });
  });

  test.each([[[]], ['fast'], [{ requests: 1 }], [7]])('%j is none', async (rate_limit) => {
    expect(await refusal(update({ rate_limit }))).toMatchObject({ code: '23514' });
  });

  test('is given to tasks, with the base URL, when they open the credential', async () => {
    const rate_limit = { requests: 10, per_seconds: 1, burst: 3 };
    await update({ rate_limit, base_url: 'https://api.example.com' });
    const opened = await call(db, 'service_role', 'open_credential', { ...W, p_id: home.credential });
    expect(opened).toMatchObject({ rate_limit, base_url: 'https://api.example.com' });
  });
});

describe('what uses a credential', () => {
  const users = async () => Object(await call(db, viewer, 'get_credential', CRM)).used_by;

  test('are the connectors whose current version names it, deleted ones and other workspaces left out', async () => {
    expect(await users()).toEqual(
      [home.bareConnector, home.secondConnector, home.connector].map((id) => ({ id, name: 'C' })),
    );
    await call(db, editor, 'delete_connector', { ...W, p_id: home.bareConnector });
    await call(db, editor, 'update_connector', {
      ...{ ...W, p_id: home.connector, p_expected_revision: null, p_name: 'C', p_description: '' },
      ...{ p_definition: { format: 1 }, p_credential_services: [] },
    });
    expect(await users()).toEqual([{ id: home.secondConnector, name: 'C' }]);
  });

  test('keep it from being deleted, and are named; force deletes it all the same', async () => {
    const refused = await refusal(call(db, editor, 'delete_credential', CRM));
    expect(refused).toMatchObject({ code: 'PT409', message: 'credential_in_use' });
    expect(refused.hint).toContain(home.secondConnector);
    expect(await refusal(call(db, editor, 'delete_credential', { ...CRM, p_force: null }))).toEqual(refused);
    await call(db, editor, 'delete_credential', { ...CRM, p_force: true });
    expect(await row()).toBeUndefined();
    expect((await refusal(call(db, editor, 'delete_credential', CRM))).message).toBe('credential_not_found');
  });

  test('one that does not exist is 404', async () => {
    const missing = call(db, viewer, 'get_credential', { ...W, p_service_name: 'sms' });
    expect(await refusal(missing)).toMatchObject({ message: 'credential_not_found' });
  });
});

describe('the work of tasks', () => {
  const engine = (name: string, args: Record<string, unknown>) => call(db, 'service_role', name, args);

  test('open_credential finds one in its own workspace only', async () => {
    const open = (workspace: string) =>
      engine('open_credential', { p_workspace_id: workspace, p_id: home.credential });
    expect(await open(home.id)).toMatchObject({ service_name: 'crm', ciphertext: CIPHERTEXT });
    expect(await open(other.id)).toBeNull();
  });

  test('record_credential_test keeps the newest test call', async () => {
    const p_test = { id: uuid(1), at: '2026-01-01T00:00:00Z', ok: true, status: 200, error: null };
    await engine('record_credential_test', { ...W, p_id: home.credential, p_test });
    expect(await call(db, viewer, 'get_credential', CRM)).toMatchObject({ last_test: p_test });
    await engine('record_credential_test', { p_workspace_id: other.id, p_id: home.credential, p_test: {} });
    expect(await call(db, viewer, 'get_credential', CRM)).toMatchObject({ last_test: p_test });
  });

  test('list_outdated_credentials pages through those under older keys', async () => {
    await update(rotated);
    const outdated = (args: object) =>
      engine('list_outdated_credentials', { p_newest_key_id: 'k2', p_limit: 10, ...args });
    expect(await outdated({})).toMatchObject([{ id: other.credential, workspace_id: other.id }]);
    expect(await outdated({ p_after: other.credential })).toEqual([]);
    expect(await outdated({ p_newest_key_id: 'k3', p_limit: 1 })).toMatchObject([{ id: home.credential }]);
  });

  test('replace_ciphertexts replaces what is still as it was read, and nothing that was rotated since', async () => {
    const replacement = (id: string) => ({
      ...{ id, old_ciphertext: CIPHERTEXT, ciphertext: `v1.k9.${id}`, key_id: 'k9' },
    });
    await update(rotated);
    const p_replacements = [replacement(home.credential), replacement(other.credential)];
    expect(await engine('replace_ciphertexts', { p_replacements })).toBe(1);
    expect(await row()).toMatchObject({ ciphertext: rotated.ciphertext, key_id: 'k2' });
    expect(await engine('replace_ciphertexts', { p_replacements })).toBe(0);
  });
});
