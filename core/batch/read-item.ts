import { findBodyFlaw } from '../json/storable.ts';
import { fieldErrorsOf } from '../problem/field-errors.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { NewBatchItem } from './schema.ts';

/** An item may be as large as the body that starts one execution. */
export const MAX_ITEM_CHARS = 1024 * 1024;

export type ReadItem = { item: NewBatchItem; errors?: undefined } | { errors: FieldError[] };

/** Reads the item at `pointer`. @throws Problem malformed_json */
export function readItem(text: string, pointer: string): ReadItem {
  if (text.length > MAX_ITEM_CHARS) {
    return { errors: [{ pointer, detail: `must have at most ${MAX_ITEM_CHARS} characters` }] };
  }
  const value = parsed(text, pointer);
  const flaw = findBodyFlaw(value);
  if (flaw !== undefined) return { errors: [{ ...flaw, pointer: pointer + flaw.pointer }] };
  const result = NewBatchItem.safeParse(value);
  return result.success ? { item: result.data } : { errors: fieldErrorsOf(result.error.issues, pointer) };
}

function parsed(text: string, pointer: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text.
    throw new Problem('malformed_json', 'An item is not valid JSON.', [
      { pointer, detail: 'is not valid JSON' },
    ]);
  }
}
