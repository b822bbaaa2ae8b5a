import { zValidator } from '@hono/zod-validator';
import * as z from 'zod';
import { findUnstorable } from '../../../core/json/storable.ts';
import { decodeCursor } from '../../../core/page/cursor.ts';
import type { PageRequest } from '../../../core/page/page.ts';
import { Problem } from '../../../core/problem/problem.ts';
import { invalid } from './invalid.ts';

export const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** Path parameters, for `c.req.valid('param')`; 400 with `#path/name` otherwise. */
export function path<Schema extends z.ZodObject>(schema: Schema) {
  return zValidator('param', schema, (result) => {
    if (!result.success) throw invalid('path', result.error.issues);
    requireStorable('path', result.data);
  });
}

/** Query parameters, for `c.req.valid('query')`; 400 with `#query/name` otherwise. */
export function query<Schema extends z.ZodObject>(schema: Schema) {
  return zValidator('query', schema, (result) => {
    if (!result.success) throw invalid('query', result.error.issues);
    requireStorable('query', result.data);
  });
}

/** Postgres takes no NUL in a text, and fails the call that brings one. */
function requireStorable(part: 'path' | 'query', values: unknown): void {
  const flaw = findUnstorable(values, `#${part}`);
  if (flaw !== undefined)
    throw new Problem('invalid_request', `The ${part} of the request is not valid.`, [flaw]);
}

export const Id = z.object({ id: z.uuid() });

/** Of every list. The cursor is read into the id that it stands for. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .optional(),
  cursor: z
    .string()
    .transform((text, issues) => {
      const id = decodeCursor(text);
      if (id === null) issues.addIssue('is not a cursor of this API');
      return id;
    })
    .optional(),
});

export function pageRequest(valid: z.output<typeof PageQuery>): PageRequest {
  return { limit: valid.limit ?? DEFAULT_LIMIT, after: valid.cursor ?? null };
}
