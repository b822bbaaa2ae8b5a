import * as z from 'zod';
import { readInput } from '../connector/read-input.ts';
import type { CallContext } from '../context.ts';
import { type JsonObject, JsonObjectValue } from '../json/json.ts';
import { Problem } from '../problem/problem.ts';
import type { RerunVersion } from './rerun-schema.ts';

const Source = z.object({
  version: z.int(),
  input: JsonObjectValue,
  input_schema: JsonObjectValue.nullable(),
  coerce_input: z.boolean().nullable(),
});

/**
 * The number of the version that an execution is to be run again with, after checking the input against that version's
 * schema: the execution's own input, or `input` in its place.
 *
 * @throws Problem validation_failed (422)
 */
export async function checkedVersion(
  ctx: CallContext,
  id: string,
  version: RerunVersion,
  input?: JsonObject,
): Promise<number> {
  const source = Source.parse(
    await ctx.db.call('get_execution_source', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      p_newest: version === 'newest',
    }),
  );
  const { input_schema, coerce_input } = source;
  const schema = { input_schema: input_schema ?? undefined, coerce_input: coerce_input ?? undefined };
  const { errors } = readInput(schema, input ?? source.input);
  if (errors.length > 0) {
    throw new Problem('validation_failed', `The input does not match version ${source.version}.`, errors);
  }
  return source.version;
}
