export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line may say besides its message; `runId`, `taskIdentifier`, `attempt`, `durationMs` where known. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Logger = (level: LogLevel, message: string, fields?: LogFields) => void;

/** One JSON object per line: `level`, `time` (ISO 8601), `message`, then the fields. */
export function jsonLogger(write: (line: string) => void): Logger {
  return (level, message, fields) => {
    write(`${JSON.stringify({ level, time: new Date().toISOString(), message, ...fields })}\n`);
  };
}

export const silentLogger: Logger = () => {};
