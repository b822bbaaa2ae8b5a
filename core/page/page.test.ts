import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { type Page, type PageRequest, pageArguments, pageFrom } from './page.ts';

describe('a cursor', () => {
  it('leads back to the id it was made from', () => {
    fc.assert(fc.property(fc.uuid(), (id) => decodeCursor(encodeCursor(id)) === id));
  });

  it.each([
    ['empty', ''],
    ['not base64url', '***'],
    ['padded', `${encodeCursor('018f0000-0000-7000-8000-000000000000')}=`],
    ['an id that is not encoded', '018f0000-0000-7000-8000-000000000000'],
    ['the encoding of something else', encodeCursor("' or 1=1 --")],
    ['the encoding of an id and more', encodeCursor('018f0000-0000-7000-8000-000000000000x')],
    ['the encoding of an upper-case id', encodeCursor('018F0000-0000-7000-8000-000000000000')],
    ['bytes that are not UTF-8', '____'],
  ])('is refused when it is %s', (_, cursor) => expect(decodeCursor(cursor)).toBeNull());

  it('is refused for any text that was not made by encoding an id', () => {
    fc.assert(fc.property(fc.string(), (text) => decodeCursor(text) === null));
  });
});

describe('paging', () => {
  const fetchRows = (all: readonly string[], { p_limit, p_after }: ReturnType<typeof pageArguments>) =>
    all.filter((id) => p_after === null || id < p_after).slice(0, p_limit);

  it('visits every row once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uuid(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 100 }),
        (ids, limit) => {
          const all = ids.toSorted().reverse();
          const seen: string[] = [];
          let after: string | null = null;
          for (let pages = 0; pages <= all.length; pages += 1) {
            const request: PageRequest = { limit, after };
            const page: Page<string> = pageFrom(fetchRows(all, pageArguments(request)), request, (id) => id);
            expect(page.items.length).toBeLessThanOrEqual(limit);
            seen.push(...page.items);
            after = page.next;
            if (after === null) break;
          }
          expect(after).toBeNull();
          expect(seen).toEqual(all);
        },
      ),
    );
  });

  it('tells of no next page when the last one is exactly full', () => {
    expect(pageFrom(['b', 'a'], { limit: 2, after: null }, (id) => id)).toEqual({
      items: ['b', 'a'],
      next: null,
    });
  });
});
