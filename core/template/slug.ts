const MAX_SLUG_CHARS = 64;

/** A name as it can stand in an address: `Jira: new issue` becomes `jira-new-issue`; '' when nothing is left. */
export function slugOf(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return words.replace(/^-/, '').slice(0, MAX_SLUG_CHARS).replace(/-$/, '');
}
