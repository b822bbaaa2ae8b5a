import { expect, it } from 'vitest';
import type { CallContext } from '../context.ts';
import { exportConnectors } from './export.ts';

const ID = '00000000-0000-7000-8000-000000000001';

function exporting(answer: unknown, limit: number) {
  const calls: unknown[] = [];
  const ctx: CallContext = {
    db: {
      async call(fn, args) {
        calls.push([fn, args]);
        return answer;
      },
    },
    workspaceId: null,
    urlPolicy: { allowLoopback: false },
    newId: () => ID,
  };
  return { calls, result: exportConnectors(ctx, { limit, after: null }) };
}

const row = {
  id: ID,
  name: 'C',
  description: '',
  definition: { format: 1, steps: [{ name: 'a', request: { url: 'https://api.example.com/' } }] },
};

it.each([
  ['a short page that more follows', true, 1000, ID],
  ['a full page that nothing follows', false, 1, null],
])('an export with %s says so in its cursor', async (_, more, limit, next) => {
  const { calls, result } = exporting({ connectors: [row], more }, limit);
  expect(await result).toMatchObject({ items: [{ name: 'C' }], next });
  expect(calls).toEqual([['export_connectors', { p_workspace_id: null, p_limit: limit, p_after: null }]]);
});

it('an export of nothing has no next page', async () => {
  expect(await exporting({ connectors: [], more: false }, 10).result).toEqual({ items: [], next: null });
});
