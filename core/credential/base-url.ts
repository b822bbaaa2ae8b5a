import { hostIsBound } from '../egress/host-binding.ts';
import { type FieldError, Problem } from '../problem/problem.ts';

/** As it is stored: normalised, without the slash at its end. A step's `/path` follows it as it stands. */
export function requireBaseUrl(text: string, allowedHosts: readonly string[], pointer = '/base_url'): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const flaw = url === undefined ? NO_URL : flawOf(url, text, allowedHosts);
  if (url === undefined || flaw !== undefined) {
    const errors: FieldError[] = [{ pointer, detail: flaw ?? NO_URL }];
    throw new Problem('validation_failed', 'The base URL is not valid.', errors);
  }
  return url.href.replace(/\/+$/, '');
}

const NO_URL = 'write an absolute URL such as https://api.example.com/v1';

function flawOf(url: URL, text: string, allowedHosts: readonly string[]): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return 'the URL must start with https:// or http://';
  // Parsers read a backslash as a slash, or not; and they drop white space.
  if (!/^https?:\/\/[^/\\\s][^\\\s]*$/i.test(text)) return NO_URL;
  if (text.includes('{{')) return 'a base URL holds no expression';
  if (url.username !== '' || url.password !== '' || text.includes('@'))
    return 'a base URL holds no user name and no password: the fields are for those';
  if (/[?#]/.test(text)) return 'a base URL has no query and no fragment';
  if (!hostIsBound(url, allowedHosts)) return `the host ${url.host} is not one of allowed_hosts`;
  return undefined;
}
