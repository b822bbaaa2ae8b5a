import type * as z from 'zod';
import { fieldErrorsOf } from '../../../core/problem/field-errors.ts';
import { Problem } from '../../../core/problem/problem.ts';

type Part = 'body' | 'path' | 'query' | 'header';

/** What zod found wrong, as errors with JSON pointers (RFC 6901), or `#query/name` outside of the body. */
export function invalid(part: Part, issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = fieldErrorsOf(issues, part === 'body' ? '' : `#${part}`);
  return part === 'body'
    ? new Problem('validation_failed', 'The body has invalid fields.', errors)
    : new Problem('invalid_request', `The ${part} of the request is not valid.`, errors);
}
