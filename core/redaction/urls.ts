import { isSensitiveParameter } from './sensitive-names.ts';

const URL_KEYS: ReadonlySet<string> = new Set(['url', 'uri', 'href', 'location', 'referer', 'referrer']);
const ABSOLUTE_HTTP_URL = /^\s*https?:\/\//i;
const USERINFO = /^(\s*[a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/i;
const PARAMETER = /([?&#;])([^=&#;?\s]+)=([^&#;\s]*)/g;

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** True if the value of this field is read as a URL. */
export function isUrl(value: string, key: string): boolean {
  return ABSOLUTE_HTTP_URL.test(value) || URL_KEYS.has(key.toLowerCase());
}

/** Replaces the user information and the values of sensitive parameters, in the query and in the fragment. */
export function redactUrl(url: string, replacement: string): string {
  return url
    .replace(USERINFO, (_, scheme: string) => `${scheme}${replacement}@`)
    .replace(PARAMETER, (whole: string, mark: string, name: string) =>
      isSensitiveParameter(decoded(name)) ? `${mark}${name}=${replacement}` : whole,
    );
}

/**
 * Replaces values of parameters, in the query and in the fragment.
 * @param map gets the decoded name and value; null leaves the parameter as it is
 */
export function mapParameters(url: string, map: (name: string, value: string) => string | null): string {
  return url.replace(PARAMETER, (whole: string, mark: string, name: string, value: string) => {
    const mapped = map(decoded(name), decoded(value));
    return mapped === null ? whole : `${mark}${name}=${mapped}`;
  });
}
