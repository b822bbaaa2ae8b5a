import * as z from 'zod';
import { StepName } from '../connector/schema.ts';
import { fromBase64Url, toBase64Url } from '../crypto/base64.ts';

const MAX_INT = 2_147_483_647;
const Count = z.int().min(0).max(MAX_INT);
const Position = z.tuple([Count, StepName, z.string().max(200), Count]);

/** The row that a page ended with: when it began, step, iteration, attempt. */
export type StepRunPosition = z.infer<typeof Position>;

export function encodeStepRunCursor(position: StepRunPosition): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(position)));
}

/** The position in a cursor, or null when it is not one of ours. */
export function decodeStepRunCursor(cursor: string): StepRunPosition | null {
  const bytes = fromBase64Url(cursor);
  if (bytes === null) return null;
  try {
    return Position.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}
