import type { ConnectorDefinition, Step } from '../connector/schema.ts';
import { type Json, type JsonObject, pointerTo } from '../json/json.ts';
import { mergeOrder } from './merge-order.ts';
import { sameJson } from './same-json.ts';
import type { MergeConflict } from './schema.ts';
import { asJson, asSteps, isCaseList, isCompared, isStepList, labelOf, matchSteps } from './structure.ts';

/** Three versions of one definition, and which side wins where both changed the same; without it that is a conflict. */
export interface MergeInput {
  /** The template as it was installed. */
  readonly base: ConnectorDefinition;
  /** The workspace's definition now. */
  readonly mine: ConnectorDefinition;
  /** The newest template. */
  readonly template: ConnectorDefinition;
  readonly resolve?: 'mine' | 'template' | undefined;
}

export interface Merge {
  /** Where there are conflicts, with the workspace's side. Not checked: a whole definition is more than its parts. */
  readonly merged: JsonObject;
  readonly conflicts: MergeConflict[];
}

type Sides = { base: Json | undefined; mine: Json | undefined; template: Json | undefined };
type Place = { path: readonly string[]; pointer: string };

/** Both sides' changes in one definition: by step, by field of a step, by key of a map. */
export function mergeDefinitions(input: MergeInput): Merge {
  const merger = new Merger(input.resolve);
  const [base, mine, template] = [asJson(input.base), asJson(input.mine), asJson(input.template)];
  const entries = keysOf(mine, template).flatMap((key): [string, Json][] => {
    const merged =
      key === 'steps'
        ? merger.steps(input.base.steps, input.mine.steps, input.template.steps, '/steps')
        : merger.value(
            { base: base[key], mine: mine[key], template: template[key] },
            { path: [key], pointer: pointerTo('', key) },
          );
    return merged === undefined ? [] : [[key, merged]];
  });
  return { merged: Object.fromEntries(entries), conflicts: merger.conflicts };
}

/** Maps of a step in which each key stands for itself: one that is missing is one without keys. */
const MAPS: ReadonlySet<string> = new Set(['request/query', 'request/headers', 'response/map']);
/** Parts that both sides may add, but not together: each is made for what else stands in it. */
const TOGETHER: ReadonlySet<string> = new Set([
  'request/body',
  'pagination',
  'for_each',
  'parallel',
  'switch',
  'response/schema',
]);

const CONFLICT = 'the workspace and the template both changed it';

class Merger {
  readonly conflicts: MergeConflict[] = [];
  readonly #resolve: MergeInput['resolve'];

  constructor(resolve: MergeInput['resolve']) {
    this.#resolve = resolve;
  }

  value(sides: Sides, place: Place): Json | undefined {
    const { base, mine, template } = sides;
    if (sameJson(mine, base) || sameJson(mine, template)) return template;
    if (sameJson(template, base)) return mine;
    const { path, pointer } = place;
    if (isStepList(path)) {
      const [b, m, t] = [asSteps(base), asSteps(mine), asSteps(template)];
      if (b && m && t) return this.steps(b, m, t, pointer);
    }
    if (isCaseList(path) && haveSameLength(base, mine, template)) return this.#cases(sides, place);
    const inStep = path[0] === 'steps' ? path.slice(2).join('/') : '';
    // What both added is put together, except where the parts belong together.
    const from = TOGETHER.has(inStep) ? base : (base ?? {});
    const [ours, theirs] = MAPS.has(inStep) ? [mine ?? {}, template ?? {}] : [mine, template];
    if (isCompared(path, [from, ours, theirs])) {
      const [b, m, t] = [Object(from), Object(ours), Object(theirs)];
      const entries = keysOf(m, t).flatMap((key): [string, Json][] => {
        const below = { path: [...path, key], pointer: pointerTo(pointer, key) };
        const merged = this.value({ base: b[key], mine: m[key], template: t[key] }, below);
        return merged === undefined ? [] : [[key, merged]];
      });
      const removed = (mine === undefined || template === undefined) && entries.length === 0;
      return removed ? undefined : Object.fromEntries(entries);
    }
    return (isSet(path) ? mergeSets(sides) : undefined) ?? this.#conflict(sides, place);
  }

