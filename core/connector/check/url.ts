import { checkUrl, type UrlPolicy } from '../../egress/url.ts';
import { expressionReferences, type Piece } from '../../expression/parse.ts';

/** Stands for a value in a part of the URL that is checked when the value is known. */
const PLACEHOLDER = 'x';
const PLACEHOLDER_HOST = 'host.example.com';
const PLACEHOLDER_PORT = '443';

/**
 * Checks the parts of a URL template that are known before it runs: the scheme, and the host as far as it is
 * literal. A URL may be a path, which goes below the base URL of a credential; it may start with one expression that gives scheme and host (`{{input.base}}/v1`), and a host may
 * hold expressions; the egress door checks the result. No credential may stand in scheme or host, where it
 * would be resolved by name servers and appear in certificates' logs.
 * @param pieces of a template that has parsed
 */
export function checkUrlTemplate(pieces: readonly Piece[], policy: UrlPolicy): string | undefined {
  const [first] = pieces;
  if (pieces.some((piece) => piece.type === 'literal' && piece.text.includes('\\')))
    return 'the URL holds a backslash: write "/", or %5C in a value'; // parsers disagree on what it means
  if (first === undefined) return 'the URL is empty';
  if (isBelowBase(pieces)) return checkPath(pieces, policy);
  return first.type === 'expression' ? checkDynamicStart(pieces) : checkLiteralStart(pieces, policy);
}

/** Whether the URL is a path below the base URL that a credential has. */
export function isBelowBase([first]: readonly Piece[]): boolean {
  return first?.type === 'literal' && first.text.startsWith('/');
}

function checkPath(pieces: readonly Piece[], policy: UrlPolicy): string | undefined {
  const path = pieces.map((piece) => (piece.type === 'literal' ? piece.text : PLACEHOLDER)).join('');
  // URL parsers read what follows two slashes as a host.
  if (path.startsWith('//')) return 'a path starts with one "/": write https:// before a host';
  const check = checkUrl(`https://${PLACEHOLDER_HOST}${path}`, policy);
  return check.ok ? undefined : check.message;
}

function checkDynamicStart([start, next]: readonly Piece[]): string | undefined {
  if (start?.type === 'expression' && readsCredential(start.source)) return CREDENTIAL_IN_HOST;
  if (next === undefined || (next.type === 'literal' && /^[/?#]/.test(next.text))) return undefined;
  return 'an expression at the start of the URL must give scheme and host, and be followed by "/", "?" or nothing';
}

function checkLiteralStart(pieces: readonly Piece[], policy: UrlPolicy): string | undefined {
  let probe = '';
  let inAuthority = true;
  for (const [index, piece] of pieces.entries()) {
    if (piece.type === 'literal') {
      if (/[/?#]/.test(index === 0 ? afterScheme(piece.text) : piece.text)) inAuthority = false;
      probe += piece.text;
    } else {
      if (!inAuthority) {
        probe += PLACEHOLDER;
        continue;
      }
      if (!SCHEME.test(probe)) return 'the URL must start with https:// or http://';
      if (readsCredential(piece.source)) return CREDENTIAL_IN_HOST;
      probe += placeholderInAuthority(probe, pieces[index + 1]);
    }
  }
  // A third slash is skipped by URL parsers, so that what looks like a path would be the host.
  if (/^https?:\/\/\//i.test(probe)) return 'the URL has no host after "//"';
  const check = checkUrl(probe, policy);
  if (!check.ok) return check.message;
  return SCHEME.test(probe) ? undefined : 'the URL must start with https:// or http://';
}

const SCHEME = /^https?:\/\//i;
const CREDENTIAL_IN_HOST = 'a credential cannot stand in the scheme or host of a URL';

function afterScheme(text: string): string {
  return text.replace(/^[a-z][a-z0-9+.-]*:\/{0,2}/i, '');
}

function placeholderInAuthority(before: string, next: Piece | undefined): string {
  if (/:\d*$/.test(before.replace(SCHEME, ''))) return /:$/.test(before) ? PLACEHOLDER_PORT : '';
  const wholeHost =
    /\/$/.test(before) && (next === undefined || (next.type === 'literal' && /^[/?#:]/.test(next.text)));
  return wholeHost ? PLACEHOLDER_HOST : PLACEHOLDER;
}

function readsCredential(source: string): boolean {
  return expressionReferences(source).some(({ root }) => root === 'workspace');
}
