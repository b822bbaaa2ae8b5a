import { describe, expect, it } from 'vitest';
import type { CallContext } from '../context.ts';
import { uuidv7 } from '../ids.ts';
import { importConnectors } from './import.ts';
import { ImportDocument } from './schema.ts';

function importing(connectors: unknown[]) {
  const calls: string[] = [];
  const ctx: CallContext = {
    db: {
      async call(fn) {
        calls.push(fn);
        return { connectors: [], credentials: [] };
      },
    },
    workspaceId: null,
    urlPolicy: { allowLoopback: false },
    newId: () => uuidv7({ now: Date.now }, (length) => crypto.getRandomValues(new Uint8Array(length))),
  };
  const document = ImportDocument.parse({ format: 1, connectors });
  return { calls, result: importConnectors(ctx, document) };
}

const connector = (expressions: number, expression: (index: number) => string) => ({
  name: 'C',
  steps: [
    {
      name: 'a',
      request: { url: 'https://api.example.com/' },
      response: {
        map: Object.fromEntries(
          Array.from({ length: expressions }, (_, index) => [`f${index}`, expression(index)]),
        ),
      },
    },
  ],
});

describe('an import', () => {
  it.each([
    ['expressions', Array.from({ length: 8 }, () => connector(1_900, (index) => `1+${index}`)), 5],
    ['text in them', Array.from({ length: 8 }, () => connector(12, () => `'${'x'.repeat(8_000)}'`)), 5],
  ])('that holds too many %s is refused before all of it has been read', async (_, connectors, at) => {
    const { calls, result } = importing(connectors);
    await expect(result).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: `/connectors/${at}` }],
    });
    expect(calls).toEqual([]);
  });

  it('takes many connectors of ordinary size', async () => {
    const { calls, result } = importing(Array.from({ length: 200 }, () => connector(10, () => 'body.a')));
    await result;
    expect(calls).toEqual(['import_connectors']);
  });
});
