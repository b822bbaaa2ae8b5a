import * as z from 'zod';
import { ErrorClass, ExecutionSummary } from './schema.ts';

/** The request of the failed step as it was sent last, secrets redacted. */
export const FailedRequest = z
  .object({ method: z.string(), url: z.string(), iteration: z.string(), attempt: z.int() })
  .meta({ id: 'FailedRequest' });

/** An execution that did not succeed, and that nobody redrove or dismissed. */
export const DeadLetter = ExecutionSummary.extend({
  connector_name: z.string(),
  failed_request: FailedRequest.nullable(),
  dismissed_at: z.string().nullable(),
}).meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;

export const DeadLetterGroup = z
  .object({
    connector_id: z.uuid(),
    connector_name: z.string(),
    class: ErrorClass,
    code: z.string(),
    count: z.int(),
    newest_id: z.uuid(),
    newest_at: z.string(),
  })
  .meta({ id: 'DeadLetterGroup' });

export const DeadLetterSummary = z
  .object({
    /** Of the newest 10,000. */
    total: z.int(),
    /** False: there are more than are counted, or more groups than are shown. */
    complete: z.boolean(),
    groups: z.array(DeadLetterGroup),
  })
  .meta({ id: 'DeadLetterSummary' });
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;
