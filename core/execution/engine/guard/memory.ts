import type { Clock } from '../../../ids.ts';
import { createGuard, type SharedGuard } from './guard.ts';
import { memoryStore } from './memory-store.ts';

/** A guard that shares its state with nobody, for tests of the engine. It keeps the same rules as the database's. */
export function memoryGuard(clock: Clock): SharedGuard {
  return createGuard(memoryStore(clock), clock);
}
