import * as z from 'zod';
import { Instant } from '../admin/range.ts';
import { JsonObjectValue } from '../json/json.ts';
import { ErrorClass } from './schema.ts';

/** Of one call; what is left is told, so that the next call takes it. */
export const MAX_REDRIVEN = 1_000;

/** The version that ran, or the connector's newest one. */
export const RerunVersion = z.enum(['same', 'newest']);
export type RerunVersion = z.infer<typeof RerunVersion>;

export const RedriveExecution = z
  .strictObject({ version: RerunVersion.default('same') })
  .meta({ id: 'RedriveExecution', example: { version: 'same' } });
export type RedriveExecution = z.infer<typeof RedriveExecution>;

export const ReplayExecution = z
  .strictObject({ version: RerunVersion.default('newest'), input: JsonObjectValue.optional() })
  .meta({ id: 'ReplayExecution', example: { version: 'newest' } });
export type ReplayExecution = z.infer<typeof ReplayExecution>;

export const RedriveFilter = z
  .strictObject({
    status: z.enum(['failed', 'timed_out', 'cancelled']).optional(),
    connector_id: z.uuid().optional(),
    error_class: ErrorClass.optional(),
    error_code: z.string().min(1).max(100).optional(),
    created_after: Instant.optional(),
    created_before: Instant.optional(),
    ids: z.array(z.uuid()).min(1).max(MAX_REDRIVEN).optional(),
  })
  .refine((filter) => Object.keys(filter).length > 0, 'must name at least one condition')
  .meta({ id: 'RedriveFilter' });

export const RedriveExecutions = z
  .strictObject({ filter: RedriveFilter, version: RerunVersion.default('same') })
  .meta({ id: 'RedriveExecutions', example: { filter: { error_class: 'upstream' } } });
export type RedriveExecutions = z.infer<typeof RedriveExecutions>;

export const RedriveResult = z
  .object({
    redriven: z.int(),
    /** Of those that match, how many another call would take; counted to 10,000. */
    remaining: z.int(),
    /** Their input was checked against another schema than the newest version's. */
    skipped: z.int(),
  })
  .meta({ id: 'RedriveResult' });
export type RedriveResult = z.infer<typeof RedriveResult>;
