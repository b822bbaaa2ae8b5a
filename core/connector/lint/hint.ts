import * as z from 'zod';
import { FieldError } from '../../problem/problem.ts';

export const HINT_CODES = [
  'unused_step',
  'unknown_field',
  'unused_input',
  'no_output',
  'unreachable_step',
  'constant_condition',
  'duplicate_request',
  'write_sent_once',
  'repeated_write',
  'missing_timeout',
  'sequential_loop',
  'unreachable_limit',
  'plain_http',
  'secret_in_url',
  'fixed_secret',
  'auth_beside_header',
] as const;
export type HintCode = (typeof HINT_CODES)[number];

/** What an experienced author would look at again. `warning`: most likely not meant. `info`: it depends. */
export const Hint = z
  .object({
    code: z.enum(HINT_CODES),
    severity: z.enum(['warning', 'info']),
    /** JSON pointer (RFC 6901) into the definition. */
    pointer: z.string(),
    message: z.string(),
    /** What to do about it. */
    advice: z.string().optional(),
  })
  .meta({ id: 'Hint' });
export type Hint = z.infer<typeof Hint>;

export const LintReport = z
  .object({
    /** Why the definition could not be stored. One with a flaw of its own gets no hints. */
    errors: z.array(FieldError),
    hints: z.array(Hint),
  })
  .meta({ id: 'LintReport' });
export type LintReport = z.infer<typeof LintReport>;
