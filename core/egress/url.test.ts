import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAddress } from './address.ts';
import { hostileUrls, NAMES } from './testing/hostile-urls.ts';
import { PUBLIC_URLS } from './testing/public-urls.ts';
import { checkUrl, type UrlRefusal } from './url.ts';

const PRODUCTION = { allowLoopback: false };
const DEVELOPMENT = { allowLoopback: true };

/** The port of the tables' canary. */
const PORT = 4711;
const TABLE = { allowLoopback: false, allowedPorts: [PORT, 8443] };

/** What the table of hostile URLs does not hold: no host or address is the point. */
const REFUSED: readonly (readonly [url: string, reason: UrlRefusal])[] = [
  ['/path', 'invalid_url'],
  ['http://', 'invalid_url'],
  [`https://example.com/${'a'.repeat(17_000)}`, 'invalid_url'],
  [`http://${'a.'.repeat(126)}example/`, 'blocked_host'],
];

const NORMALISED: readonly (readonly [url: string, href: string])[] = [
  ['https://api.example.com', 'https://api.example.com/'],
  ['https://api.example.com:443/', 'https://api.example.com/'],
  ['http://api.example.com:443/', 'http://api.example.com:443/'],
  ['https://API.Example.COM/Path', 'https://api.example.com/Path'],
  ['https://api.example.com./x', 'https://api.example.com/x'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://134744072/', 'https://8.8.8.8/'],
  ['https://[::ffff:8.8.8.8]/', 'https://[::ffff:808:808]/'],
  ['https://example.com/a%2Fb?q=http://127.0.0.1/', 'https://example.com/a%2Fb?q=http://127.0.0.1/'],
  ['https://example.com\\@evil.test/', 'https://example.com/@evil.test/'],
  ['https://@example.com/', 'https://example.com/'],
];

describe('checkUrl', () => {
  it.each(hostileUrls(PORT))('%s: refuses %j as %s', (_idea, url, reason) => {
    // A name says nothing of where it leads: that is seen when it is resolved, in the door.
    const name = URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : '';
    const expected = Object.hasOwn(NAMES, name) ? { ok: true } : { ok: false, reason };
    expect(checkUrl(url, TABLE)).toMatchObject(expected);
  });

  it.each(REFUSED)('refuses %j as %s', (url, reason) => {
    expect(checkUrl(url, PRODUCTION)).toMatchObject({ ok: false, reason });
  });

  it.each(PUBLIC_URLS)('accepts %j', (url) => {
    expect(checkUrl(url, TABLE)).toMatchObject({ ok: true, loopback: false });
  });

  it.each(NORMALISED)('reads %j as %s', (url, href) => {
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
