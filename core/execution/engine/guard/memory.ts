import type { Clock } from '../../../ids.ts';
import type { Guard } from '../ports.ts';
import { createGuard } from './guard.ts';
import { memoryStore } from './memory-store.ts';

/** A guard that shares its state with nobody, for tests of the engine. It keeps the same rules as the database's. */
export function memoryGuard(clock: Clock): Guard {
  return createGuard(memoryStore(clock), clock);
}
