import type { Database, Params } from './database.ts';
import { storedStatuses } from './present-run.ts';
import { Run } from './run.ts';

export interface RunFilter {
  readonly status?: readonly string[];
  readonly taskIdentifier?: readonly string[];
  readonly tag?: readonly string[];
  readonly queue?: readonly string[];
  readonly schedule?: string;
  readonly batch?: string;
  readonly isTest?: boolean;
  /** Milliseconds since the epoch, both inclusive. */
  readonly from?: number;
  readonly to?: number;
}

export interface Page {
  readonly size: number;
  /** A run id: the page goes on after it (older runs) or ends before it (newer ones). */
  readonly after?: string;
  readonly before?: string;
}

/** The filtered runs, newest first, and the cursors of the neighbouring pages. */
export function listRuns(db: Database, filter: RunFilter, page: Page) {
  const { where, params } = conditions(filter);
  const backwards = page.before !== undefined;
  const cursor = page.before ?? page.after;
  if (cursor !== undefined) {
    where.push(`seq ${backwards ? '>' : '<'} (select seq from runs where id = :cursor)`);
    params.cursor = cursor;
  }
  const rows = db.all(
    `select * from runs ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
     order by seq ${backwards ? 'asc' : 'desc'} limit :limit`,
    { ...params, limit: page.size + 1 },
  );
  const more = rows.length > page.size;
  const found = rows.slice(0, page.size).map((row) => Run.parse(row));
  const runs = backwards ? found.toReversed() : found;
  const first = runs[0]?.id;
  const last = runs.at(-1)?.id;
  const hasNext = backwards ? true : more;
  const hasPrevious = backwards ? more : cursor !== undefined;
  return {
    runs,
    pagination: {
      ...(hasNext && last !== undefined && { next: last }),
      ...(hasPrevious && first !== undefined && { previous: first }),
    },
  };
}

function conditions(filter: RunFilter): { where: string[]; params: Params } {
  const where: string[] = [];
  const params: Params = {};
  const oneOf = (sql: string, name: string, values: readonly string[] | undefined) => {
    if (!values?.length) return;
    where.push(sql);
    params[name] = JSON.stringify(values);
  };
  const equal = (column: string, value: string | number | undefined) => {
    if (value === undefined) return;
    where.push(`${column} = :${column}`);
    params[column] = value;
  };
  oneOf('status in (select value from json_each(:status))', 'status', filter.status?.flatMap(storedStatuses));
  oneOf('task_id in (select value from json_each(:task))', 'task', filter.taskIdentifier);
  oneOf('queue in (select value from json_each(:queue))', 'queue', filter.queue);
  oneOf(
    'seq in (select seq from run_tags where tag in (select value from json_each(:tag)))',
    'tag',
    filter.tag,
  );
  equal('schedule_id', filter.schedule);
  equal('batch_id', filter.batch);
  equal('is_test', filter.isTest === undefined ? undefined : Number(filter.isTest));
  if (filter.from !== undefined) {
    where.push('created_at >= :from');
    params.from = filter.from;
  }
  if (filter.to !== undefined) {
    where.push('created_at <= :to');
    params.to = filter.to;
  }
  return { where, params };
}
