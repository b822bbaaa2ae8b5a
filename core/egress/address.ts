import ipaddr from 'ipaddr.js';
import { IPV4_BLOCKS, IPV6_BLOCKS, type SpecialBlock } from './special-blocks.ts';

/**
 * `public`: global unicast, may be connected to. `loopback`: this machine, only with the development setting.
 * `special`: every other address that exists. `invalid`: not an IP address in canonical notation.
 */
export type AddressScope = 'public' | 'loopback' | 'special' | 'invalid';

export interface AddressClass {
  readonly scope: AddressScope;
  /** The block that decided, for messages and logs: `10.0.0.0/8 private use`. Empty for public and invalid. */
  readonly block: string;
}

const PUBLIC: AddressClass = { scope: 'public', block: '' };
const INVALID: AddressClass = { scope: 'invalid', block: '' };

/**
 * Classifies an address as text, without brackets. IPv4 must be four decimal parts (what WHATWG URL and
 * resolvers produce); a zone id (`fe80::1%eth0`) is invalid, since it only makes sense off the public internet.
 */
export function classifyAddress(ip: string): AddressClass {
  if (ip.includes(':')) return classifyV6(ip);
  if (!ipaddr.IPv4.isValidFourPartDecimal(ip)) return INVALID;
  return classifyV4Bytes(ipaddr.IPv4.parse(ip).toByteArray());
}

/**
 * True for global unicast only. What no table can know: an operator's own NAT64 prefix (RFC 6052 section 2.2), which
 * looks like any other global prefix.
 */
export function isPublicAddress(ip: string): boolean {
  return classifyAddress(ip).scope === 'public';
}

function classifyV6(ip: string): AddressClass {
  const text = withoutDottedTail(ip);
  if (text === null || text.includes('%') || !ipaddr.IPv6.isValid(text)) return INVALID;
  const bytes = ipaddr.IPv6.parse(text).toByteArray();

  const block = IPV6_BLOCKS.find((candidate) => contains(candidate, bytes));
  if (block?.embedded === 'last_32_bits') return classifyEmbedded(block, bytes);
  if (block !== undefined) return fromBlock(block);
  // Only 2000::/3 is allocated as global unicast (IANA IPv6 address space registry).
  if (((bytes[0] ?? 0) & 0xe0) !== 0x20) return { scope: 'special', block: 'outside 2000::/3' };
  return isIsatap(bytes) ? classifyEmbedded(ISATAP, bytes) : PUBLIC;
}

/**
 * Rewrites `::ffff:1.2.3.4` to `::ffff:102:304` (RFC 4291 section 2.2, form 3), or null when the tail is not four
 * decimal parts. The library takes octal and hexadecimal parts there and reads `::1.2.3.4` as the mapped form.
 */
function withoutDottedTail(ip: string): string | null {
  if (!ip.includes('.')) return ip;
  const tailAt = ip.lastIndexOf(':') + 1;
  const tail = ip.slice(tailAt);
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).toByteArray();
  return `${ip.slice(0, tailAt)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

const ISATAP: SpecialBlock = { label: 'ISATAP interface identifier', bytes: [], bits: 0 };

/** RFC 5214 section 6.1: interface identifier 00-00-5e-fe (or 02-00-5e-fe) and an IPv4 address. */
function isIsatap(bytes: readonly number[]): boolean {
  const globalBit = bytes[8] ?? 0;
  return (globalBit === 0 || globalBit === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

/** An address that a translator turns into IPv4 reaches whatever that IPv4 address is. */
function classifyEmbedded(block: SpecialBlock, bytes: readonly number[]): AddressClass {
  const inner = classifyV4Bytes(bytes.slice(12));
  if (inner.scope === 'public') return PUBLIC;
  // Only the mapped form is loopback on the host itself; through a translator it is somebody else's.
  const scope = inner.scope === 'loopback' && block.sameHost === true ? 'loopback' : 'special';
  return { scope, block: `${block.label} of ${inner.block}` };
}

function classifyV4Bytes(bytes: readonly number[]): AddressClass {
  const block = IPV4_BLOCKS.find((candidate) => contains(candidate, bytes));
  return block === undefined ? PUBLIC : fromBlock(block);
}

function fromBlock(block: SpecialBlock): AddressClass {
  return { scope: block.loopback === true ? 'loopback' : 'special', block: block.label };
}

function contains(block: SpecialBlock, bytes: readonly number[]): boolean {
  for (let bit = 0, index = 0; bit < block.bits; bit += 8, index += 1) {
    const width = Math.min(8, block.bits - bit);
    const mask = (0xff << (8 - width)) & 0xff;
    if (((bytes[index] ?? 0) & mask) !== ((block.bytes[index] ?? 0) & mask)) return false;
  }
  return true;
}
