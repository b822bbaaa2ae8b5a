import type { GuardStore } from '../store.ts';

/** Writes down the name of each call on its way to the store. */
export function countingStore(store: GuardStore): { store: GuardStore; calls: string[] } {
  const calls: string[] = [];
  const counted = <Args extends unknown[], Answer>(name: string, call: (...args: Args) => Answer) => {
    return (...args: Args): Answer => {
      calls.push(name);
      return call(...args);
    };
  };
  return {
    calls,
    store: {
      takeTokens: counted('takeTokens', store.takeTokens),
      readCircuits: counted('readCircuits', store.readCircuits),
      reportCall: counted('reportCall', store.reportCall),
      claimProbe: counted('claimProbe', store.claimProbe),
    },
  };
}
