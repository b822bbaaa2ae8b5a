/**
 * Requirement → test, for the rules that need no network. What happens on real sockets is in trigger/egress.
 *
 * | requirement (design 9) | test |
 * |---|---|
 * | only global unicast, IPv4 | "refuses …" and "agrees with the numeric ranges of the IPv4 registry" |
 * | only global unicast, IPv6 | "refuses …" and "accepts IPv6 only inside 2000::/3" |
 * | all embedded IPv4 forms | "never accepts a special IPv4 address inside any IPv6 form" |
 * | http(s), no userinfo, ports, names, literals | url.test.ts |
 * | credentials only to bound hosts | host-binding.test.ts |
 * | credentials dropped across origins, method rewriting | redirect.test.ts |
 * | no header that reframes or splits the request | headers.test.ts |
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyAddress, isPublicAddress } from './address.ts';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001:80e::200e',
  '2001:0200::1',
  '3ffd::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '64:ff9b::808:808',
  '2606:4700::5efe:8.8.8.8',
];

const SPECIAL = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.100.100.200',
  '100.127.255.255',
  '168.63.129.16',
  '169.254.0.0',
  '169.254.169.254',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.0',
  '192.0.0.192',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.175.48.1',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::2',
  '::10.0.0.1',
  '::8.8.8.8',
  '::ffff:10.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:8.8.8.8',
  '64:ff9b::10.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::8.8.8.8',
  '100::1',
  '100:0:0:1::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:3::1',
  '2001:10::1',
  '2001:20::1',
  '2001:1ff:ffff::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '2002:808:808::1',
  '2606:4700::5efe:10.0.0.1',
  '2606:4700::200:5efe:127.0.0.1',
  '2620:4f:8000::1',
  '3ffe::1',
  '3fff::1',
  '3fff:fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'ff0e::1',
];

const LOOPBACK = [
  '127.0.0.1',
  '127.255.255.254',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
];

const INVALID = [
  '',
  ' ',
  'localhost',
  'example.com',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '2130706433',
  '1.2.3.4 ',
  '1.2.3.4/8',
  '8.8.8.8:80',
  '[::1]',
  '::1%lo',
  'fe80::1%eth0',
  '2606:4700::1%1',
  '::ffff:0177.0.0.1',
  '::ffff:0x7f.0.0.1',
  '::ffff:8.8.8.08',
  '::ffff:1.2.3',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '12345::1',
  ':::1',
  'g::1',
];

describe('classifyAddress', () => {
  it.each(PUBLIC)('accepts %s', (ip) => {
    expect(classifyAddress(ip)).toEqual({ scope: 'public', block: '' });
    expect(isPublicAddress(ip)).toBe(true);
  });

  it.each(SPECIAL)('refuses %s and names the block', (ip) => {
    const { scope, block } = classifyAddress(ip);
    expect(scope).toBe('special');
    expect(block).not.toBe('');
    expect(isPublicAddress(ip)).toBe(false);
  });

  it.each(LOOPBACK)('tells %s apart as loopback', (ip) => {
    expect(classifyAddress(ip).scope).toBe('loopback');
    expect(isPublicAddress(ip)).toBe(false);
  });

  it.each(INVALID)('takes %j for no address', (ip) => {
    expect(classifyAddress(ip).scope).toBe('invalid');
    expect(isPublicAddress(ip)).toBe(false);
  });
});

/** Written down a second time as numbers, apart from the table under test. */
const SPECIAL_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x00000000, 0x00ffffff],
  [0x0a000000, 0x0affffff],
  [0x64400000, 0x647fffff],
  [0x7f000000, 0x7fffffff],
  [0xa83f8110, 0xa83f8110],
  [0xa9fe0000, 0xa9feffff],
  [0xac100000, 0xac1fffff],
  [0xc0000000, 0xc00000ff],
  [0xc0000200, 0xc00002ff],
  [0xc01fc400, 0xc01fc4ff],
  [0xc034c100, 0xc034c1ff],
  [0xc0586300, 0xc05863ff],
  [0xc0a80000, 0xc0a8ffff],
  [0xc0af3000, 0xc0af30ff],
  [0xc6120000, 0xc613ffff],
  [0xc6336400, 0xc63364ff],
  [0xcb007100, 0xcb0071ff],
  [0xe0000000, 0xffffffff],
];

const isSpecial = (value: number) => SPECIAL_RANGES.some(([from, to]) => value >= from && value <= to);
const octets = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const dotted = (value: number) => octets(value).join('.');
const hextets = (value: number) => `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`;

/** Any address, one inside a special range, or one at the edge of a range, where off-by-one errors live. */
const anyV4 = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(...SPECIAL_RANGES).chain(([from, to]) => fc.integer({ min: from, max: to })),
  fc
    .tuple(fc.constantFrom(...SPECIAL_RANGES.flat()), fc.integer({ min: -2, max: 2 }))
    .map(([edge, offset]) => Math.min(0xffffffff, Math.max(0, edge + offset))),
);
const specialV4 = anyV4.filter(isSpecial);

describe('classifyAddress over generated addresses', () => {
  it('agrees with the numeric ranges of the IPv4 registry', () => {
    fc.assert(
      fc.property(anyV4, (value) => isPublicAddress(dotted(value)) === !isSpecial(value)),
      { numRuns: 3000 },
    );
  });

  it('never accepts a special IPv4 address inside any IPv6 form', () => {
    const forms: readonly ((value: number) => string)[] = [
      (value) => `::${dotted(value)}`,
      (value) => `::ffff:${dotted(value)}`,
      (value) => `::FFFF:${hextets(value)}`,
      (value) => `0:0:0:0:0:ffff:${hextets(value)}`,
      (value) => `::ffff:0:${dotted(value)}`,
      (value) => `64:ff9b::${dotted(value)}`,
      (value) => `0064:ff9b:0:0:0:0:${hextets(value)}`,
      (value) => `64:ff9b:1::${dotted(value)}`,
      (value) => `2002:${hextets(value)}::1`,
      (value) => `2001:0:${hextets(value)}::1`,
      (value) => `2001:0:4136:e378:8000:63bf:${hextets(~value >>> 0)}`,
      (value) => `fe80::5efe:${dotted(value)}`,
      (value) => `2a00:1450:4001::5efe:${dotted(value)}`,
      (value) => `2a00:1450:4001:0:200:5efe:${hextets(value)}`,
    ];
    fc.assert(
      fc.property(specialV4, fc.constantFrom(...forms), (value, form) => !isPublicAddress(form(value))),
      { numRuns: 3000 },
    );
  });

  it('accepts IPv6 only inside 2000::/3, apart from mapped and NAT64 forms of public IPv4', () => {
    const hextet = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(fc.array(hextet, { minLength: 8, maxLength: 8 }), (parts) => {
        const accepted = isPublicAddress(parts.map((part) => part.toString(16)).join(':'));
        const first = parts[0] ?? 0;
        return !accepted || (first >= 0x2000 && first <= 0x3fff);
      }),
      { numRuns: 3000 },
    );
  });
});
