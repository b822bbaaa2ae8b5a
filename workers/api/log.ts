export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line. Whoever calls it sees to it that no header, query value or body is among the fields. */
export type Log = (level: LogLevel, event: string, fields: LogFields) => void;

/** JSON lines, which Workers Logs indexes by field. */
export const consoleLog: Log = (level, event, fields) => {
  console[level](JSON.stringify({ level, time: new Date().toISOString(), event, ...fields }));
};
