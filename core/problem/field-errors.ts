import type * as z from 'zod';
import { pointerTo } from '../json/json.ts';
import type { FieldError } from './problem.ts';

/** What zod found wrong, with JSON pointers (RFC 6901) below `root`. */
export function fieldErrorsOf(issues: readonly z.core.$ZodIssue[], root = ''): FieldError[] {
  return issues.flatMap((issue) => errorsOf(issue, root));
}

function errorsOf(issue: z.core.$ZodIssue, root: string): FieldError[] {
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
