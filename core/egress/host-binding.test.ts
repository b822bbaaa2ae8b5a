import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHostPattern, hostIsBound } from './host-binding.ts';

const bound = (url: string, ...allowed: string[]) => hostIsBound(new URL(url), allowed);

describe('checkHostPattern', () => {
  it.each([
    ['api.example.com', 'api.example.com'],
    ['API.Example.Com', 'api.example.com'],
    ['api.example.com.', 'api.example.com'],
    ['api.example.com:8443', 'api.example.com:8443'],
    ['*.example.com', '*.example.com'],
    ['*.eu.example.co.uk', '*.eu.example.co.uk'],
    ['*.example.com:443', '*.example.com:443'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['8.8.8.8', '8.8.8.8'],
    ['127.0.0.1:4010', '127.0.0.1:4010'],
    ['0x7f.1', '127.0.0.1'],
    ['[::1]:4010', '[::1]:4010'],
    ['localhost:4010', 'localhost:4010'],
  ])('accepts %s and stores %s', (text, pattern) => {
    expect(checkHostPattern(text)).toEqual({ ok: true, pattern });
  });

  it.each([
    '',
    ' ',
    '*',
    '*.',
    '*.*',
    '**.example.com',
    '*.com',
    '*.co.uk',
    '*.com.au',
    '*example.com',
    'api.*.com',
    'api.example.*',
    '*.*.example.com',
    '*.1.2.3.4',
    '*.[::1]',
    'https://api.example.com',
    'api.example.com/path',
    'api.example.com?x',
    'api.example.com#x',
    'user@api.example.com',
    'api.example.com:',
    'api.example.com:0',
    'api.example.com:65536',
    'api.example.com:80:80',
    'api.example.com:http',
    'api..example.com',
    '.example.com',
    'api example.com',
    'api.example.com\n',
    'api%2eexample.com',
    '::1',
    '[::1',
    '[fe80::1%25eth0]',
    '256.1.1.1',
    'a\\b.com',
  ])('refuses %j with a message', (text) => {
    const checked = checkHostPattern(text);
    expect(checked.ok).toBe(false);
    expect(!checked.ok && checked.message).toMatch(/\w/);
  });
});

describe('hostIsBound', () => {
  it.each([
    ['https://api.example.com/', 'api.example.com'],
    ['https://API.EXAMPLE.COM/', 'api.example.com'],
    ['https://api.example.com./', 'api.example.com'],
    ['https://api.example.com/', 'API.example.com'],
    ['https://a.example.com/', '*.example.com'],
    ['https://a.b.example.com/', '*.example.com'],
    ['https://api.example.com:8443/', 'api.example.com'],
    ['https://api.example.com:8443/', 'api.example.com:8443'],
    ['https://api.example.com/', 'api.example.com:443'],
    ['http://api.example.com/', 'api.example.com:80'],
    ['http://[::1]:4010/', '[0:0:0:0:0:0:0:1]:4010'],
    ['https://xn--bcher-kva.example/', 'bücher.example'],
  ])('lets %s through for %s', (url, pattern) => {
    expect(bound(url, pattern)).toBe(true);
  });

  it.each([
    ['https://example.com/', '*.example.com'],
    ['https://evilexample.com/', '*.example.com'],
    ['https://evil-api.example.com/', 'api.example.com'],
    ['https://api.example.com.evil.com/', 'api.example.com'],
    ['https://api.example.com.evil.com/', '*.example.com'],
    ['https://evil.com/api.example.com', 'api.example.com'],
    ['https://evil.com/?h=api.example.com', '*.example.com'],
    ['https://sub.api.example.com/', 'api.example.com'],
    ['https://api.example.com/', 'api.example.com:8443'],
    ['http://api.example.com/', 'api.example.com:443'],
    ['https://api.example.com/', '*'],
    ['https://api.example.com/', '*.com'],
    ['https://api.example.com/', ''],
    ['https://api.example.com/', 'https://api.example.com'],
  ])('stops %s for %s', (url, pattern) => {
    expect(bound(url, pattern)).toBe(false);
  });

  it('stops everything when no host is listed', () => {
    expect(bound('https://api.example.com/')).toBe(false);
  });

  it('needs one match of several', () => {
    expect(bound('https://b.example.com/', 'a.example.com', 'not a host', 'b.example.com')).toBe(true);
  });

  it('matches a wildcard exactly for hosts that end in a dot and its domain', () => {
    const label = fc.stringMatching(/^[a-z]{1,5}$/);
    const host = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(host, host, (name, domain) => {
        const checked = checkHostPattern(`*.${domain}`);
        const expected = checked.ok && name.endsWith(`.${domain}`);
        return bound(`https://${name}/`, `*.${domain}`) === expected;
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(host, label, (domain, first) => {
        return bound(`https://${first}.${domain}/`, `*.${domain}`) === checkHostPattern(`*.${domain}`).ok;
      }),
    );
  });
});
