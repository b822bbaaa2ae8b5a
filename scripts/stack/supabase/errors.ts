/**
 * HTTP statuses of Postgres errors, as PostgREST documents them: "Errors" (HTTP Status Codes) and
 * "Raise errors with HTTP status codes". https://docs.postgrest.org/en/stable/references/errors.html
 *
 * lite knows some of them and answers all others with 500, code `SUP` and the text of the exception.
 */

interface PostgresError {
  code: string;
  message: string;
  detail: string | null;
  hint: string | null;
}

/** Longest prefix wins; a code that is not listed is 400. */
const STATUS_BY_SQLSTATE: ReadonlyArray<readonly [prefix: string, status: number]> = [
  ['08', 503],
  ['09', 500],
  ['0L', 403],
  ['0P', 403],
  ['21000', 500],
  ['22', 400],
  ['22023', 401],
  ['23503', 409],
  ['23505', 409],
  ['25', 500],
  ['25006', 405],
  ['28', 403],
  ['2D', 500],
  ['38', 500],
  ['39', 500],
  ['3B', 500],
  ['40', 500],
  ['42P01', 404],
  ['42P17', 500],
  ['53', 503],
  ['53400', 500],
  ['54', 500],
  ['55', 500],
  ['57', 500],
  ['57P01', 503],
  ['58', 500],
  ['F0', 500],
  ['HV', 500],
  ['P0', 500],
  ['P0001', 400],
  ['XX', 500],
];

/**
 * 42501 depends on the caller's role; 42703 and 42883 name things of lite's own SQL, which it takes out of the message;
 * PGRST is already in the form that this module writes.
 */
const LEFT_TO_LITE = new Set(['42501', '42703', '42883', 'PGRST']);

const SQLSTATE = /^[0-9A-Z]{5}$/;

function asPostgresError(error: unknown): PostgresError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const text = (key: string) => {
    const value: unknown = Reflect.get(error, key);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const code = text('code');
  if (code === null || !SQLSTATE.test(code)) return undefined;
  return { code, message: text('message') ?? '', detail: text('detail'), hint: text('hint') };
}

/** The documented status of an SQLSTATE, or undefined where the answer also depends on the request. */
export function statusOf(code: string, message = ''): number | undefined {
  if (LEFT_TO_LITE.has(code) || code.startsWith('PT')) return undefined;
  if (code === '21000' && message.endsWith('requires a WHERE clause')) return 400;
  // A role named in a token that does not exist is the caller's failure to authenticate; other bad values are not.
  if (code === '22023' && !message.startsWith('role "')) return 400;
  const [, status] =
    STATUS_BY_SQLSTATE.filter(([prefix]) => code.startsWith(prefix)).sort(
      ([a], [b]) => b.length - a.length,
    )[0] ?? [];
  return status ?? 400;
}

/**
 * Takes what a driver threw and returns what lite renders correctly: its own custom-error form (SQLSTATE `PGRST`, with
 * the body in the message and the status in the detail). Anything that is not a Postgres error passes through.
 */
export function normalizeDbError(error: unknown): unknown {
  const found = asPostgresError(error);
  if (!found) return error;
  const { code, message, detail, hint } = found;
  const status = statusOf(code, message);
  if (status === undefined) return { code, message, detail, hint };
  return {
    code: 'PGRST',
    message: JSON.stringify({ code, message, details: detail, hint }),
    detail: JSON.stringify({ status, headers: {} }),
  };
}