  /** One list of steps; `pointer` is the list's. */
  steps(base: readonly Step[], mine: readonly Step[], template: readonly Step[], pointer: string): Json {
    const baseIds = base.map((_, index) => `base ${index}`);
    const mineIds = idsOf(base, mine);
    const templateIds = idsOf(base, template);
    const merged = new Map<string, Json>();
    for (const id of new Set([...mineIds, ...templateIds])) {
      const [b, m, t] = [baseIds.indexOf(id), mineIds.indexOf(id), templateIds.indexOf(id)];
      const known = base[b] ?? mine[m] ?? template[t];
      const place = { path: ['steps', known?.name ?? ''], pointer: pointerTo(pointer, m >= 0 ? m : t) };
      const step = this.#step({ base: at(base, b), mine: at(mine, m), template: at(template, t) }, place);
      if (step !== undefined) merged.set(id, step);
    }
    const { order, conflict } = mergeOrder({
      base: baseIds,
      mine: mineIds,
      template: templateIds,
      first: this.#resolve ?? 'mine',
    });
    if (conflict && this.#resolve === undefined) {
      this.conflicts.push({
        pointer,
        label: 'order of the steps',
        detail: CONFLICT,
        base: base.map(({ name }) => name),
        mine: mine.map(({ name }) => name),
        template: template.map(({ name }) => name),
      });
    }
    return order.flatMap((id) => merged.get(id) ?? []);
  }

  #cases({ base, mine, template }: Sides, { path, pointer }: Place): Json {
    const [b, m, t] = [listOf(base), listOf(mine), listOf(template)];
    return m.map((ours, index) => {
      const below = { path: [...path, String(index)], pointer: pointerTo(pointer, index) };
      return this.value({ base: b[index], mine: ours, template: t[index] }, below) ?? null;
    });
  }

  /** As a value, except that two steps which both sides added under one name are not put together. */
  #step(sides: Sides, place: Place): Json | undefined {
    const { base, mine, template } = sides;
    if (base !== undefined || mine === undefined || template === undefined) return this.value(sides, place);
    return sameJson(mine, template) ? mine : this.#conflict(sides, place);
  }

  #conflict({ base, mine, template }: Sides, { path, pointer }: Place): Json | undefined {
    if (this.#resolve !== undefined) return this.#resolve === 'mine' ? mine : template;
    this.conflicts.push({
      pointer,
      label: labelOf(path),
      detail: CONFLICT,
      ...(base === undefined ? {} : { base }),
      ...(mine === undefined ? {} : { mine }),
      ...(template === undefined ? {} : { template }),
    });
    return mine;
  }
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function haveSameLength(...lists: (Json | undefined)[]): boolean {
  return lists.every(Array.isArray) && new Set(lists.map((list) => listOf(list).length)).size === 1;
}

/** For each step, the one of the base that it was; else its own name. */
function idsOf(base: readonly Step[], steps: readonly Step[]): string[] {
  const matches = matchSteps(base, steps);
  return steps.map(({ name }, index) => (matches.has(index) ? `base ${matches.get(index)}` : `new ${name}`));
}

function at(steps: readonly Step[], index: number): Json | undefined {
  const step = steps[index];
  return step === undefined ? undefined : asJson(step);
}

/** Lists in which the order says nothing and each entry stands once. */
function isSet(path: readonly string[]): boolean {
  const key = path.at(-1);
  return (path[0] === 'input_schema' && key === 'required') || path.join('/') === 'contact_mapping/match';
}

function mergeSets({ base = [], mine, template }: Sides): Json | undefined {
  if (!Array.isArray(base) || !Array.isArray(mine) || !Array.isArray(template)) return undefined;
  const stays = (item: Json) => (base.includes(item) ? mine.includes(item) && template.includes(item) : true);
  return [...new Set([...mine, ...template])].filter(stays);
}

function keysOf(mine: object, template: object): string[] {
  return [...new Set([...Object.keys(mine), ...Object.keys(template)])];
}
