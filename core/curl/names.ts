import type { Found } from './secrets.ts';

/** Labels under which registries sell names, and those that say nothing of a service. */
const GENERIC = new Set(['www', 'api', 'app', 'rest', 'gateway', 'co', 'com', 'org', 'net', 'gov', 'ac']);

/** What a variable of a credential ends with. */
const VARIABLE_ENDS = /_(?:token|api_key|username|password|authorization|base_url)$/;

function plainName(text: string, fallback: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 64);
  return plain === '' ? fallback : plain;
}

/** The service that a credential is for: what its variables say, or else what the host is called. */
export function serviceName(found: readonly Found[], host: string): string {
  const [variable] = found.flatMap(({ variables }) => variables).map((name) => name.toLowerCase());
  if (variable !== undefined && VARIABLE_ENDS.test(variable))
    return plainName(variable.replace(VARIABLE_ENDS, ''), 'service');
  const labels = host.replace(/:\d+$/, '').split('.');
  if (/^[\d.]+$|^\[/.test(host.replace(/:\d+$/, ''))) return 'service';
  const names = (labels.length > 1 ? labels.slice(0, -1) : labels).filter(
    (label) => !GENERIC.has(label.toLowerCase()),
  );
  return plainName(names.at(-1) ?? '', 'service');
}

/** A step is called by the last word of its path that is a name. */
export function stepName(url: string, method: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/?]*/i, '').split('?')[0] ?? '';
  const words = path
    .split('/')
    .filter((word) => /^[A-Za-z][A-Za-z0-9._-]{0,63}$/.test(word) && !/^v\d+$/.test(word));
  return plainName(words.at(-1) ?? method, 'call');
}
