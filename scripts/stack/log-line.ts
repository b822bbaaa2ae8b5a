/** Fields that every line has, or that a reader of a terminal does not need. */
const LEFT_OUT = new Set(['level', 'time', 'message', 'event']);

/** A service's JSON log line as a person reads it. Lines that are no JSON stay as they are. */
export function logLine(service: string, line: string): string | undefined {
  const entry = parse(line);
  if (!entry) return line.trim() === '' ? undefined : `${service.padEnd(9)} ${line}`;
  const fields = Object.entries(entry)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const level = entry.level === 'info' ? '' : `${String(entry.level).toUpperCase()} `;
  return `${service.padEnd(9)} ${level}${String(entry.message ?? entry.event ?? '')} ${fields.join(' ')}`.trimEnd();
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}
