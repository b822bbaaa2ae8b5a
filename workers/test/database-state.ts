import { sql } from './api.ts';

/**
 * Rows in every table of the product and a digest of their contents, to show that a refused call changed nothing. That a
 * key was used is noted for refused calls too, once a minute.
 */
export async function databaseState(): Promise<unknown> {
  const tables = await sql(
    "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  return sql(
    `${tables
      .map(
        ({ table_name: name }) =>
          `select '${String(name)}' as name, ${DIGEST} from (select (to_jsonb(x) - 'last_used_at')::text as row from public."${String(name)}" x) t`,
      )
      .join(' union all ')} order by name`,
  );
}

const DIGEST = "count(*)::int as rows, md5(coalesce(string_agg(row, '|' order by row), '')) as digest";
