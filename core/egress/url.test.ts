import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAddress } from './address.ts';
import { checkUrl, type UrlRefusal } from './url.ts';

const PRODUCTION = { allowLoopback: false };
const DEVELOPMENT = { allowLoopback: true };

const REFUSED: readonly (readonly [url: string, reason: UrlRefusal])[] = [
  // not a URL
  ['', 'invalid_url'],
  ['example.com', 'invalid_url'],
  ['//example.com/', 'invalid_url'],
  ['/path', 'invalid_url'],
  ['http://', 'invalid_url'],
  ['http:///', 'invalid_url'],
  ['http://a b.com/', 'invalid_url'],
  ['http://example.com:99999/', 'invalid_url'],
  ['http://[::1', 'invalid_url'],
  ['http://[fe80::1%25eth0]/', 'invalid_url'],
  ['http://256.256.256.256/', 'invalid_url'],
  ['http://1.2.3.4.5/', 'invalid_url'],
  ['http://exa\tmple.com/', 'invalid_url'],
  ['http://example.com/\r\nX: y', 'invalid_url'],
  ['\u0000http://example.com/', 'invalid_url'],
  [`https://example.com/${'a'.repeat(17_000)}`, 'invalid_url'],
  // schemes
  ['file:///etc/passwd', 'blocked_scheme'],
  ['ftp://example.com/', 'blocked_scheme'],
  ['gopher://example.com:70/_x', 'blocked_scheme'],
  ['data:text/plain,hi', 'blocked_scheme'],
  ['javascript:alert(1)', 'blocked_scheme'],
  ['ws://example.com/', 'blocked_scheme'],
  ['dict://example.com:11211/stat', 'blocked_scheme'],
  ['ldap://example.com/', 'blocked_scheme'],
  ['blob:https://example.com/1', 'blocked_scheme'],
  ['localhost:80', 'blocked_scheme'],
  // userinfo
  ['http://user@example.com/', 'blocked_userinfo'],
  ['http://user:pass@example.com/', 'blocked_userinfo'],
  ['http://:pass@example.com/', 'blocked_userinfo'],
  ['http://api.example.com@10.0.0.1/', 'blocked_userinfo'],
  ['http://api.example.com%2f@evil.com/', 'blocked_userinfo'],
  // ports
  ['http://example.com:22/', 'blocked_port'],
  ['http://example.com:8080/', 'blocked_port'],
  ['https://example.com:6379/', 'blocked_port'],
  ['http://8.8.8.8:53/', 'blocked_port'],
  ['http://example.com:0/', 'blocked_port'],
  // names
  ['http://localhost/', 'blocked_host'],
  [`http://${'a.'.repeat(126)}example/`, 'blocked_host'],
  ['http://LOCALHOST/', 'blocked_host'],
  ['http://localhost./', 'blocked_host'],
  ['http://a.localhost/', 'blocked_host'],
  ['http://a.localhost./', 'blocked_host'],
  ['http://printer.local/', 'blocked_host'],
  ['http://metadata.google.internal/', 'blocked_host'],
  ['http://metadata/', 'blocked_host'],
  ['http://router.home.arpa/', 'blocked_host'],
  ['http://git.corp/', 'blocked_host'],
  ['http://localhost.localdomain/', 'blocked_host'],
  ['http://ⓛocalhost/', 'blocked_host'],
  ['http://%6cocalhost/', 'blocked_host'],
  ['http://a..example.com/', 'blocked_host'],
  ['http://example.com../', 'blocked_host'],
  ['http://./', 'blocked_host'],
  // literal addresses, in every notation that WHATWG URL knows
  ['http://127.0.0.1/', 'blocked_address'],
  ['http://127.0.0.1./', 'blocked_address'],
  ['http://127.1/', 'blocked_address'],
  ['http://127.0.1/', 'blocked_address'],
  ['http://2130706433/', 'blocked_address'],
  ['http://0x7f000001/', 'blocked_address'],
  ['http://0x7f.0.0.1/', 'blocked_address'],
  ['http://017700000001/', 'blocked_address'],
  ['http://0177.0.0.1/', 'blocked_address'],
  ['http://0x7f.1/', 'blocked_address'],
  ['http://0/', 'blocked_address'],
  ['http://0x0/', 'blocked_address'],
  ['http://１２７.０.０.１/', 'blocked_address'],
  ['http://①②⑦.⓪.⓪.①/', 'blocked_address'],
  ['http://127。0。0。1/', 'blocked_address'],
  ['http://%31%32%37.0.0.1/', 'blocked_address'],
  ['http://169.254.169.254/latest/meta-data/', 'blocked_address'],
  ['http://2852039166/', 'blocked_address'],
  ['http://0xa9fea9fe/', 'blocked_address'],
  ['http://[::]/', 'blocked_address'],
  ['http://[::1]/', 'blocked_address'],
  ['http://[0:0:0:0:0:0:0:1]/', 'blocked_address'],
  ['http://[::ffff:127.0.0.1]/', 'blocked_address'],
  ['http://[::ffff:7f00:1]/', 'blocked_address'],
  ['http://[::127.0.0.1]/', 'blocked_address'],
  ['http://[64:ff9b::169.254.169.254]/', 'blocked_address'],
  ['http://[2002:7f00:1::]/', 'blocked_address'],
  ['http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/', 'blocked_address'],
  ['http://[fe80::1]/', 'blocked_address'],
  ['http://[fd00::1]/', 'blocked_address'],
  ['http://[ff02::1]/', 'blocked_address'],
  ['http:\\\\127.0.0.1\\', 'blocked_address'],
  ['http:127.0.0.1', 'blocked_address'],
  ['http:////127.0.0.1/', 'blocked_address'],
  ['hTTp://127.0.0.1/', 'blocked_address'],
];

