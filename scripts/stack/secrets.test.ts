import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateSigningKey, loadSecrets } from './secrets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes secrets once and keeps them, readable by their owner only', () => {
  const made = loadSecrets(folder);
  expect(readdirSync(folder)).toEqual(['secrets.json']);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(loadSecrets(folder)).toEqual(made);
});

it('adds the signing key to the secrets of an earlier version, and changes nothing else', () => {
  const { signingKey: _, ...old } = loadSecrets(folder);
  const file = join(folder, 'secrets.json');
  writeFileSync(file, JSON.stringify(old));
  const added = loadSecrets(folder);
  expect(added).toMatchObject(old);
  expect(loadSecrets(folder)).toEqual(added);
  expect(JSON.parse(readFileSync(file, 'utf8')).signingKey.kid).toBe(added.signingKey.kid);
});

it('names signing keys by their thumbprint', async () => {
  const key = generateSigningKey();
  expect(key.kid).toBe(await calculateJwkThumbprint(key));
  expect(generateSigningKey().kid).not.toBe(key.kid);
});
