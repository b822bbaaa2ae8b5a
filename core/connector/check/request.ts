import { HEADER_NAME, HEADER_VALUE, OWNED_BY_THE_DOOR } from '../../egress/headers.ts';
import type { UrlPolicy } from '../../egress/url.ts';
import { type Json, pointerTo } from '../../json/json.ts';
import type { ListStyle, StepBody, StepRequest } from '../request-schema.ts';
import type { Expressions } from './expressions.ts';
import { type Report, shown } from './report.ts';
import type { Scope } from './scope.ts';
import { checkUrlTemplate, isBelowBase } from './url.ts';

/** RFC 4648 section 4, padding required. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
  readonly policy: UrlPolicy;
}

/** Checks one step's request; `pointer` is `<step>/request`. */
export function checkRequest(request: StepRequest, pointer: string, scope: Scope, tools: Tools): void {
  const { report, expressions, policy } = tools;
  const pieces = expressions.template(request.url, pointerTo(pointer, 'url'), scope);
  const flaw = pieces && checkUrlTemplate(pieces, policy);
  if (flaw !== undefined) report.add(pointerTo(pointer, 'url'), flaw);
  if (pieces && isBelowBase(pieces) && request.auth === undefined)
    report.add(
      pointerTo(pointer, 'url'),
      'a path goes below the base URL of a credential: name it in auth, or write the whole URL',
    );
  if (request.query)
    checkQuery(request.query, pointerTo(pointer, 'query'), scope, request.query_lists, tools);
  if (request.headers) checkHeaders(request.headers, pointerTo(pointer, 'headers'), scope, tools);
  if (request.auth)
    expressions.needs(request.auth.credential, pointerTo(pointerTo(pointer, 'auth'), 'credential'));
  if (request.body) checkBody(request.body, request, pointer, scope, tools);
}

function checkHeaders(
  headers: Readonly<Record<string, string>>,
  pointer: string,
  scope: Scope,
  { report, expressions }: Tools,
): void {
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const at = pointerTo(pointer, name);
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name))
      report.add(at, 'a header name is a token: letters, digits and a few marks, no spaces');
    else if (OWNED_BY_THE_DOOR.has(lower)) report.add(at, `the header ${name} is written by Patchbay itself`);
    else if (seen.has(lower)) report.add(at, `the header ${name} is given twice`);
    seen.add(lower);
    const pieces = expressions.template(value, at, scope) ?? [];
    if (pieces.some((piece) => piece.type === 'literal' && !HEADER_VALUE.test(piece.text)))
      report.add(at, 'a header value cannot hold line breaks, control characters or text beyond latin-1');
  }
}

function checkBody(body: StepBody, request: StepRequest, pointer: string, scope: Scope, tools: Tools): void {
  const { report, expressions } = tools;
  const at = pointerTo(pointer, 'body');
  if (body.type !== 'none' && (request.method === 'GET' || request.method === 'HEAD'))
    report.add(at, `a ${request.method} request has no body`);
  if ((body.type === 'form' || body.type === 'multipart') && body.content)
    checkQuery(
      body.content,
      pointerTo(at, 'content'),
      scope,
      body.type === 'form' ? body.lists : undefined,
      tools,
    );
  else if (body.type === 'binary') checkBase64(body.base64, pointerTo(at, 'base64'), scope, tools);
  else if (body.type !== 'none' && body.content !== undefined)
    expressions.value(body.content, pointerTo(at, 'content'), scope);
  if ((body.type === 'raw' || body.type === 'binary') && body.content_type !== undefined)
    checkContentType(body.content_type, pointerTo(at, 'content_type'), report);
  if (body.type !== 'multipart') return;
  const contentType = Object.keys(request.headers ?? {}).find(
    (name) => name.toLowerCase() === 'content-type',
  );
  if (contentType !== undefined) {
    const detail = 'a multipart body writes its own content type, with the boundary in it';
    report.add(pointerTo(pointerTo(pointer, 'headers'), contentType), detail);
  }
  for (const [name, file] of Object.entries(body.files ?? {})) {
    const place = pointerTo(pointerTo(at, 'files'), name);
    if (name.includes('{{')) report.add(place, NO_EXPRESSION_IN_KEY);
    if ((file.content === undefined) === (file.base64 === undefined))
      report.add(place, `the file ${shown(name)} needs either content or base64`);
    expressions.template(file.filename, pointerTo(place, 'filename'), scope);
    if (file.content_type !== undefined)
      checkContentType(file.content_type, pointerTo(place, 'content_type'), report);
    if (file.content !== undefined) expressions.template(file.content, pointerTo(place, 'content'), scope);
    if (file.base64 !== undefined) checkBase64(file.base64, pointerTo(place, 'base64'), scope, tools);
  }
}

/** Names with values of a query or a form, as an object or as pairs. */
function checkQuery(
  values: NonNullable<StepRequest['query']>,
  pointer: string,
  scope: Scope,
  lists: ListStyle | undefined,
  { report, expressions }: Tools,
): void {
  const nests = lists === 'brackets' || lists === 'indices';
  const check = (value: Json, at: string) => {
    const within = Array.isArray(value) ? [...value.entries()] : [];
    if (!nests && isNested(value)) report.add(at, NOT_NESTED);
    for (const [index, item] of within)
      if (!nests && typeof item === 'object' && item !== null) report.add(pointerTo(at, index), NOT_NESTED);
    expressions.value(value, at, scope);
  };
  if (!Array.isArray(values)) {
    for (const [name, value] of Object.entries(values)) {
      const at = pointerTo(pointer, name);
      if (name.includes('{{')) report.add(at, NO_EXPRESSION_IN_KEY);
      check(value, at);
    }
    return;
  }
  for (const [index, [name, value]] of values.entries()) {
    const at = pointerTo(pointer, index);
    if (name.includes('{{')) report.add(pointerTo(at, 0), NO_EXPRESSION_IN_KEY);
    check(value, pointerTo(at, 1));
  }
}

const NO_EXPRESSION_IN_KEY = 'an expression can stand in a value, not in a key';
const NOT_NESTED =
  'an object or a list in a list cannot stand here: write lists with brackets or indices, send it as text, or in a JSON body';

const isNested = (value: Json) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A content type is sent as it stands: expressions in it are not rendered. */
function checkContentType(text: string, pointer: string, report: Report): void {
  if (text.includes('{{')) report.add(pointer, 'a content type is sent as it stands and holds no expression');
  else if (!HEADER_VALUE.test(text))
    report.add(pointer, 'a content type cannot hold line breaks or control characters');
}

function checkBase64(text: string, pointer: string, scope: Scope, { report, expressions }: Tools): void {
  const pieces = expressions.template(text, pointer, scope);
  if (pieces?.every((piece) => piece.type === 'literal') && !BASE64.test(text))
    report.add(pointer, 'the text is not base64');
}
