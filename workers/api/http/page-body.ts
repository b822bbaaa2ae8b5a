import { encodeCursor } from '../../../core/page/cursor.ts';
import type { Page } from '../../../core/page/page.ts';

/** A list as it goes over the wire. */
export function pageBody<Item>({ items, next }: Page<Item>): { data: Item[]; next_cursor: string | null } {
  return { data: items, next_cursor: next === null ? null : encodeCursor(next) };
}
