import * as z from 'zod';

/** `half_open`: its time is over, and the next call is a probe. */
export const CircuitStatus = z.enum(['closed', 'open', 'half_open']).meta({ id: 'CircuitStatus' });
export type CircuitStatus = z.infer<typeof CircuitStatus>;

/** A service that failed lately, by credential and host. */
export const Circuit = z
  .object({
    id: z.uuid(),
    credential_id: z.uuid().nullable(),
    /** Of the credential; null for calls without one. */
    service_name: z.string().nullable(),
    /** With its port, unless that is the scheme's own. */
    host: z.string(),
    state: CircuitStatus,
    /** In a row. */
    failures: z.int(),
    last_failure_at: z.string(),
    opened_at: z.string().nullable(),
    retry_at: z.string().nullable(),
  })
  .meta({ id: 'Circuit' });
export type Circuit = z.infer<typeof Circuit>;
