import { expect, it } from 'vitest';
import { type LogFields, redactedLog } from './log.ts';

function logged(fields: LogFields, secrets: string[] = []): LogFields | undefined {
  const lines: LogFields[] = [];
  redactedLog((_level, _event, line) => lines.push(line), secrets)('info', 'x', fields);
  return lines[0];
}

it.each([
  ['a token', `verify eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl failed`],
  ['an API key', `key pbk_${'0'.repeat(32)}_${'canary'.padEnd(43, 'A')}_00000000.`],
  ['a Trigger.dev key', 'tr_prod_canary123'],
  ['a Supabase key', 'with sb_secret_canary-123'],
  ['a sealed value', `row (v1.k1.${'canary'.padEnd(16, 'A')}.${'A'.repeat(30)})`],
  ['a bearer', 'header "authorization: bearer canary.abc/+=" sent'],
  ['a configured secret', 'the secret is s3cr3t-canary, and s3cr3t-canary again'],
])('hides %s by its value', (_, message) => {
  const text = JSON.stringify(logged({ message, deep: [{ stack: message }] }, ['s3cr3t-canary', 'canary']));
  expect(text).not.toMatch(/canary|eyJ/);
  expect(text).toContain('[redacted]');
});

it.each(['authorization', 'apiKey', 'access_token', 'X-Api-Key', 'password'])(
  'hides a field named %s',
  (name) => {
    expect(logged({ [name]: 'abc', inner: { [name]: 'abc' } })).toEqual({
      [name]: '[redacted]',
      inner: { [name]: '[redacted]' },
    });
  },
);

it('leaves the rest as it is', () => {
  const fields = {
    requestId: '018f0000-0000-7000-8000-000000000000',
    route: '/api/v1/connectors/:id',
    status: 200,
    userId: null,
    apiKeyId: '018f0000-0000-7000-8000-000000000001',
    message: 'create_connector: 42P01 relation "x" does not exist',
  };
  expect(logged(fields, ['', 'short'])).toEqual(fields);
});

it('cuts a text that is too long to search, and no secret in two', () => {
  const message = `${'x'.repeat(7_990)} s3cr3t-canary ${'eyJaaaaaaaa-'.repeat(20_000)}`;
  const text = JSON.stringify(logged({ message }, ['s3cr3t-canary']));
  expect(text).toMatch(/\[cut: \d+ characters\]/);
  expect(text).not.toContain('s3cr3t');
});
