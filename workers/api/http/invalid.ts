import type * as z from 'zod';
import { pointerTo } from '../../../core/json/json.ts';
import { type FieldError, Problem } from '../../../core/problem/problem.ts';

type Part = 'body' | 'path' | 'query' | 'header';

/** What zod found wrong, as errors with JSON pointers (RFC 6901), or `#query/name` outside of the body. */
export function invalid(part: Part, issues: readonly z.core.$ZodIssue[]): Problem {
  const root = part === 'body' ? '' : `#${part}`;
  const errors = issues.flatMap((issue) => fieldErrors(issue, root));
  return part === 'body'
    ? new Problem('validation_failed', 'The body has invalid fields.', errors)
    : new Problem('invalid_request', `The ${part} of the request is not valid.`, errors);
}

function fieldErrors(issue: z.core.$ZodIssue, root: string): FieldError[] {
  const pointer = issue.path.reduce<string>((parent, key) => pointerTo(parent, String(key)), root);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerTo(pointer, key), detail: 'is not a known field' }));
  }
  if (issue.code === 'invalid_key') {
    return [{ pointer, detail: issue.issues[0]?.message ?? 'the key is not valid' }];
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ pointer, detail: missing ? 'is required' : issue.message }];
}
