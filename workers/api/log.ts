import { isSensitiveName } from '../../core/redaction/sensitive-names.ts';

export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. Whoever calls it sees to it that no header, query value or body is among the fields. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

/** JSON lines, which Workers Logs indexes by field. */
export const consoleLog: Log = (level, event, fields) => {
  console[level](JSON.stringify({ level, time: new Date().toISOString(), event, ...fields }));
};

const REDACTED = '[redacted]';

/** What tokens, keys and sealed values look like, wherever they stand in a text. */
const SHAPES: readonly RegExp[] = [
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\bpbk_[\w-]+/g,
  /\b(?:sb_(?:secret|publishable)|tr_[a-z]+)_[\w-]+/g,
  /\bv1\.[a-z0-9_-]{1,32}\.[\w-]{16}\.[\w-]{22,}/g,
  /\b(?:Bearer|Basic) +[\w.~+/=-]+/gi,
];
/** A shorter value would blank out ordinary text. */
const MIN_SECRET_CHARS = 8;

/**
 * The same log without secrets: by the name of a field, by value (`secrets`), and by the shapes of tokens and keys. A
 * second net: what is logged is chosen field by field, and only the messages of unexpected errors hold other people's
 * words.
 */
export function redactedLog(log: Log, secrets: Iterable<string> = []): Log {
  const values = [...secrets].filter((secret) => secret.length >= MIN_SECRET_CHARS);
  const clean = (text: string): string => {
    const known = values.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
    // Only then: a secret that is cut in two would not be known any more.
    return SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), shortened(known));
  };
  const copy = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    return cleanFields(value);
  };
  const cleanFields = (fields: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [
        key,
        isSensitiveName(key) && typeof field === 'string' ? REDACTED : copy(field),
      ]),
    );
  return (level, event, fields) => log(level, event, cleanFields(fields));
}

/** The message of an error may quote what a caller sent: all of it is no use to anybody, and takes long to search. */
const MAX_TEXT_CHARS = 8_000;

function shortened(text: string): string {
  return text.length <= MAX_TEXT_CHARS
    ? text
    : `${text.slice(0, MAX_TEXT_CHARS)}… [cut: ${text.length} characters]`;
}
