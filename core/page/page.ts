/** One page of a list that is ordered by descending id. */
export interface PageRequest {
  /** Items wanted, 1–100. */
  readonly limit: number;
  /** The last id of the page before, or null for the first page. */
  readonly after: string | null;
}

export interface Page<Item> {
  readonly items: Item[];
  /** The id after which the next page starts, or null on the last page. */
  readonly next: string | null;
}

/** One row more than wanted is asked for: if it comes, there is a next page. */
export function pageArguments(page: PageRequest): { p_limit: number; p_after: string | null } {
  return { p_limit: page.limit + 1, p_after: page.after };
}

/** The page in the rows that {@link pageArguments} asked for. */
export function pageFrom<Item>(
  rows: readonly Item[],
  { limit }: PageRequest,
  idOf: (item: Item) => string,
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? idOf(last) : null };
}
