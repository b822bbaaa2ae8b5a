import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffDefinitions } from './diff.ts';
import { mergeDefinitions } from './merge.ts';
import { mergeOrder } from './merge-order.ts';
import type { MergeConflict } from './schema.ts';
import { define } from './testing.ts';

type Definition = ReturnType<typeof define>;

const small = fc.constantFrom('1', '2', '3');
const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), small, { maxKeys: 3 });
const stepContent = fc.record(
  {
    condition: small,
    request: fc.record(
      {
        url: small.map((text) => `https://api.example.com/${text}`),
        method: fc.constantFrom('GET', 'POST'),
        query: map,
        headers: map,
        body: fc.oneof(
          fc.record({ type: fc.constant('json'), content: fc.oneof(map, small) }),
          fc.record({ type: fc.constant('raw'), content: small }),
        ),
      },
      { requiredKeys: ['url'] },
    ),
    response: fc.record({ map }),
    timeout_ms: fc.integer({ min: 1, max: 3 }),
    retry: fc.record({ max_attempts: fc.integer({ min: 1, max: 3 }) }),
  },
  { requiredKeys: ['request'] },
);
/** No two steps make the same call, so that none is taken for another one renamed: that is for the tables to test. */
const named = (name: string, { request, ...content }: { request: { url: string } }) => ({
  name,
  ...content,
  request: { ...request, url: `${request.url}/${name}` },
});
const steps = fc
  .uniqueArray(fc.constantFrom('one', 'two', 'three', 'four'), { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map((name) => stepContent.map((content) => named(name, content)))));
const definitions: fc.Arbitrary<Definition> = fc
  .record(
    {
      steps,
      input_schema: fc.record({ required: fc.uniqueArray(small), properties: map }),
      output: fc.oneof(map, small),
      contact_mapping: fc.record({ match: fc.uniqueArray(small, { minLength: 1 }), fields: map }),
    },
    { requiredKeys: ['steps'] },
  )
  .map(define);

/** What a definition says, statement by statement: a path by names to each value; for lists that are sets, to each entry. */
function statements(definition: object): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string, value: unknown): void => {
    if (path === '/steps' && Array.isArray(value)) {
      for (const step of value) visit(`${path}/${step.name}`, step);
    } else if (/required$|match$/.test(path) && Array.isArray(value)) {
      for (const item of value) found.set(`${path}/${item}`, 'there');
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) visit(`${path}/${key}`, child);
    } else {
      found.set(path, JSON.stringify(value));
    }
  };
  visit('', definition);
  return found;
}

/** A conflict's pointer with the steps' names in place of their indexes. */
function namedPointers({ pointer }: MergeConflict, ...sides: Definition[]): string[] {
  return sides.map((side) =>
    pointer.replace(/^\/steps\/(\d+)/, (_, index) => `/steps/${side.steps[Number(index)]?.name}`),
  );
}

const merged = (base: Definition, mine: Definition, template: Definition, resolve?: 'mine' | 'template') =>
  mergeDefinitions({ base, mine, template, resolve });

describe('a merge', () => {
  test('of one side only gives that side', () => {
    fc.assert(
      fc.property(definitions, definitions, (base, other) => {
        expect(merged(base, base, other)).toEqual({ merged: other, conflicts: [] });
        expect(merged(base, other, base)).toEqual({ merged: other, conflicts: [] });
      }),
    );
  });

  test('of the same change on both sides gives that change', () => {
    fc.assert(
      fc.property(definitions, definitions, (base, both) => {
        expect(merged(base, both, both)).toEqual({ merged: both, conflicts: [] });
      }),
    );
  });

  test('loses no change of either side without telling, and invents nothing', () => {
    fc.assert(
      fc.property(definitions, definitions, definitions, (base, mine, template) => {
        const result = merged(base, mine, template);
        const [b, m, t, out] = [base, mine, template, result.merged].map(statements);
        const told = result.conflicts.flatMap((conflict) => namedPointers(conflict, mine, template));
        const isTold = (path: string) => told.some((at) => path === at || path.startsWith(`${at}/`));
        for (const path of new Set([b, m, t, out].flatMap((side) => [...(side?.keys() ?? [])]))) {
          if (isTold(path)) continue;
          const mineChanged = m?.get(path) !== b?.get(path);
          expect(out?.get(path), path).toBe(mineChanged ? m?.get(path) : t?.get(path));
          // What the template changed and the workspace did not is covered; what both changed must be the same.
          const templateChanged = t?.get(path) !== b?.get(path);
          if (mineChanged && templateChanged) expect(m?.get(path), path).toBe(t?.get(path));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('that is resolved has no conflicts, and equals the merge without them where there are none', () => {
    fc.assert(
      fc.property(
        definitions,
        definitions,
        definitions,
        fc.constantFrom('mine' as const, 'template' as const),
        (base, mine, template, resolve) => {
          const open = merged(base, mine, template);
          const resolved = merged(base, mine, template, resolve);
          expect(resolved.conflicts).toEqual([]);
          if (open.conflicts.length === 0) expect(resolved.merged).toEqual(open.merged);
        },
      ),
    );
  });
});

test('a diff is empty for equal definitions and only for them', () => {
  fc.assert(
    fc.property(definitions, definitions, (before, after) => {
      expect(diffDefinitions(before, before)).toEqual([]);
      expect(diffDefinitions(before, after).length === 0).toBe(isDeepStrictEqual(before, after));
    }),
  );
});

test('a merged order has everything once, and keeps the order of the side that moved something', () => {
  const order = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f']);
  fc.assert(
    fc.property(order, order, order, (base, mine, template) => {
      const { order: result, conflict } = mergeOrder({ base, mine, template, first: 'mine' });
      expect(result.toSorted()).toEqual([...new Set([...mine, ...template])].sort());
      const shared = base.filter((id) => mine.includes(id) && template.includes(id));
      const of = (ids: string[]) => ids.filter((id) => shared.includes(id));
      const moved = (ids: string[]) => !isDeepStrictEqual(of(ids), shared);
      if (!conflict) expect(of(result)).toEqual(of(moved(mine) ? mine : template));
      else expect([moved(mine), moved(template)]).toEqual([true, true]);
    }),
  );
});
