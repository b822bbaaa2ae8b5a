/**
 * How values of Postgres types read in JSON. PostgREST lets Postgres render them (`to_json`); lite renders what the
 * driver parsed, so the drivers must parse to what `to_json` would have written.
 */

const TIMESTAMP = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:?\d\d)?)?$/;

/** `2026-01-02 03:04:05.6+00` becomes `2026-01-02T03:04:05.6+00:00`; `infinity` and dates BC stay as they are. */
export function parseTimestamp(text: string): string {
  const match = TIMESTAMP.exec(text);
  if (!match) return text;
  const [, date, time, hours, minutes] = match;
  const offset = hours === undefined ? '' : `${hours}:${(minutes ?? '00').replace(':', '')}`;
  return `${date}T${time}${offset}`;
}

/** A JSON number, as precise as a JavaScript client could read it; `NaN` and `Infinity` stay text, as `to_json` writes them. */
export function parseNumeric(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** A number where it is exact, otherwise the digits as text: a rounded id would name another row. */
export function parseBigint(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** Type oids: `select oid, typname from pg_type`. */
export const OID = {
  int8: 20,
  json: 114,
  timestamp: 1114,
  timestamptz: 1184,
  numeric: 1700,
  jsonb: 3802,
} as const;
