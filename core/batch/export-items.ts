import type { CallContext } from '../context.ts';
import { encodeCursor } from '../page/cursor.ts';
import { type ItemsPage, listBatchItems } from './list-items.ts';

/** Ten pages for the largest batch, unless outputs are large. */
const ITEMS_A_PAGE = 1_000;
/** A free Worker may make 50 subrequests, of which others take a few. */
const MAX_PAGES = 40;

/** The last line of an export that has not come to its end. */
export type ExportRest = { next_cursor: string };

/**
 * All items of a batch as newline-delimited JSON, a page at a time. An export whose outputs are too large for one answer
 * ends with a line of its own, `{"next_cursor": "..."}`, from which another goes on.
 *
 * The first page is there when the promise resolves, so that an unknown batch is a problem and no broken stream.
 */
export async function exportBatchItems(
  ctx: CallContext,
  id: string,
  after: number | null,
): Promise<AsyncIterable<string>> {
  const page = (from: number | null) => listBatchItems(ctx, id, { limit: ITEMS_A_PAGE, after: from });
  const first = await page(after);
  return linesOf(first, page);
}

async function* linesOf(
  first: ItemsPage,
  pageAfter: (index: number) => Promise<ItemsPage>,
): AsyncGenerator<string> {
  let page = first;
  for (let pages = 1; ; pages += 1) {
    if (page.items.length > 0) yield page.items.map((item) => `${JSON.stringify(item)}\n`).join('');
    if (page.next === null) return;
    if (pages === MAX_PAGES) {
      const rest: ExportRest = { next_cursor: encodeCursor(String(page.next)) };
      yield `${JSON.stringify(rest)}\n`;
      return;
    }
    page = await pageAfter(page.next);
  }
}
