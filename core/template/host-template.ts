import { isBelowBase } from '../connector/check/url.ts';
import { expressionReferences, type Piece, parseTemplate } from '../expression/parse.ts';
import type { Reference } from '../expression/references.ts';
import type { ManifestHost } from './schema.ts';

export type HostTemplate = Omit<ManifestHost, 'steps' | 'chosen_by'> & {
  readonly chosen_by: readonly Reference[];
};

/** As WHATWG reads it: any number of slashes may follow the scheme, and the host comes after them. */
const SCHEME = /^\s*(https?):[/\\]*/i;
const END_OF_AUTHORITY = /[/?#\\]/;
/** ASCII that URL parsing leaves as it is, apart from its case. */
const PLAIN = /^[a-z0-9.:-]*$/i;
/** A whole last label that cannot be read as a number: the host is a name, below this domain. */
const FIXED_DOMAIN = /\.[a-z][a-z0-9-]*$/i;
const USUAL_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/**
 * The host of a URL template, as far as its text decides it. What is called a `pattern` ends in its fixed domain
 * whatever the expressions give, because the engine lets no value end the host; anything less sure is `any`.
 *
 * @param url that has passed the check of definitions
 * @param credential whose base URL a path goes below
 */
export function hostTemplate(url: string, credential?: string): HostTemplate {
  const { pieces } = parseTemplate(url);
  const [first] = pieces;
  if (credential !== undefined && isBelowBase(pieces)) {
    const reference = { root: 'workspace', path: [credential, 'base_url'] };
    return { kind: 'credential', host: `{{${referenceText(reference)}}}`, chosen_by: [reference] };
  }
  const scheme = first?.type === 'literal' ? SCHEME.exec(first.text) : null;
  if (first?.type !== 'literal' || scheme === null) return anyHost(pieces.slice(0, 1));
  const authority = authorityOf([
    { type: 'literal', text: first.text.slice(scheme[0].length) },
    ...pieces.slice(1),
  ]);
  const name = scheme[1]?.toLowerCase() ?? '';
  return authority.every((piece) => piece.type === 'literal')
    ? fixedHost(name, authority)
    : patternHost(name, authority);
}

function authorityOf(pieces: readonly Piece[]): Piece[] {
  const authority: Piece[] = [];
  for (const piece of pieces) {
    const end = piece.type === 'literal' ? piece.text.search(END_OF_AUTHORITY) : -1;
    if (piece.type === 'literal' && end >= 0) {
      if (end > 0) authority.push({ type: 'literal', text: piece.text.slice(0, end) });
      break;
    }
    if (piece.type === 'expression' || piece.text !== '') authority.push(piece);
  }
  return authority;
}

function fixedHost(scheme: string, authority: readonly Piece[]): HostTemplate {
  const text = `${scheme}://${textOf(authority)}`;
  if (!URL.canParse(text)) return anyHost(authority);
  const { host, port } = new URL(text);
  const name = port === '' ? host : host.slice(0, -port.length - 1);
  return { kind: 'host', host: `${name.replace(/\.$/, '')}${port === '' ? '' : `:${port}`}`, chosen_by: [] };
}

function patternHost(scheme: string, authority: readonly Piece[]): HostTemplate {
  const last = authority.at(-1);
  if (last?.type !== 'literal') return anyHost(authority);
  if (authority.some((piece) => piece.type === 'literal' && !PLAIN.test(piece.text)))
    return anyHost(authority);
  const [, name = '', port = ''] = /^(.*?)\.?(?::(\d*))?$/.exec(last.text) ?? [];
  if (!FIXED_DOMAIN.test(name)) return anyHost(authority);
  const shownPort = port === '' || port === USUAL_PORTS[scheme] ? '' : `:${port}`;
  const before = authority
    .slice(0, -1)
    .map((piece) => (piece.type === 'literal' ? { ...piece, text: piece.text.toLowerCase() } : piece));
  return {
    kind: 'pattern',
    host: `${textOf(before)}${name.toLowerCase()}${shownPort}`,
    chosen_by: referencesIn(authority),
  };
}

function anyHost(pieces: readonly Piece[]): HostTemplate {
  return { kind: 'any', host: textOf(pieces), chosen_by: referencesIn(pieces) };
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (piece.type === 'literal' ? piece.text : `{{${piece.source}}}`)).join('');
}

function referencesIn(pieces: readonly Piece[]): Reference[] {
  return pieces.flatMap((piece) => (piece.type === 'expression' ? expressionReferences(piece.source) : []));
}

/** A reference as people write it: `steps.lookup.country`. */
export function referenceText({ root, path }: Reference): string {
  return [root, ...path].join('.');
}
