import { HEADER_NAME, HEADER_VALUE, OWNED_BY_THE_DOOR } from '../../egress/headers.ts';
import type { UrlPolicy } from '../../egress/url.ts';
import { type JsonObject, pointerTo } from '../../json/json.ts';
import type { StepBody, StepRequest } from '../schema.ts';
import type { Expressions } from './expressions.ts';
import { type Report, shown } from './report.ts';
import type { Scope } from './scope.ts';
import { checkUrlTemplate } from './url.ts';

/** RFC 4648 section 4, padding required. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
  readonly policy: UrlPolicy;
}

/** Checks one step's request; `pointer` is `/steps/<i>/request`. */
export function checkRequest(request: StepRequest, pointer: string, scope: Scope, tools: Tools): void {
  const { report, expressions, policy } = tools;
  const pieces = expressions.template(request.url, pointerTo(pointer, 'url'), scope);
  const flaw = pieces && checkUrlTemplate(pieces, policy);
  if (flaw !== undefined) report.add(pointerTo(pointer, 'url'), flaw);
  if (request.query) checkPairs(request.query, pointerTo(pointer, 'query'), scope, tools);
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
    checkPairs(body.content, pointerTo(at, 'content'), scope, tools);
  else if (body.type !== 'none' && body.content !== undefined)
    expressions.value(body.content, pointerTo(at, 'content'), scope);
  if (body.type === 'raw' && body.content_type !== undefined)
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
    if (name.includes('{{')) report.add(place, 'an expression can stand in a value, not in a key');
    if ((file.content === undefined) === (file.base64 === undefined))
      report.add(place, `the file ${shown(name)} needs either content or base64`);
    expressions.template(file.filename, pointerTo(place, 'filename'), scope);
    if (file.content_type !== undefined)
      checkContentType(file.content_type, pointerTo(place, 'content_type'), report);
    if (file.content !== undefined) expressions.template(file.content, pointerTo(place, 'content'), scope);
    if (file.base64 !== undefined) checkBase64(file.base64, pointerTo(place, 'base64'), scope, tools);
  }
}

/** Names with values of a query or a form: a list repeats its name, an object has no form there. */
function checkPairs(pairs: Readonly<JsonObject>, pointer: string, scope: Scope, tools: Tools): void {
  for (const [name, value] of Object.entries(pairs)) {
    for (const [index, item] of (Array.isArray(value) ? value : [value]).entries()) {
      if (typeof item !== 'object' || item === null) continue;
      const at = pointerTo(pointer, name);
      tools.report.add(
        Array.isArray(value) ? pointerTo(at, index) : at,
        'an object or a list in a list cannot stand here: send it as text, or in a JSON body',
      );
    }
  }
  tools.expressions.value(pairs, pointer, scope);
}

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
