import { effectivePort, literalAddress } from './url.ts';

/**
 * A credential's `allowed_hosts`: where it may be sent. An entry is a host (`api.example.com`), or a wildcard that
 * stands for one or more labels (`*.example.com`, not `example.com` itself), each with an optional port. Without
 * a port, every port that the egress policy allows matches.
 */
interface HostPattern {
  /** Normalised as WHATWG URL does: lower case, punycode, canonical addresses. */
  readonly host: string;
  readonly wildcard: boolean;
  readonly port: number | null;
}

export type HostPatternCheck =
  | { readonly ok: true /** As it should be stored. */; readonly pattern: string }
  | { readonly ok: false; readonly message: string };

type Parsed =
  | { readonly ok: true; readonly pattern: HostPattern }
  | { readonly ok: false; readonly message: string };

/**
 * Second-level labels under which country registries sell names: `*.co.uk` would match everybody's. A full public
 * suffix list (8,000 entries, changing weekly) is not carried; a wildcard is the workspace's own choice to make.
 */
const REGISTRY_LABELS: readonly string[] = ['ac', 'co', 'com', 'edu', 'gov', 'go', 'net', 'ne', 'or', 'org'];

const PATTERN = /^(?<wildcard>\*\.)?(?<host>\[[0-9a-f:.]+\]|[^\s:/?#@\\*[\]%]+)(?::(?<port>\d{1,5}))?$/iu;

/** Validates one entry when a credential is saved, and returns it in the form to store. */
export function checkHostPattern(text: string): HostPatternCheck {
  const parsed = parse(text);
  if (!parsed.ok) return parsed;
  const { host, wildcard, port } = parsed.pattern;
  return { ok: true, pattern: `${wildcard ? '*.' : ''}${host}${port === null ? '' : `:${port}`}` };
}

/** Whether a credential bound to these entries may go to this URL's host and port. Malformed entries never match. */
export function hostIsBound(url: URL, allowedHosts: readonly string[]): boolean {
  const hostname = withoutTrailingDot(url.hostname);
  const port = effectivePort(url);
  return allowedHosts.some((text) => {
    const parsed = parse(text);
    if (!parsed.ok) return false;
    const { pattern } = parsed;
    if (pattern.port !== null && pattern.port !== port) return false;
    if (!pattern.wildcard) return hostname === pattern.host;
    return hostname.endsWith(`.${pattern.host}`) && hostname.length > pattern.host.length + 1;
  });
}

function parse(text: string): Parsed {
  const groups = PATTERN.exec(text)?.groups;
  const rawHost = groups?.host;
  if (groups === undefined || rawHost === undefined) {
    return refuse('Write a host such as "api.example.com" or "*.example.com", without scheme or path.');
  }
  const host = normaliseHost(rawHost);
  if (host === null) return refuse('The host is not valid.');
  const wildcard = groups.wildcard !== undefined;
  const port = groups.port === undefined ? null : Number(groups.port);
  if (port !== null && (port < 1 || port > 65_535)) return refuse('The port must be between 1 and 65535.');
  if (wildcard) {
    if (literalAddress(host) !== null) return refuse('A wildcard cannot stand before an address.');
    const labels = host.split('.');
    if (labels.length < 2 || isRegistrySuffix(labels)) {
      return refuse('A wildcard needs a domain of your own after it, such as "*.example.com".');
    }
  }
  return { ok: true, pattern: { host, wildcard, port } };
}

function isRegistrySuffix(labels: readonly string[]): boolean {
  const [second, top] = labels;
  return labels.length === 2 && top?.length === 2 && REGISTRY_LABELS.includes(second ?? '');
}

function normaliseHost(host: string): string | null {
  const text = `http://${host}/`;
  if (!URL.canParse(text)) return null;
  const hostname = withoutTrailingDot(new URL(text).hostname);
  return hostname === '' || hostname.split('.').includes('') ? null : hostname;
}

function withoutTrailingDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function refuse(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
