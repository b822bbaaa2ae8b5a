/** JSONata's `$boolean` for JSON data, with false for a missing value (docs.jsonata.org/boolean-functions). */
export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      return value !== 0;
    case 'object':
      if (Array.isArray(value)) return value.some(isTrue);
      return value !== null && Object.keys(value).length > 0;
    default:
      return false;
  }
}
