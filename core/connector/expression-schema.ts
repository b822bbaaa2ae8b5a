import * as z from 'zod';

/** What a request may carry; the check of a definition says which limit of the language it breaks. */
const MAX_SOURCE_CHARS = 10_000;

/** JSONata, without braces. */
export const Expression = z.string().min(1).max(MAX_SOURCE_CHARS);

/** A text with `{{ }}` that is not a body: a name, a time, a key. */
export const ShortTemplate = z.string().min(1).max(MAX_SOURCE_CHARS);
