import type { Pagination } from '../../connector/schema.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { ExecutionError, StepOutcome } from '../schema.ts';
import { mapFields } from './judge-answer.ts';
import { MAX_LOOP_CHARS } from './limits.ts';
import { nextLink } from './link-header.ts';
import type { PageRequest } from './page-request.ts';
import { attemptBegan, type LoopMark, nextAttempt } from './past.ts';
import type { PlannedStep } from './plan.ts';
import { isAtMost } from './recordable.ts';
import { pastOf, placeInside, type Run, type Scope, startAttempt } from './run.ts';
import { runCall } from './run-call.ts';
import { failStep, failureInside, succeedStep } from './settle.ts';
import { inField, StepRenderError } from './step-failure.ts';

/** The pages that were fetched so far. */
type Pages = {
  items: Json[];
  count: number;
  last: StepOutcome | null;
  /** There is more than was asked for. */
  hasMore: boolean;
  failed: ExecutionError | null;
};

/**
 * Fetches a list page by page. Every page is a call of its own in the ledger, so that a later process goes on after the
 * last one; what follows from a page is worked out anew from its answer.
 */
export async function runPages(
  run: Run,
  planned: PlannedStep,
  pagination: Pagination,
  scope: Scope,
): Promise<StepOutcome> {
  const past = pastOf(run, planned, scope);
  const attempt = nextAttempt(past);
  const seen = { attempt, startedAt: attemptBegan(past, run.deps.clock.now()) };
  try {
    const mark: LoopMark = {
      step: planned.step.name,
      at: scope.iteration,
      items: await run.deps.sha256(whatPagesFollow(planned, pagination)),
    };
    const began = run.past.itemsOf(mark);
    if (began !== undefined && began !== mark.items) throw PAGES_CHANGED;
    if (attempt > past.lastAttempt) await startAttempt(run, planned, scope, { attempt });
    const inside = { ...scope, loops: [...(scope.loops ?? []), mark] };
    const pages = await fetchPages(run, planned, pagination, inside);
    const extra: JsonObject = { items: pages.items, pages: pages.count, has_more: pages.hasMore };
    if (pages.failed && (pagination.on_error === 'fail' || pages.last === null)) {
      return await failStep(run, planned, scope, { ...seen, failure: failureInside(pages.failed) });
    }
    const { status, headers, body } = pages.last ?? { status: null, headers: {}, body: null };
    const output = await mapFields(run, planned.step.response?.map ?? {}, scope, {
      status,
      headers,
      body,
      ...extra,
    });
    const outcome: StepOutcome = { status, headers, body, output, error: null, extra };
    return await succeedStep(run, planned, scope, { ...seen, outcome, settles: true });
  } catch (error) {
    if (!(error instanceof StepRenderError)) throw error;
    return failStep(run, planned, scope, { ...seen, failure: { ...error.failure, mayHaveActed: true } });
  }
}

/** What decides which page follows which. How many of them are wanted may change on the way. */
function whatPagesFollow({ step }: PlannedStep, pagination: Pagination): string {
  const { max_pages, max_items, delay_ms, on_error, stop_when, ...following } = pagination;
  return JSON.stringify([step.request, following]);
}

async function fetchPages(
  run: Run,
  planned: PlannedStep,
  pagination: Pagination,
  scope: Scope,
): Promise<Pages> {
  const pages: Pages = { items: [], count: 0, last: null, hasMore: false, failed: null };
  const asked = new Set<string>();
  let previousItems = '';
  let request: PageRequest | null = firstPage(pagination);
  while (request !== null) {
    if (pages.count > 0) {
      if (pages.count >= pagination.max_pages || pages.items.length >= pagination.max_items) {
        pages.hasMore = true;
        break;
      }
      await run.pauses.for(pagination.delay_ms, planned.step.name);
    }
    if (pages.count > 0 || pagination.type === 'next_url') {
      const wish = JSON.stringify(request);
      if (asked.has(wish)) throw repeats('asks for a page that was fetched already');
      asked.add(wish);
    }
    const inside: Scope = { ...scope, iteration: placeInside(scope.iteration, `p${pages.count}`) };
    const page: StepOutcome =
      pastOf(run, planned, inside).committed ?? (await runCall(run, planned, inside, { page: request }));
    if (page.error) return { ...pages, failed: page.error, hasMore: true };
    pages.count += 1;
    pages.last = page;
    const found = await itemsOn(run, pagination, page);
    const text = JSON.stringify(found);
    if (found.length > 0 && text === previousItems) throw repeats('has the same items as the page before it');
    previousItems = text;
    for (const item of found) pages.items.push(item);
    if (!isAtMost(pages.items, MAX_LOOP_CHARS)) throw TOO_LARGE;
    const enough = await stopsAfter(run, pagination, page, found, pages.count);
    request = enough ? null : await nextPage(run, pagination, page, found.length, pages);
    // A dry run has no answer that could name another page.
    if (run.test?.mode === 'dry_run') break;
  }
  if (pages.items.length > pagination.max_items) {
    pages.items.length = pagination.max_items;
    pages.hasMore = true;
  }
  return pages;
}

