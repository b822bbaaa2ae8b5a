/** One link of a Link header: `<target>; parameters` (RFC 8288 section 3). */
const LINK =
  /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)\s*(?:,|$)/y;
const PARAMETER = /;\s*([\w!#$&+.^`|~*-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?/g;

/** A header is not read any further than this. */
const MAX_HEADER_CHARS = 16_384;

/** The target of the first link whose relation is `next`; as it is written, which may be relative. */
export function nextLink(header: string | undefined): string | undefined {
  const text = (header ?? '').slice(0, MAX_HEADER_CHARS);
  for (let at = 0; at < text.length; ) {
    while (/[\s,]/.test(text[at] ?? '')) at += 1;
    LINK.lastIndex = at;
    const link = LINK.exec(text);
    if (link === null) return undefined;
    at = LINK.lastIndex;
    // RFC 8288 section 3.3: of several `rel`, only the first counts; it may name several relations.
    const rel = [...(link[2] ?? '').matchAll(PARAMETER)].find(([, name]) => name?.toLowerCase() === 'rel');
    const relations = (rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return link[1];
  }
  return undefined;
}
