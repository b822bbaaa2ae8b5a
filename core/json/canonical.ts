/**
 * JSON with the keys of every object in order and no blanks: two documents that say the same give the same text. Numbers
 * and texts are written as JSON.stringify does, as in RFC 8785.
 *
 * @param value what JSON.parse returned, of bounded depth
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, child]) => `${JSON.stringify(key)}:${canonicalJson(child)}`);
  return `{${fields.join(',')}}`;
}
