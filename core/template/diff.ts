import type { ConnectorDefinition, Step } from '../connector/schema.ts';
import { type Json, pointerTo } from '../json/json.ts';
import { sameJson } from './same-json.ts';
import type { DefinitionChange } from './schema.ts';
import { asJson, asSteps, isCaseList, isCompared, isStepList, labelOf, matchSteps } from './structure.ts';

type Place = { path: readonly string[]; before: string; after: string };

/**
 * What is different, part by part, in the order of the newer definition. Steps are told by their names; one that was only
 * renamed or moved shows as such and not as another step.
 */
export function diffDefinitions(before: ConnectorDefinition, after: ConnectorDefinition): DefinitionChange[] {
  const changes: DefinitionChange[] = [];
  const [older, newer] = [asJson(before), asJson(after)];
  for (const key of keysOf(older, newer)) {
    if (key === 'steps')
      compareSteps(changes, before.steps, after.steps, { before: '/steps', after: '/steps' });
    else
      compare(changes, older[key], newer[key], {
        path: [key],
        before: pointerTo('', key),
        after: pointerTo('', key),
      });
  }
  return changes;
}

function compare(
  changes: DefinitionChange[],
  before: Json | undefined,
  after: Json | undefined,
  { path, ...pointers }: Place,
): void {
  if (sameJson(before, after)) return;
  const [olderSteps, newerSteps] = isStepList(path) ? [asSteps(before), asSteps(after)] : [];
  if (olderSteps && newerSteps) {
    compareSteps(changes, olderSteps, newerSteps, pointers);
    return;
  }
  const cases = isCaseList(path) && Array.isArray(before) && Array.isArray(after);
  if ((cases && before.length === after.length) || isCompared(path, [before, after])) {
    const [older, newer] = [Object(before), Object(after)];
    for (const key of keysOf(older, newer)) {
      compare(changes, older[key], newer[key], {
        path: [...path, key],
        before: pointerTo(pointers.before, key),
        after: pointerTo(pointers.after, key),
      });
    }
    return;
  }
  const label = labelOf(path);
  if (before === undefined && after !== undefined) {
    changes.push({ kind: 'added', pointer: pointers.after, label, after });
  } else if (after === undefined && before !== undefined) {
    changes.push({ kind: 'removed', pointer: pointers.before, label, before });
  } else if (before !== undefined && after !== undefined) {
    changes.push({ kind: 'changed', pointer: pointers.after, label, before, after });
  }
}

type Steps = readonly Step[];

/** Steps of one list; a step that went from one list to another is gone from the first and new in the second. */
function compareSteps(
  changes: DefinitionChange[],
  before: Steps,
  after: Steps,
  pointers: Omit<Place, 'path'>,
): void {
  const matches = matchSteps(before, after);
  const moved = movedSteps([...matches].sort(([one], [other]) => one - other));
  for (const [index, step] of after.entries()) {
    const place = pointerTo(pointers.after, index);
    const from = matches.get(index);
    const old = from === undefined ? undefined : before[from];
    if (from === undefined || old === undefined) {
      changes.push({
        kind: 'added',
        pointer: place,
        label: labelOf(['steps', step.name]),
        after: asJson(step),
      });
      continue;
    }
    if (moved.has(index)) {
      const label = labelOf(['steps', step.name, 'position']);
      changes.push({ kind: 'changed', pointer: place, label, before: from, after: index });
    }
    // A renamed step goes by the name that readers of the older definition know.
    const path = ['steps', old.name];
    compare(changes, asJson(old), asJson(step), {
      path,
      before: pointerTo(pointers.before, from),
      after: place,
    });
  }
  for (const [index, step] of before.entries()) {
    if ([...matches.values()].includes(index)) continue;
    const label = labelOf(['steps', step.name]);
    changes.push({
      kind: 'removed',
      pointer: pointerTo(pointers.before, index),
      label,
      before: asJson(step),
    });
  }
}

/** Which steps have to move so that the others keep their order: all outside of a longest run that rises. */
function movedSteps(pairs: readonly (readonly [after: number, before: number])[]): Set<number> {
  const best: { length: number; previous: number }[] = [];
  let last = -1;
  for (const [at, [, before]] of pairs.entries()) {
    let [length, previous] = [1, -1];
    for (let earlier = 0; earlier < at; earlier += 1) {
      const candidate = best[earlier];
      if ((pairs[earlier]?.[1] ?? Infinity) < before && candidate && candidate.length >= length) {
        [length, previous] = [candidate.length + 1, earlier];
      }
    }
    best.push({ length, previous });
    if (last < 0 || length > (best[last]?.length ?? 0)) last = at;
  }
  const moved = new Set(pairs.map(([after]) => after));
  for (let at = last; at >= 0; at = best[at]?.previous ?? -1) moved.delete(pairs[at]?.[0] ?? -1);
  return moved;
}

function keysOf(before: object, after: object): string[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])];
}
