import type { ServerResponse } from 'node:http';
import type { Client } from './client.ts';
import type { DatabaseCall } from './database-proxy.ts';
import { type Call, json, startUpstream, type Upstream } from './upstream.ts';

/** Items of the loop, and pages of the list with as many items each. */
export const ITEMS = ['a', 'b', 'c'];
const PAGES = 3;
const PAGE_SIZE = 2;
/** What an execution of the connector below answers when every step ran. */
export const OUTPUT = { read: 'read', items: ITEMS.length, listed: PAGES * PAGE_SIZE, called: 'add' };

/** Five steps: a read, a write, writes in a loop, a paginated list, and another connector with a read and a write. */
export async function mixedConnector(client: Client, url: string): Promise<{ id: string; calledId: string }> {
  const write = (name: string, path: string) => ({
    name,
    request: {
      method: 'POST' as const,
      url: `${url}/${name}/{{execution.id}}${path}`,
      body: { type: 'json' as const, content: { of: name } },
    },
    idempotency_key: true,
  });
  const read = (name: string) => ({ name, request: { url: `${url}/${name}/{{execution.id}}` } });
  const called = await client.createConnector({
    name: 'Two steps',
    steps: [read('fetch'), write('add', '')],
    output: { step: '{{steps.add.body.step}}' },
  });
  const { id } = await client.createConnector({
    name: 'Five steps',
    steps: [
      read('read'),
      write('write', ''),
      { ...write('each', '/{{index}}'), for_each: { items: 'input.items', max_concurrency: 2 } },
      {
        ...read('list'),
        pagination: { type: 'page', param: 'page', page_size: PAGE_SIZE, items: 'body.items' },
      },
      { name: 'call', connector: { id: called.id } },
    ],
    output: {
      read: '{{steps.read.body.step}}',
      items: '{{steps.each.succeeded}}',
      listed: '{{$count(steps.list.items)}}',
      called: '{{steps.call.step}}',
    },
  });
  return { id, calledId: called.id };
}

/** A step of an execution at its place in loops and lists: what the ledger may commit once. */
export type Place = { execution: string; step: string; iteration: string };
export const nameOf = ({ execution, step, iteration }: Place) => `${execution} ${step} ${iteration}`;

/** Where a call comes from: `/<step>/<execution>/<item>?page=<page>`. */
export function placeOf({ path, query }: Pick<Call, 'path' | 'query'>): Place {
  const [, step = '', execution = '', item = ''] = path.split('/');
  const page = query.get('page');
  return { step, execution, iteration: page === null ? item : `p${Number(page) - 1}` };
}

export interface MixedUpstream extends Upstream {
  /** How often each Idempotency-Key had an effect: the calls that carry it again get the first one's answer. */
  effects: Map<string, number>;
  /** The places whose commit was answered before a call of theirs arrived. */
  callsAfterCommit: Place[];
  /** To be told of each answer of the ledger. */
  onLedger(call: DatabaseCall, status: number): void;
}

/**
 * The other side of these steps. It does what a write says as soon as it arrives, before anybody can know, and honours
 * the Idempotency-Key. `answers` says whether a call is answered at all.
 */
export async function startMixedUpstream(answers: (place: Place) => boolean): Promise<MixedUpstream> {
  const effects = new Map<string, number>();
  const committed = new Set<string>();
  const callsAfterCommit: Place[] = [];
  const upstream = await startUpstream((call, response: ServerResponse) => {
    const place = placeOf(call);
    if (committed.has(nameOf(place))) callsAfterCommit.push(place);
    if (call.method === 'POST') {
      const key = call.headers['idempotency-key'];
      // Without a key every call has its effect.
      const effect = String(key ?? `none: ${nameOf(place)}`);
      if (key === undefined || !effects.has(effect)) effects.set(effect, (effects.get(effect) ?? 0) + 1);
    }
    if (answers(place)) json(response, { step: place.step, items: itemsOf(call) });
  });
  return {
    ...upstream,
    effects,
    callsAfterCommit,
    onLedger({ execution, writes }, status) {
      if (status >= 300) return;
      for (const { op, status: ended, step_name: step, iteration } of writes) {
        if (op === 'commit' && ended === 'succeeded') committed.add(nameOf({ execution, step, iteration }));
      }
    },
  };
}

function itemsOf({ query }: Call): number[] {
  const page = Number(query.get('page') ?? 0);
  return page >= 1 && page <= PAGES ? Array.from({ length: PAGE_SIZE }, (_, n) => page * PAGE_SIZE + n) : [];
}
