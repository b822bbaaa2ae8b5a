import type { CallContext } from '../context.ts';
import { readCredential } from '../credential/get.ts';
import { Problem } from '../problem/problem.ts';
import { type ExportCredential, exportStepRequest } from './export.ts';
import { orProblem } from './import-command.ts';
import type { ExportCurl, ExportedCurl } from './schema.ts';

/** A step's request as a command. Only one with `auth` asks the database: how its credential is sent, never its value. */
export async function exportRequest(ctx: CallContext, { request }: ExportCurl): Promise<ExportedCurl> {
  const credential = request.auth ? await credentialOf(ctx, request.auth.credential) : null;
  return orProblem('The request cannot be written as a command.', '/request', () =>
    exportStepRequest(request, credential),
  );
}

async function credentialOf(ctx: CallContext, service: string): Promise<ExportCredential | null> {
  try {
    return await readCredential(ctx, service, 'viewer');
  } catch (error) {
    // A template, or a step that is still being written, may be ahead of its credential.
    if (error instanceof Problem && error.code === 'credential_not_found') return null;
    throw error;
  }
}
