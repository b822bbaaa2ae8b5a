import ipaddr from 'ipaddr.js';

/**
 * The IANA special-purpose address registries (RFC 6890 and its updates), plus multicast and a few blocks that
 * only look public. Every registered block is refused, also those the registry calls globally reachable
 * (AS112, AMT, ORCHID, 6to4): no service a connector calls lives there, and several lead to local anycast relays.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export interface SpecialBlock {
  readonly label: string;
  readonly bytes: readonly number[];
  readonly bits: number;
  readonly loopback?: true;
  /** The last 32 bits are an IPv4 address that decides instead of the block. */
  readonly embedded?: 'last_32_bits';
  /** The embedded address is used by this host's own stack, not by a translator elsewhere. */
  readonly sameHost?: true;
}

type Traits = Pick<SpecialBlock, 'loopback' | 'embedded' | 'sameHost'>;

function block(cidr: string, name: string, traits: Traits = {}): SpecialBlock {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return { label: `${cidr} ${name}`, bytes: address.toByteArray(), bits, ...traits };
}

export const IPV4_BLOCKS: readonly SpecialBlock[] = [
  block('0.0.0.0/8', 'this network'),
  block('10.0.0.0/8', 'private use'),
  block('100.64.0.0/10', 'shared address space'),
  block('127.0.0.0/8', 'loopback', { loopback: true }),
  block('169.254.0.0/16', 'link local and cloud metadata'),
  block('172.16.0.0/12', 'private use'),
  block('192.0.0.0/24', 'IETF protocol assignments'),
  block('192.0.2.0/24', 'documentation'),
  block('192.31.196.0/24', 'AS112'),
  block('192.52.193.0/24', 'AMT'),
  block('192.88.99.0/24', '6to4 relay anycast'),
  block('192.168.0.0/16', 'private use'),
  block('192.175.48.0/24', 'AS112'),
  block('198.18.0.0/15', 'benchmarking'),
  block('198.51.100.0/24', 'documentation'),
  block('203.0.113.0/24', 'documentation'),
  block('224.0.0.0/4', 'multicast'),
  block('240.0.0.0/4', 'reserved and broadcast'),
  // Public by registry, but on Azure hosts it is the platform agent of the machine itself.
  block('168.63.129.16/32', 'Azure platform address'),
];

/** First match wins: the translating forms stand before the blocks that contain them. */
export const IPV6_BLOCKS: readonly SpecialBlock[] = [
  block('::/128', 'unspecified'),
  block('::1/128', 'loopback', { loopback: true }),
  block('::ffff:0:0/96', 'IPv4-mapped', { embedded: 'last_32_bits', sameHost: true }),
  // NAT64 (RFC 6052): IPv6-only hosts reach every IPv4 service this way.
  block('64:ff9b::/96', 'NAT64', { embedded: 'last_32_bits' }),
  block('64:ff9b:1::/48', 'local-use NAT64'),
  block('::/96', 'IPv4-compatible'),
  block('::ffff:0:0:0/96', 'IPv4-translated'),
  block('100::/64', 'discard only'),
  block('100:0:0:1::/64', 'dummy prefix'),
  block('2001::/23', 'IETF protocol assignments and Teredo'),
  block('2001:db8::/32', 'documentation'),
  block('2002::/16', '6to4'),
  block('2620:4f:8000::/48', 'AS112'),
  block('3ffe::/16', 'former 6bone'),
  block('3fff::/20', 'documentation'),
  block('5f00::/16', 'SRv6 segment identifiers'),
  block('fc00::/7', 'unique local'),
  block('fe80::/10', 'link local'),
  block('fec0::/10', 'former site local'),
  block('ff00::/8', 'multicast'),
];
