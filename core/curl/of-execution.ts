import type { CallContext } from '../context.ts';
import { getExecution } from '../execution/get.ts';
import { Problem } from '../problem/problem.ts';
import { exportRecordedRequest } from './export-recorded.ts';
import { orProblem } from './import-command.ts';
import type { ExportedCurl } from './schema.ts';

/** The newest request that was recorded of a step, as a command. `not_found` for a step that made none. */
export async function curlOfStep(ctx: CallContext, executionId: string, step: string): Promise<ExportedCurl> {
  const { steps } = await getExecution(ctx, executionId);
  const request = steps.findLast(({ name, request }) => name === step && request !== null)?.request;
  if (!request)
    throw new Problem('not_found', 'No request of a step of this name is recorded in this execution.');
  return orProblem('The request cannot be written as a command.', '#query/step', () =>
    exportRecordedRequest(request),
  );
}
