import * as z from 'zod';
import { StepName, StepRequest } from '../connector/schema.ts';
import { CredentialType, Placement, ServiceName } from '../credential/schema.ts';

/** Of a command; a body of a megabyte does not fit into a terminal either. */
const MAX_COMMAND_CHARS = 200_000;

export const ImportCurl = z
  .strictObject({ command: z.string().min(1).max(MAX_COMMAND_CHARS) })
  .meta({ id: 'ImportCurl' });
export type ImportCurl = z.infer<typeof ImportCurl>;

/** A credential that the step needs, as it has to be stored: without its secret. */
export const ImportedCredential = z
  .object({
    service_name: ServiceName,
    type: CredentialType,
    placement: Placement.optional(),
    allowed_hosts: z.array(z.string()),
    field_names: z.array(z.string()),
  })
  .meta({ id: 'ImportedCredential' });
export type ImportedCredential = z.infer<typeof ImportedCredential>;

export const ImportedCurl = z
  .object({
    step: z
      .object({ name: StepName, request: StepRequest, timeout_ms: z.int().optional() })
      .meta({ id: 'ImportedStep' }),
    credential: ImportedCredential.nullable(),
    notes: z.array(z.string()),
  })
  .meta({ id: 'ImportedCurl' });
export type ImportedCurl = z.infer<typeof ImportedCurl>;

export const ExportCurl = z.strictObject({ request: StepRequest }).meta({ id: 'ExportCurl' });
export type ExportCurl = z.infer<typeof ExportCurl>;

export const ExportedCurl = z
  .object({ command: z.string(), notes: z.array(z.string()) })
  .meta({ id: 'ExportedCurl' });
export type ExportedCurl = z.infer<typeof ExportedCurl>;