function firstPage(pagination: Pagination): PageRequest {
  switch (pagination.type) {
    case 'offset':
    case 'page':
      return counted(pagination, pagination.start);
    default:
      return {};
  }
}

type Counted = Extract<Pagination, { type: 'offset' | 'page' }>;

function counted(pagination: Counted, value: number): PageRequest {
  const { param, size_param, page_size } = pagination;
  const fields: Record<string, number> = { [param]: value };
  if (size_param !== undefined && page_size !== undefined) fields[size_param] = page_size;
  return placed(pagination, fields);
}

function placed(
  { in: place }: { in: 'query' | 'body' },
  fields: Record<string, string | number>,
): PageRequest {
  if (place === 'body') return { body: fields };
  return { query: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])) };
}

async function nextPage(
  run: Run,
  pagination: Pagination,
  page: StepOutcome,
  found: number,
  pages: Pages,
): Promise<PageRequest | null> {
  switch (pagination.type) {
    case 'next_url': {
      const next = await evaluateOn(run, 'next', pagination.next, page);
      return isText(next) ? { url: next } : null;
    }
    case 'link_header': {
      const next = nextLink(page.headers.link);
      return next === undefined ? null : { url: next };
    }
    case 'cursor': {
      const next = await evaluateOn(run, 'next', pagination.next, page);
      if (typeof next === 'number' || isText(next)) return placed(pagination, { [pagination.param]: next });
      return null;
    }
    case 'offset':
      if (found < pagination.page_size) return null;
      return counted(pagination, pagination.start + pages.items.length);
    case 'page':
      if (found === 0 || found < (pagination.page_size ?? 0)) return null;
      return counted(pagination, pagination.start + pages.count);
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

async function evaluateOn(run: Run, field: string, source: string, page: StepOutcome): Promise<Json> {
  const { status, headers, body } = page;
  const evaluate = run.plan.evaluator.expression(source, { optional: true });
  return ((await inField(`pagination.${field}`, () => evaluate({ status, headers, body }))) ?? null) as Json;
}

/** JSONata has one value for a list of one, and nothing for an empty one. */
async function itemsOn(run: Run, pagination: Pagination, page: StepOutcome): Promise<Json[]> {
  const found = await evaluateOn(run, 'items', pagination.items, page);
  if (found === null) return [];
  return Array.isArray(found) ? found : [found];
}

async function stopsAfter(
  run: Run,
  { stop_when }: Pagination,
  { status, headers, body }: StepOutcome,
  items: Json[],
  page: number,
): Promise<boolean> {
  if (stop_when === undefined) return false;
  const holds = run.plan.evaluator.condition(stop_when);
  return inField('pagination.stop_when', () => holds({ status, headers, body, items, page }));
}

const PAGES_CHANGED = new StepRenderError(
  'internal',
  'pagination_changed',
  'pagination: the request or the pagination is not the one that earlier pages were fetched with. Replay the execution to ' +
    'run it from its beginning.',
);

function repeats(why: string): StepRenderError {
  return new StepRenderError('upstream', 'pagination_loop', `pagination: the service ${why}.`);
}

const TOO_LARGE = new StepRenderError(
  'template',
  'template_limit',
  `pagination: the items are larger than ${MAX_LOOP_CHARS} characters: keep what is needed of each with items.`,
);