const ACCEPTED: readonly (readonly [url: string, href: string])[] = [
  ['https://api.example.com', 'https://api.example.com/'],
  ['http://api.example.com/v1?a=1#f', 'http://api.example.com/v1?a=1#f'],
  ['https://api.example.com:443/', 'https://api.example.com/'],
  ['http://api.example.com:443/', 'http://api.example.com:443/'],
  ['https://api.example.com:80/', 'https://api.example.com:80/'],
  ['https://API.Example.COM/Path', 'https://api.example.com/Path'],
  ['https://api.example.com./x', 'https://api.example.com/x'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://8.8.8.8/', 'https://8.8.8.8/'],
  ['https://134744072/', 'https://8.8.8.8/'],
  ['https://[2606:4700:4700::1111]/', 'https://[2606:4700:4700::1111]/'],
  ['https://[::ffff:8.8.8.8]/', 'https://[::ffff:808:808]/'],
  ['https://localhost.example.com/', 'https://localhost.example.com/'],
  ['https://internal.example.com/', 'https://internal.example.com/'],
  ['https://1.example.com/', 'https://1.example.com/'],
  ['https://example.com/a%2Fb?q=http://127.0.0.1/', 'https://example.com/a%2Fb?q=http://127.0.0.1/'],
  ['https://example.com/@user', 'https://example.com/@user'],
  ['https://example.com\\@evil.test/', 'https://example.com/@evil.test/'],
  ['https://@example.com/', 'https://example.com/'],
];

describe('checkUrl', () => {
  it.each(REFUSED)('refuses %j as %s', (url, reason) => {
    expect(checkUrl(url, PRODUCTION)).toMatchObject({ ok: false, reason });
  });

  it.each(ACCEPTED)('accepts %j as %s', (url, href) => {
    const checked = checkUrl(url, PRODUCTION);
    expect(checked.ok && checked.url.href).toBe(href);
  });

  it('accepts the ports it is told to, on any host', () => {
    const policy = { allowLoopback: false, allowedPorts: [8443] };
    expect(checkUrl('https://api.example.com:8443/', policy).ok).toBe(true);
    expect(checkUrl('https://api.example.com:8444/', policy).ok).toBe(false);
    expect(checkUrl('https://127.0.0.1:8443/', policy)).toMatchObject({ reason: 'blocked_address' });
  });

  it.each([
    'http://127.0.0.1:4010/',
    'http://localhost:5432/',
    'http://localhost.:5432/',
    'http://api.localhost:1/',
    'http://[::1]:8080/',
    'http://0x7f.1:99/',
  ])('accepts loopback on any port in development: %s', (url) => {
    expect(checkUrl(url, DEVELOPMENT)).toMatchObject({ ok: true, loopback: true });
  });

  it.each([
    ['http://10.0.0.1/', 'blocked_address'],
    ['http://0.0.0.0:4010/', 'blocked_address'],
    ['http://169.254.169.254/', 'blocked_address'],
    ['http://[64:ff9b::127.0.0.1]/', 'blocked_address'],
    ['http://printer.local/', 'blocked_host'],
    ['http://example.com:4010/', 'blocked_port'],
    ['http://localhost.example.com:4010/', 'blocked_port'],
    ['http://u@localhost:4010/', 'blocked_userinfo'],
    ['file://localhost/etc/passwd', 'blocked_scheme'],
  ])('still refuses %s in development', (url, reason) => {
    expect(checkUrl(url, DEVELOPMENT)).toMatchObject({ ok: false, reason });
  });

  it('decides by the address, however an IPv4 literal is written', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const radix = fc.constantFrom(
      (value: number) => String(value),
      (value: number) => `0x${value.toString(16)}`,
      (value: number) => `0${value.toString(8)}`,
    );
    const parts = fc.constantFrom(1, 2, 3, 4);
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), radix, parts, ([a, b, c, d], write, count) => {
        const tail =
          [((a * 256 + b) * 256 + c) * 256 + d, (b * 256 + c) * 256 + d, c * 256 + d, d][count - 1] ?? 0;
        const host = [...[a, b, c].slice(0, count - 1), tail].map(write).join('.');
        const expected = classifyAddress(`${a}.${b}.${c}.${d}`).scope === 'public';
        return checkUrl(`http://${host}/`, PRODUCTION).ok === expected;
      }),
      { numRuns: 2000 },
    );
  });
});
