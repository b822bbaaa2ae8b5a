import { type Json, pointerTo } from '../../json/json.ts';
import type { Pagination, StepBody, StepRequest } from '../request-schema.ts';
import type { Step } from '../step-schema.ts';
import type { Expressions } from './expressions.ts';
import { type Report, shown } from './report.ts';
import { isObject } from './schema-keywords.ts';
import { answerScope } from './scope.ts';

interface Tools {
  readonly report: Report;
  readonly expressions: Expressions;
}

/** `pointer` is the step's. */
export function checkPagination(step: Step, pointer: string, tools: Tools): void {
  const { pagination, request } = step;
  if (!pagination) return;
  const at = pointerTo(pointer, 'pagination');
  const { report, expressions } = tools;
  expressions.expression(pagination.items, pointerTo(at, 'items'), answerScope());
  if (pagination.stop_when !== undefined)
    expressions.expression(pagination.stop_when, pointerTo(at, 'stop_when'), answerScope('items', 'page'));
  if ('next' in pagination) expressions.expression(pagination.next, pointerTo(at, 'next'), answerScope());
  if ('param' in pagination && request) checkParameters(pagination, at, request, report);
}

type WithParameter = Extract<Pagination, { param: string }>;

function checkParameters(
  pagination: WithParameter,
  pointer: string,
  request: StepRequest,
  report: Report,
): void {
  const size = 'size_param' in pagination ? pagination.size_param : undefined;
  const sizeAt = pointerTo(pointer, 'size_param');
  if (size !== undefined && pagination.type === 'page' && pagination.page_size === undefined)
    report.add(sizeAt, 'page_size says what to send in it, and none is given');
  if (size === pagination.param) report.add(sizeAt, `${shown(size)} is the parameter of the page already`);
  if (pagination.in === 'body' && !hasFields(request.body)) {
    const detail = 'the body must be a form, or JSON that is an object as it is written';
    report.add(pointerTo(pointer, 'in'), detail);
    return;
  }
  const fixed = pagination.in === 'body' ? fieldsOf(request.body) : queryNames(request);
  const check = (name: string, at: string) => {
    if (fixed.has(name)) report.add(at, `the request sends ${shown(name)} itself: take it out there`);
  };
  // A cursor may have a fixed beginning, which the first page is asked for with.
  if (pagination.type !== 'cursor') check(pagination.param, pointerTo(pointer, 'param'));
  if (size !== undefined) check(size, sizeAt);
}

function hasFields(body: StepBody | undefined): boolean {
  return body?.type === 'form' || (body?.type === 'json' && isObject(body.content));
}

function fieldsOf(body: StepBody | undefined): Set<string> {
  const content: Json | undefined = body !== undefined && 'content' in body ? body.content : undefined;
  return new Set(isObject(content) ? Object.keys(content) : []);
}

function queryNames({ url, query = {} }: StepRequest): Set<string> {
  const names = Array.isArray(query) ? query.map(([name]) => name) : Object.keys(query);
  return new Set([...names, ...[...url.matchAll(/[?&]([^=&#{}]+)=/g)].map(([, name = '']) => name)]);
}
