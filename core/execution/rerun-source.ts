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

export interface Rerun {
  /** The number of the version. */
  readonly version: number;
  /** What it runs with: coerced, where the version asks for that. */
  readonly input: JsonObject;
}

/**
 * What an execution is run again with, after checking it against the schema of the version: the execution's own input, or
 * `input` in its place. `asItIs`: nothing is coerced, because the input cannot be changed any more.
 *
 * @throws Problem validation_failed (422)
 */
export async function checkedRerun(
  ctx: CallContext,
  id: string,
  version: RerunVersion,
  { input, asItIs = false }: { readonly input?: JsonObject | undefined; readonly asItIs?: boolean },
): Promise<Rerun> {
  const source = Source.parse(
    await ctx.db.call('get_execution_source', {
      p_workspace_id: ctx.workspaceId,
      p_id: id,
      p_newest: version === 'newest',
    }),
  );
  const schema = {
    input_schema: source.input_schema ?? undefined,
    coerce_input: !asItIs && source.coerce_input === true,
  };
  const read = readInput(schema, input ?? source.input);
  if (read.errors.length > 0) {
    throw new Problem(
      'validation_failed',
      `The input does not match version ${source.version}.`,
      read.errors,
    );
  }
  return { version: source.version, input: read.input };
}
