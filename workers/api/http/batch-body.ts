import type { Context, MiddlewareHandler } from 'hono';
import type * as z from 'zod';
import { type BatchForm, itemTexts } from '../../../core/batch/item-texts.ts';
import type { CreateBatch } from '../../../core/batch/schema.ts';
import { Problem } from '../../../core/problem/problem.ts';
import { JSON_MEDIA_TYPE } from './json-body.ts';

/** https://github.com/ndjson/ndjson-spec, whose media type is not registered. */
export const NDJSON = 'application/x-ndjson';
const NDJSON_MEDIA_TYPE = /^application\/(?:x-)?ndjson\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/**
 * Reads the body of a batch: `{"items": [...]}` as JSON, or one item a line. Handlers get the texts of its items with
 * `c.req.valid('json')`, not read yet: the whole of it, parsed, would take more memory than a Worker has.
 */
export function batchBody(): MiddlewareHandler<
  object,
  string,
  { in: { json: z.input<typeof CreateBatch> }; out: { json: string[] } }
> {
  return async function batchBody(c, next) {
    const form = formOf(c.req.header('content-type') ?? '');
    const text = await bodyText(c);
    c.req.addValidatedData('json', itemTexts(text, form));
    await next();
  };
}

function formOf(mediaType: string): BatchForm {
  if (JSON_MEDIA_TYPE.test(mediaType)) return 'json';
  if (NDJSON_MEDIA_TYPE.test(mediaType)) return 'ndjson';
  throw new Problem('unsupported_media_type', `Send the body as application/json or as ${NDJSON}.`);
}

/** Decoded as it comes, so that its bytes are not held beside its text. */
async function bodyText(c: Context): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for await (const bytes of c.req.raw.body ?? []) text += decoder.decode(bytes, { stream: true });
    text += decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new Problem('malformed_json', 'The body is not valid UTF-8.');
    throw error;
  }
  // Read once: the fingerprint of an Idempotency-Key is made of it as well.
  if (c.req.header('idempotency-key') !== undefined) c.req.bodyCache.text = text;
  return text;
}
