import { encodeQuery, type FormPair, type FormValues, writePairs } from '../../connector/form-pairs.ts';
import type { ListStyle } from '../../connector/schema.ts';
import type { Evaluator, ExpressionContext } from '../../expression/index.ts';
import { parseTemplate } from '../../expression/parse.ts';
import { renderedPairs } from './form-values.ts';
import { StepRenderError } from './step-failure.ts';

/** A URL template, cut where the parts of a URL meet (RFC 3986 section 3). Each part is a template of its own. */
type UrlTemplate = { base: string | undefined; authority: string; path: string; query: string };

const SCHEME_AND_AUTHORITY = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*/;

/** A host, or a part of one: nothing that could end the authority or add user information to it. */
const AUTHORITY_TEXT = /^[A-Za-z0-9.-]+(:\d{1,5})?$/;

/**
 * A URL from its template: every expression is written for the part of the URL in which it stands, so that a value can
 * never end that part. An expression at the very start is a base URL and may hold scheme, host and path. A URL that
 * starts with "/" goes on from `below`.
 */
export async function renderUrl(
  source: string,
  evaluator: Evaluator,
  context: ExpressionContext,
  below?: string,
): Promise<string> {
  const template = splitOnce(source, evaluator);
  const base = source.startsWith('/')
    ? requiredBase(below)
    : template.base === undefined
      ? await renderAuthority(template.authority, evaluator, context)
      : baseUrl(await evaluator.template(template.base, 'text')(context), template.base);
  const path = await evaluator.template(template.path, 'path')(context);
  const ownQuery = await evaluator.template(template.query, 'query')(context);
  return `${base}${path}${ownQuery}`;
}

/** Splitting parses every expression: once for a connector version, which keeps its evaluator. */
const splits = new WeakMap<Evaluator, Map<string, UrlTemplate>>();

function splitOnce(source: string, evaluator: Evaluator): UrlTemplate {
  const known = splits.get(evaluator) ?? new Map<string, UrlTemplate>();
  splits.set(evaluator, known);
  const template = known.get(source) ?? splitUrl(source);
  known.set(source, template);
  return template;
}

/** The fragment is left out: it never travels (RFC 9110 section 7.1). */
function splitUrl(source: string): UrlTemplate {
  const template: UrlTemplate = { base: undefined, authority: '', path: '', query: '' };
  let part: 'authority' | 'path' | 'query' | 'fragment' = source.startsWith('/') ? 'path' : 'authority';
  // The authority with a letter for each expression, whose own text may hold any character.
  let outline = '';
  for (const [index, piece] of parseTemplate(source).pieces.entries()) {
    if (piece.type === 'expression') {
      const text = `{{${piece.source}}}`;
      if (index === 0) {
        template.base = text;
        part = 'path';
      } else if (part !== 'fragment') template[part] += text;
      outline += 'x';
      continue;
    }
    let rest = piece.text;
    if (index === 1 && template.base !== undefined && !/^[/?#]/.test(rest)) {
      throw new StepRenderError(
        'template',
        'template_value',
        'url: a base URL is followed by /, ? or nothing.',
      );
    }
    if (part === 'authority') {
      const end = authorityEnd(outline + rest) - outline.length;
      template.authority += rest.slice(0, end);
      outline += rest.slice(0, end);
      rest = rest.slice(end);
      if (rest !== '') part = 'path';
    }
    if (part === 'path') {
      const end = rest.search(/[?#]/);
      template.path += end < 0 ? rest : rest.slice(0, end);
      rest = end < 0 ? '' : rest.slice(end);
      if (rest !== '') part = 'query';
    }
    if (part === 'query') {
      const end = rest.indexOf('#');
      template.query += end < 0 ? rest : rest.slice(0, end);
      if (end >= 0) part = 'fragment';
    }
  }
  return template;
}

function authorityEnd(text: string): number {
  return SCHEME_AND_AUTHORITY.exec(text)?.[0].length ?? text.length;
}

async function renderAuthority(
  source: string,
  evaluator: Evaluator,
  context: ExpressionContext,
): Promise<string> {
  let authority = '';
  for (const piece of parseTemplate(source).pieces) {
    if (piece.type === 'literal') {
      authority += piece.text;
      continue;
    }
    const value = await evaluator.template(`{{${piece.source}}}`, 'text')(context);
    if (!AUTHORITY_TEXT.test(String(value))) {
      throw new StepRenderError(
        'template',
        'template_value',
        `url: {{${piece.source}}} is no part of a host name.`,
      );
    }
    authority += String(value);
  }
  return authority;
}

function requiredBase(below: string | undefined): string {
  if (below !== undefined) return baseUrl(below, below);
  throw new StepRenderError(
    'template',
    'template_value',
    'url: it starts with "/", so it needs auth with a credential that has a base_url.',
  );
}

function baseUrl(value: unknown, source: string): string {
  const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  // Also without anything after it: what the template goes on with would become a query or a fragment.
  if (!parsed || /[?#]/.test(parsed.href)) {
    throw new StepRenderError(
      'template',
      'template_value',
      `url: ${source} is no base URL (scheme, host and path).`,
    );
  }
  return parsed.href.replace(/\/+$/, '');
}

/** Adds query parameters, percent-encoded (RFC 3986 section 3.4), to those that the URL has. */
export function withQuery(url: string, values: FormValues, style?: ListStyle): string {
  return withPairs(url, renderedPairs(values, 'query', style));
}

export function withPairs(url: string, pairs: readonly Pick<FormPair, 'name' | 'values'>[]): string {
  if (pairs.length === 0) return url;
  return `${url}${url.includes('?') ? '&' : '?'}${writePairs(pairs, encodeQuery)}`;
}
