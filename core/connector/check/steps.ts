import type { UrlPolicy } from '../../egress/url.ts';
import { pointerTo } from '../../json/json.ts';
import { MAX_STEP_DEPTH, MAX_STEPS, type Step } from '../step-schema.ts';
import { everyStep } from '../walk.ts';
import { checkAssertions, checkForEach, checkOtherKinds } from './control.ts';
import type { Expressions } from './expressions.ts';
import { checkKind } from './kinds.ts';
import { checkPagination } from './pagination.ts';
import { checkRedaction, checkRetry } from './policies.ts';
import { type Report, shown } from './report.ts';
import { checkRequest } from './request.ts';
import { checkResponse } from './response.ts';
import { conditionScope, keptScope, type Place, requestScope } from './scope.ts';

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
  readonly policy: UrlPolicy;
}

/** Where a list of steps stands. */
interface Spot extends Place {
  readonly depth: number;
  /** Why the execution cannot be stopped from here. */
  readonly noStop?: string;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Checks all steps, those inside of others as well.
 * @returns the names of the steps whose results the output may read
 */
export function checkSteps(steps: readonly Step[], tools: Tools): ReadonlySet<string> {
  const all = [...everyStep(steps)];
  const excess = all[MAX_STEPS];
  if (excess !== undefined) {
    // Nothing else is looked at: the work would grow with what is too much.
    tools.report.add(
      excess.pointer,
      `a connector has at most ${MAX_STEPS} steps, those inside of others too`,
    );
    return new Set(all.map(({ step }) => step.name));
  }
  return new Walk(tools).inTurn(steps, '/steps', { steps: NOTHING, inLoop: false, depth: 1 });
}

/** Each method answers the names that steps after it see. */
class Walk {
  readonly #tools: Tools;
  readonly #named = new Set<string>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  inTurn(steps: readonly Step[], pointer: string, spot: Spot): Set<string> {
    const done = new Set<string>();
    for (const [index, step] of steps.entries()) {
      const before = new Set([...spot.steps, ...done]);
      for (const name of this.#step(step, pointerTo(pointer, index), { ...spot, steps: before }))
        done.add(name);
    }
    return done;
  }

  /** Each sees what was there before all of them. */
  #atOnce(steps: readonly Step[], pointer: string, spot: Spot): Set<string> {
    const done = new Set<string>();
    for (const [index, step] of steps.entries())
      for (const name of this.#step(step, pointerTo(pointer, index), spot)) done.add(name);
    return done;
  }

  #step(step: Step, pointer: string, spot: Spot): ReadonlySet<string> {
    const { report, expressions } = this.#tools;
    if (report.full) return NOTHING;
    if (spot.depth > MAX_STEP_DEPTH) {
      report.add(pointer, `steps stand inside of steps on at most ${MAX_STEP_DEPTH} levels`);
      return NOTHING;
    }
    this.#name(step.name, pointer);
    checkKind(step, pointer, report);
    if (step.stop && spot.noStop !== undefined)
      report.add(pointerTo(pointer, 'stop'), `an execution cannot be stopped from inside of ${spot.noStop}`);
    if (step.condition !== undefined)
      expressions.expression(step.condition, pointerTo(pointer, 'condition'), conditionScope(spot));
    if (step.for_each) checkForEach(step.for_each, pointerTo(pointer, 'for_each'), spot, expressions);
    const inside: Spot = step.for_each ? { ...spot, inLoop: true, noStop: 'a loop' } : spot;
    this.#parts(step, pointer, inside);
    const nested = this.#nested(step, pointer, { ...inside, depth: spot.depth + 1 });
    // Of a loop only its own name is known outside: the steps in it ran many times, or never.
    const after = new Set([step.name, ...(step.for_each ? NOTHING : nested)]);
    const behind: Spot = { ...spot, steps: new Set([...spot.steps, ...after]) };
    if (step.assert)
      checkAssertions(step.assert, pointerTo(pointer, 'assert'), behind, { report, expressions });
    if (step.on_error) {
      const recovery = { ...behind, depth: spot.depth + 1 };
      for (const name of this.inTurn(step.on_error, pointerTo(pointer, 'on_error'), recovery))
        after.add(name);
    }
    return after;
  }

  #name(name: string, pointer: string): void {
    if (this.#named.has(name))
      this.#tools.report.add(pointerTo(pointer, 'name'), `another step is named ${shown(name)}`);
    this.#named.add(name);
  }

  #parts(step: Step, pointer: string, spot: Spot): void {
    const { report, expressions } = this.#tools;
    if (step.request)
      checkRequest(step.request, pointerTo(pointer, 'request'), requestScope(spot), this.#tools);
    if (step.response)
      checkResponse(
        step.response,
        pointerTo(pointer, 'response'),
        { ...spot, paged: step.pagination !== undefined },
        { report, expressions },
      );
    if (step.pagination) checkPagination(step, pointer, { report, expressions });
    if (step.retry) checkRetry(step, step.retry, pointerTo(pointer, 'retry'), { report, expressions });
    if (step.redact) checkRedaction(step.redact, pointerTo(pointer, 'redact'), report);
    if (step.cache?.key !== undefined)
      expressions.template(step.cache.key, `${pointer}/cache/key`, keptScope(spot));
    if (step.cache && step.pagination)
      report.add(pointerTo(pointer, 'cache'), 'the pages of a list are not cached');
    checkOtherKinds(step, pointer, spot, { report, expressions });
  }

  #nested(step: Step, pointer: string, spot: Spot): Set<string> {
    const { expressions } = this.#tools;
    const done = new Set<string>();
    const add = (names: ReadonlySet<string>) => {
      for (const name of names) done.add(name);
    };
    if (step.steps) add(this.inTurn(step.steps, pointerTo(pointer, 'steps'), spot));
    if (step.parallel) {
      const inside = { ...spot, noStop: 'a parallel group' };
      add(this.#atOnce(step.parallel.steps, `${pointer}/parallel/steps`, inside));
    }
    if (step.switch) {
      const inside = { ...spot, steps: new Set([...spot.steps, step.name]) };
      for (const [index, { when, steps }] of step.switch.cases.entries()) {
        const at = pointerTo(`${pointer}/switch/cases`, index);
        expressions.expression(when, pointerTo(at, 'when'), conditionScope(spot));
        add(this.inTurn(steps, pointerTo(at, 'steps'), inside));
      }
      if (step.switch.default) add(this.inTurn(step.switch.default, `${pointer}/switch/default`, inside));
    }
    return done;
  }
}
