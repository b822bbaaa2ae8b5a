import { classifyAddress } from './address.ts';
import type { EgressFailureCode } from './port.ts';

export interface UrlPolicy {
  /** Development only: permits loopback hosts, on any port. */
  readonly allowLoopback: boolean;
  /** Ports permitted besides 80 and 443, on any host. */
  readonly allowedPorts?: readonly number[];
}

export type UrlRefusal = Extract<
  EgressFailureCode,
  'invalid_url' | 'blocked_scheme' | 'blocked_userinfo' | 'blocked_port' | 'blocked_host' | 'blocked_address'
>;

export type UrlCheck =
  | {
      readonly ok: true;
      /** Normalised; one trailing dot of the host is removed. Use this, not the text it came from. */
      readonly url: URL;
      /** The host names this machine, so every address it resolves to must be loopback. */
      readonly loopback: boolean;
    }
  | { readonly ok: false; readonly reason: UrlRefusal; readonly message: string };

const DEFAULT_PORTS: readonly number[] = [80, 443];

/** Longer than any URL a service documents; keeps a rendered template from growing without bound. */
const MAX_URL_LENGTH = 16_384;

/** RFC 1035 section 2.3.4, without the dot at the end. */
const MAX_HOST_CHARS = 253;

/**
 * Names that are resolved by the machine or its network, never by the public DNS (RFC 6761, 6762, 8375, ICANN's
 * `.internal`, and the suffixes private networks use). What they resolve to would be refused as well: this says
 * so without a lookup.
 */
const PRIVATE_SUFFIXES: readonly string[] = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'lan',
  'home',
  'corp',
  'private',
  'home.arpa',
];

/**
 * Checks everything about a URL that can be known without DNS: scheme, userinfo, host, port, literal addresses.
 * WHATWG parsing has already turned decimal, octal, hexadecimal and short IPv4 forms into four decimal parts,
 * and full-width digits and dots into ASCII. Names still have to be resolved and checked when connecting.
 */
export function checkUrl(text: string, policy: UrlPolicy): UrlCheck {
  if (text.length > MAX_URL_LENGTH) return refuse('invalid_url', 'The URL is too long.');
  // The parser silently drops tabs and newlines, so what people read would differ from what is called.
  if (hasControlCharacter(text)) return refuse('invalid_url', 'The URL holds a control character.');
  if (!URL.canParse(text)) return refuse('invalid_url', 'The URL is not a valid absolute URL.');
  const url = new URL(text);

  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse('blocked_scheme', `The scheme "${url.protocol}" is not allowed: use https or http.`);
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('blocked_userinfo', 'A user name or password in the URL is not allowed.');
  }
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);

  const host = checkHost(url.hostname, policy);
  if (!host.ok) return host;
  const port = effectivePort(url);
  if (!host.loopback && !DEFAULT_PORTS.includes(port) && !(policy.allowedPorts ?? []).includes(port)) {
    return refuse('blocked_port', `Port ${port} is not allowed.`);
  }
  return { ok: true, url, loopback: host.loopback };
}

/** The address a URL's host is, without brackets, or null when it is a name. */
export function literalAddress(hostname: string): string | null {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return classifyAddress(hostname).scope === 'invalid' ? null : hostname;
}

/** The port that will be connected to; 80 or 443 when the URL has none. */
export function effectivePort(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

type HostCheck = { readonly ok: true; readonly loopback: boolean } | Extract<UrlCheck, { ok: false }>;

function checkHost(hostname: string, policy: UrlPolicy): HostCheck {
  const literal = literalAddress(hostname);
  if (literal !== null) {
    const { scope, block } = classifyAddress(literal);
    if (scope === 'public') return { ok: true, loopback: false };
    if (scope === 'loopback' && policy.allowLoopback) return { ok: true, loopback: true };
    return refuse(
      'blocked_address',
      `The address ${literal} is not public${block === '' ? '' : ` (${block})`}.`,
    );
  }
  if (hostname.length > MAX_HOST_CHARS)
    return refuse('blocked_host', 'The host is longer than a name can be.');
  const labels = hostname.split('.');
  if (labels.some((label) => label === '')) return refuse('blocked_host', 'The host has an empty label.');
  const loopback = labels.at(-1) === 'localhost';
  if (loopback && policy.allowLoopback) return { ok: true, loopback: true };
  if (labels.length < 2 || PRIVATE_SUFFIXES.some((suffix) => hostname.endsWith(`.${suffix}`))) {
    return refuse('blocked_host', `The host "${hostname}" is not a public name.`);
  }
  return { ok: true, loopback: false };
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function refuse(reason: UrlRefusal, message: string): Extract<UrlCheck, { ok: false }> {
  return { ok: false, reason, message };
}
