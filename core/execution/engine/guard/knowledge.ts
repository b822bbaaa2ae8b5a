import type { Clock } from '../../../ids.ts';
import { KNOWLEDGE_MS } from './rules.ts';
import type { CircuitKey, CircuitState } from './store.ts';

/** Of workspaces that a process remembers: a few hundred bytes each. */
const MAX_WORKSPACES = 1_000;

/** What is wrong with a circuit; one without trouble is not kept. */
export type Trouble = {
  failures: number;
  /** Until when the circuit is open, on this process's clock; null while calls pass. */
  retryAt: number | null;
};
type Known = { at: number; troubles: Map<string, Trouble> };

/** What this process knows of circuits. It may be a few seconds old; the store decides what must be exact. */
export class Knowledge {
  readonly #clock: Clock;
  readonly #workspaces = new Map<string, Known>();
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isFresh(workspaceId: string): boolean {
    const known = this.#workspaces.get(workspaceId);
    return known !== undefined && this.#clock.now() - known.at < KNOWLEDGE_MS;
  }

  /** All that is not healthy in the workspace. */
  learn(workspaceId: string, circuits: readonly CircuitState[]): void {
    const troubles = new Map<string, Trouble>();
    for (const circuit of circuits) {
      const trouble = this.#troubleOf(circuit);
      if (trouble) troubles.set(nameOf(circuit), trouble);
    }
    this.#keep(workspaceId, troubles);
  }

  /** Goes on with what is known: the store does not answer. */
  prolong(workspaceId: string): void {
    this.#keep(workspaceId, this.#workspaces.get(workspaceId)?.troubles ?? new Map());
  }

  troubleOf(call: CircuitKey): Trouble | undefined {
    return this.#workspaces.get(call.workspaceId)?.troubles.get(nameOf(call));
  }

  note(call: CircuitKey, circuit: CircuitState | null): void {
    const troubles = this.#workspaces.get(call.workspaceId)?.troubles;
    const trouble = circuit === null ? undefined : this.#troubleOf(circuit);
    if (trouble) troubles?.set(nameOf(call), trouble);
    else troubles?.delete(nameOf(call));
  }

  #troubleOf({ failures, retryInMs }: CircuitState): Trouble | undefined {
    if (failures === 0 && retryInMs === null) return undefined;
    return { failures, retryAt: retryInMs === null ? null : this.#clock.now() + retryInMs };
  }

  #keep(workspaceId: string, troubles: Map<string, Trouble>): void {
    // The map is in the order of writing: the first is what was not asked for longest.
    this.#workspaces.delete(workspaceId);
    this.#workspaces.set(workspaceId, { at: this.#clock.now(), troubles });
    const [oldest] = this.#workspaces.keys();
    if (this.#workspaces.size > MAX_WORKSPACES && oldest !== undefined) this.#workspaces.delete(oldest);
  }
}

const nameOf = ({ credentialId, host }: Pick<CircuitKey, 'credentialId' | 'host'>) =>
  `${credentialId ?? '-'} ${host}`;
