import type { Database } from './database.ts';

/** Parameters of type json and jsonb (`pg_type.dat`: 114, 3802) of the functions that can be called. */
const JSON_PARAMETERS = `select p.proname as fn, a.name
  from pg_catalog.pg_proc p
  cross join lateral unnest(p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[])) as a (name, type)
  where p.pronamespace = 'public'::regnamespace and a.type in (114, 3802)`;

const RPC_PATH = /^\/rest\/v1\/rpc\/([^/]+)$/;

/** Rewrites the body of a call to a function where lite would misread it; answers any other body as it is. */
export type JsonArguments = (pathname: string, body: ArrayBuffer) => Promise<ArrayBuffer>;

/**
 * A string that is the whole value of a json parameter: lite hands it to the driver as it is, which takes it for JSON
 * text. `"abc"` would fail with 22P02, and `"123"` silently become a number. PostgREST keeps it a string.
 */
export function jsonArguments(db: Pick<Database, 'query'>): JsonArguments {
  let parameters: ReturnType<typeof load> | undefined;

  async function load(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const found = new Map<string, Set<string>>();
    for (const { fn, name } of await db.query(JSON_PARAMETERS)) {
      const names = found.get(String(fn)) ?? new Set();
      found.set(String(fn), names.add(String(name)));
    }
    return found;
  }

  return async (pathname, body) => {
    const fn = RPC_PATH.exec(pathname)?.[1];
    if (fn === undefined || body.byteLength === 0) return body;
    // Functions are made by migrations, before the first request.
    parameters ??= load();
    const names = (await parameters).get(fn);
    if (!names) return body;
    const values = parsed(body);
    if (!values) return body;
    const texts = Object.entries(values).filter(
      ([name, value]) => names.has(name) && typeof value === 'string',
    );
    if (texts.length === 0) return body;
    const quoted = Object.fromEntries(texts.map(([name, value]) => [name, JSON.stringify(value)]));
    return new TextEncoder().encode(JSON.stringify({ ...values, ...quoted })).buffer;
  };
}

/** The arguments by name; undefined for a body that is none, which lite refuses itself. */
function parsed(body: ArrayBuffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
