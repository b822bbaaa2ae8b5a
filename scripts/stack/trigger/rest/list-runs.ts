import { Hono } from 'hono';
import * as z from 'zod';
import { durationMs } from '../durations.ts';
import { presentCommon } from '../present-run.ts';
import { listRuns } from '../run-list.ts';
import { checked } from './body.ts';
import type { RestContext } from './context.ts';

const DEFAULT_PAGE_SIZE = 25;
const MAX_PAGE_SIZE = 100;
const ENVIRONMENT = { id: 'env_embedded', name: 'prod' };

const list = z
  .string()
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .optional();
/** A date as the SDK sends it: milliseconds, or a date string. */
const time = z
  .string()
  .transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .refine((value) => !Number.isNaN(value), 'not a date')
  .optional();
const period = z
  .string()
  .transform((text) => durationMs(text) ?? Number.NaN)
  .refine((value) => !Number.isNaN(value), 'not a duration')
  .optional();

const Query = z.object({
  'filter[status]': list,
  'filter[taskIdentifier]': list,
  'filter[tag]': list,
  'filter[queue]': list,
  'filter[schedule]': z.string().optional(),
  'filter[batch]': z.string().optional(),
  'filter[isTest]': z.stringbool().optional(),
  'filter[createdAt][from]': time,
  'filter[createdAt][to]': time,
  'filter[createdAt][period]': period,
  'page[size]': z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  'page[after]': z.string().optional(),
  'page[before]': z.string().optional(),
});

/** `GET /api/v1/runs` */
export function listRunsRoute({ db, clock }: RestContext): Hono {
  return new Hono().get('/api/v1/runs', (c) => {
    const query = checked(Query, c.req.query());
    const span = query['filter[createdAt][period]'];
    const filter = defined({
      status: query['filter[status]'],
      taskIdentifier: query['filter[taskIdentifier]'],
      tag: query['filter[tag]'],
      queue: query['filter[queue]'],
      schedule: query['filter[schedule]'],
      batch: query['filter[batch]'],
      isTest: query['filter[isTest]'],
      from: span === undefined ? query['filter[createdAt][from]'] : clock() - span,
      to: query['filter[createdAt][to]'],
    });
    const page = defined({
      size: query['page[size]'],
      after: query['page[after]'],
      before: query['page[before]'],
    });
    const { runs, pagination } = listRuns(db, filter, { ...page, size: query['page[size]'] });
    return c.json({ data: runs.map((run) => ({ ...presentCommon(run), env: ENVIRONMENT })), pagination });
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined, which optional properties do not admit. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Defined<T>;
}
