import { pointerTo } from '../../json/json.ts';
import type { Assertion, ForEach, Step } from '../step-schema.ts';
import type { Expressions } from './expressions.ts';
import type { Report } from './report.ts';
import { conditionScope, keptScope, type Place } from './scope.ts';

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
}

/** The list that a loop goes through; `place` is outside of the loop. */
export function checkForEach(
  { items }: ForEach,
  pointer: string,
  place: Place,
  expressions: Expressions,
): void {
  expressions.expression(items, pointerTo(pointer, 'items'), keptScope(place));
}

/** What must hold of a result; `place` is behind the step, so that its own result is there. */
export function checkAssertions(
  assertions: readonly Assertion[],
  pointer: string,
  place: Place,
  { report, expressions }: Tools,
): void {
  for (const [index, { that, message }] of assertions.entries()) {
    const at = pointerTo(pointer, index);
    expressions.expression(that, pointerTo(at, 'that'), conditionScope(place));
    if (message !== undefined) checkMessage(message, pointerTo(at, 'message'), report);
  }
}

/** Kinds that call no service themselves; `pointer` is the step's. */
export function checkOtherKinds(step: Step, pointer: string, place: Place, tools: Tools): void {
  const { report, expressions } = tools;
  const scope = keptScope(place);
  if (step.connector) expressions.calls(step.connector.id, `${pointer}/connector/id`);
  if (step.connector) expressions.value(step.connector.input, `${pointer}/connector/input`, scope);
  if (step.transform) {
    const at = pointerTo(pointer, 'transform');
    for (const name of OF_ANY_STEP) {
      if (Object.hasOwn(step.transform, name))
        report.add(pointerTo(at, name), `every step has a field ${name} of its own: choose another name`);
    }
    expressions.value(step.transform, at, scope);
  }
  if (step.wait) checkWait(step.wait, pointerTo(pointer, 'wait'), scope, tools);
  if (step.stop) {
    const at = pointerTo(pointer, 'stop');
    if (step.stop.output !== undefined) expressions.value(step.stop.output, pointerTo(at, 'output'), scope);
    if (step.stop.message !== undefined) checkMessage(step.stop.message, pointerTo(at, 'message'), report);
  }
}

/** What `steps.<name>` holds of every kind of step. */
const OF_ANY_STEP = ['status', 'headers', 'body', 'error'];

function checkMessage(message: string, pointer: string, report: Report): void {
  if (message.includes('{{'))
    report.add(pointer, 'the message is shown as it stands and holds no expression');
}

/** ISO 8601 with a date, a time and a zone: without one, nobody knows when it is. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;
const NUMBER = /^\s*\d+(?:\.\d+)?\s*$/;

function checkWait(
  { seconds, until }: NonNullable<Step['wait']>,
  pointer: string,
  scope: ReturnType<typeof keptScope>,
  { report, expressions }: Tools,
): void {
  if ((seconds === undefined) === (until === undefined)) report.add(pointer, 'give either seconds or until');
  const texts: [name: string, text: unknown, fits: RegExp, needed: string][] = [
    ['seconds', seconds, NUMBER, 'a number of seconds is needed'],
    ['until', until, INSTANT, 'a time with a zone is needed, such as 2030-01-31T08:00:00Z'],
  ];
  for (const [name, text, fits, needed] of texts) {
    if (typeof text !== 'string') continue;
    const at = pointerTo(pointer, name);
    const pieces = expressions.template(text, at, scope);
    if (pieces?.every(({ type }) => type === 'literal') && !fits.test(text)) report.add(at, needed);
  }
}
