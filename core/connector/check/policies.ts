import { HEADER_NAME } from '../../egress/headers.ts';
import { pointerTo } from '../../json/json.ts';
import { parsePath } from '../../redaction/path-rules.ts';
import type { Step, StepRetry } from '../step-schema.ts';
import type { Expressions } from './expressions.ts';
import type { Report } from './report.ts';
import { answerScope } from './scope.ts';

/** `pointer` is `<step>/retry`. */
export function checkRetry(
  step: Step,
  { base_ms, max_ms, on, reset_header }: StepRetry,
  pointer: string,
  { report, expressions }: { report: Report; expressions: Expressions },
): void {
  if (base_ms > max_ms) report.add(pointerTo(pointer, 'base_ms'), 'base_ms must not be more than max_ms');
  if (reset_header !== undefined && !HEADER_NAME.test(reset_header))
    report.add(
      pointerTo(pointer, 'reset_header'),
      'a header name is a token: letters, digits and a few marks',
    );
  const at = pointerTo(pointer, 'on');
  if (on !== undefined && !on.statuses?.length && !on.classes?.length && on.when === undefined)
    report.add(at, 'nothing would be retried: name statuses, classes or when');
  if (on?.when !== undefined) expressions.expression(on.when, pointerTo(at, 'when'), answerScope());
  if (step.connector === undefined) return;
  // Its answer is another execution's end, which has a class and no status.
  const ofAnswers: [place: string, given: unknown][] = [
    [pointerTo(pointer, 'reset_header'), reset_header],
    [pointerTo(at, 'statuses'), on?.statuses],
    [pointerTo(at, 'when'), on?.when],
  ];
  for (const [place, given] of ofAnswers)
    if (given !== undefined)
      report.add(place, 'a connector answers with no status or header: use on.classes');
}

/** What would match nothing must not look as if it hid something: no template, no JSONPath. */
const NO_PATH = /^\$|\{\{/;

export function checkRedaction(paths: readonly string[], pointer: string, report: Report): void {
  for (const [index, path] of paths.entries()) {
    if (NO_PATH.test(path) || parsePath(path) === null)
      report.add(
        pointerTo(pointer, index),
        'the name of a field is needed, or a path such as body.customers[].email',
      );
  }
}
