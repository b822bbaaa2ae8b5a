import type { Context } from 'hono';
import type * as z from 'zod';
import { RequestError } from '../accept.ts';

/** Names one request of the SDK: its retries by the client carry the same value. */
export const REQUEST_KEY_HEADER = 'x-trigger-request-idempotency-key';

/** The JSON body, checked. A missing body counts as `{}`. Throws a RequestError (400) that names the fault. */
export async function bodyOf<T extends z.ZodType>(c: Context, schema: T): Promise<z.output<T>> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new RequestError('Invalid JSON');
  }
  return checked(schema, value);
}

export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${message} at "${path.join('.')}"`);
  throw new RequestError(`Validation error: ${faults.join('; ')}`);
}

/** A path parameter. */
export function param(c: Context, name: string): string {
  return c.req.param(name) ?? '';
}
