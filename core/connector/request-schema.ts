import * as z from 'zod';
import { ServiceName } from '../credential/service-name.ts';
import { ErrorClass } from '../execution/schema.ts';
import { JsonObjectValue, JsonValue } from '../json/json.ts';
import { Expression } from './expression-schema.ts';

const MAX_URL_CHARS = 8_000;
const Template = z.string().max(1_048_576);

const FormFields = z.record(z.string().min(1).max(1000), JsonValue);
const ContentType = z.string().min(1).max(200);

/** A file of a multipart body: its content as text, or base64 of bytes. */
const MultipartFile = z.strictObject({
  filename: z.string().min(1).max(1000),
  content_type: ContentType.optional(),
  content: Template.optional(),
  base64: Template.optional(),
});

/** How a list in a query or a form is written: `a=1&a=2`, `a[]=1&a[]=2`, `a[0]=1&a[1]=2`, or `a=1,2`. */
export const ListStyle = z.enum(['repeat', 'brackets', 'indices', 'comma']);
export type ListStyle = z.infer<typeof ListStyle>;

export const StepBody = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('json'), content: JsonValue }),
    z.strictObject({ type: z.literal('form'), content: FormFields, lists: ListStyle.optional() }),
    z.strictObject({
      type: z.literal('multipart'),
      content: FormFields.optional(),
      files: z.record(z.string().min(1).max(1000), MultipartFile).optional(),
    }),
    z.strictObject({ type: z.literal('xml'), content: Template }),
    z.strictObject({ type: z.literal('raw'), content: Template, content_type: ContentType.optional() }),
    /** Bytes, written as base64. */
    z.strictObject({ type: z.literal('binary'), base64: Template, content_type: ContentType.optional() }),
  ])
  .meta({ id: 'StepBody' });
export type StepBody = z.infer<typeof StepBody>;

/** RFC 9110 section 9.3, without CONNECT and TRACE, which make no sense behind an API. */
export const Method = z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
export type Method = z.infer<typeof Method>;

/** By name, or as pairs where a name stands more than once or the order counts. */
const Query = z.union([
  z.record(z.string().min(1).max(1000), JsonValue),
  z.array(z.tuple([z.string().min(1).max(1000), JsonValue])).max(1000),
]);

export const StepRequest = z
  .strictObject({
    method: Method.default('GET'),
    /** Absolute; or a path (`/v1/people`) below the `base_url` of the credential that `auth` names. */
    url: z.string().min(1).max(MAX_URL_CHARS),
    query: Query.optional(),
    query_lists: ListStyle.optional(),
    headers: z.record(z.string().min(1).max(200), z.string().max(16_384)).optional(),
    auth: z.strictObject({ credential: ServiceName }).optional(),
    body: StepBody.optional(),
    /** How many redirects are followed; 0 takes the 3xx answer itself. */
    max_redirects: z.int().min(0).max(10).optional(),
  })
  .meta({ id: 'StepRequest' });
export type StepRequest = z.infer<typeof StepRequest>;

/** An answer that is a failure although its status is not, or one of another class than its status says. */
export const ErrorRule = z
  .strictObject({
    /** JSONata over { status, headers, body }. */
    when: Expression,
    class: ErrorClass.optional(),
    code: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/)
      .optional(),
    /** A template over { status, headers, body }. */
    message: z.string().min(1).max(1_000).optional(),
    /** Whether the same request may succeed later. */
    transient: z.boolean().optional(),
  })
  .meta({ id: 'ErrorRule' });
export type ErrorRule = z.infer<typeof ErrorRule>;

const FieldName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'a field name');

export const StepResponse = z
  .strictObject({
    type: z.enum(['auto', 'json', 'text', 'binary', 'xml']).default('auto'),
    /** JSONata over { status, headers, body }: by field, or one expression that makes an object of all fields. */
    map: z.union([z.record(FieldName, Expression), Expression]).optional(),
    /** The answer is a success exactly when this holds; without it, when its status is below 400. */
    success_when: Expression.optional(),
    /** Looked at in turn, before `success_when`. */
    error_when: z.array(ErrorRule).min(1).max(20).optional(),
    /** JSON Schema 2020-12 that the body must fit. */
    schema: JsonObjectValue.optional(),
    /** Turns texts into the numbers and booleans, and single values into the lists, that `schema` asks for, where nothing is lost. */
    coerce: z.boolean().optional(),
    /** Of the body, on the wire and decompressed. */
    max_bytes: z
      .int()
      .min(1)
      .max(5 * 1024 * 1024)
      .optional(),
  })
  .meta({ id: 'StepResponse' });
export type StepResponse = z.infer<typeof StepResponse>;

/**
 * How the pages of a list are fetched. `items` finds the items on a page; the step's result has all of them at
 * `steps.<name>.items`, and `body` is the last page's.
 */
const pages = {
  items: Expression,
  /** JSONata over { status, headers, body, items, page }: no page is asked for after one of which it holds. */
  stop_when: Expression.optional(),
  max_pages: z.int().min(1).max(1_000).default(100),
  max_items: z.int().min(1).max(100_000).default(10_000),
  delay_ms: z.int().min(0).max(60_000).default(0),
  /** `keep`: a page that fails ends the list, and what came before it is the result. */
  on_error: z.enum(['fail', 'keep']).default('fail'),
};
const Parameter = {
  /** The name of a query parameter; with `in: "body"`, of a field at the top of a JSON or form body. */
  param: z.string().min(1).max(1000),
  in: z.enum(['query', 'body']).default('query'),
};
export const Pagination = z
  .discriminatedUnion('type', [
    /** `next`: JSONata over { status, headers, body } that finds the next page's URL, absolute or relative; nothing ends the list. */
    z.strictObject({ type: z.literal('next_url'), next: Expression, ...pages }),
    /** The target of `Link: <…>; rel="next"` (RFC 8288). */
    z.strictObject({ type: z.literal('link_header'), ...pages }),
    /** `next` finds the cursor of the next page; nothing, null or "" ends the list. */
    z.strictObject({ type: z.literal('cursor'), next: Expression, ...Parameter, ...pages }),
    /** Counts items. Ends with a page of fewer than `page_size` items. */
    z.strictObject({
      type: z.literal('offset'),
      ...Parameter,
      start: z.int().min(0).default(0),
      page_size: z.int().min(1).max(10_000),
      /** Where the page size is sent, if it is. */
      size_param: z.string().min(1).max(1000).optional(),
      ...pages,
    }),
    /** Counts pages. Ends with an empty page, or with one of fewer than `page_size` items if that is given. */
    z.strictObject({
      type: z.literal('page'),
      ...Parameter,
      start: z.int().min(0).default(1),
      page_size: z.int().min(1).max(10_000).optional(),
      size_param: z.string().min(1).max(1000).optional(),
      ...pages,
    }),
  ])
  .meta({ id: 'Pagination' });
export type Pagination = z.infer<typeof Pagination>;
