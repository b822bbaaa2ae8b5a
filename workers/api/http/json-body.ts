import type { MiddlewareHandler } from 'hono';
import type * as z from 'zod';
import { findBodyFlaw } from '../../../core/json/storable.ts';
import { Problem } from '../../../core/problem/problem.ts';
import { invalid } from './invalid.ts';

/** RFC 8259: JSON has one media type and one encoding. */
export const JSON_MEDIA_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON body once: content type (415), UTF-8 and syntax (400), depth, keys and characters that cannot be kept
 * (422), then the schema (422). Handlers get it with `c.req.valid('json')`. `wrapping`: levels around a list of documents.
 */
export function jsonBody<Schema extends z.ZodType<object>>(
  schema: Schema,
  options: { readonly wrapping?: number } = {},
): MiddlewareHandler<object, string, { in: { json: z.input<Schema> }; out: { json: z.output<Schema> } }> {
  return async function jsonBody(c, next) {
    if (!JSON_MEDIA_TYPE.test(c.req.header('content-type') ?? '')) {
      throw new Problem('unsupported_media_type', 'Send the body as application/json.');
    }
    const body = parse(await c.req.arrayBuffer());
    const flaw = findBodyFlaw(body, options.wrapping);
    if (flaw !== undefined) throw new Problem('validation_failed', 'The body cannot be taken in.', [flaw]);
    const result = schema.safeParse(body);
    if (!result.success) throw invalid('body', result.error.issues);
    c.req.addValidatedData('json', result.data);
    await next();
  };
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    // Its message quotes the text.
    throw new Problem('malformed_json', 'The body is not valid JSON in UTF-8.');
  }
}
