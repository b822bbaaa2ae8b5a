import { TemplateError } from './errors.ts';
import { MAX_EXPRESSION_CHARS, MAX_TEMPLATE_CHARS } from './limits.ts';
import { parseSource } from './syntax.ts';

/** A piece of a template: text as it stands, or the source of an expression. */
export type Piece = { type: 'literal'; text: string } | { type: 'expression'; source: string };

export interface Template {
  source: string;
  pieces: Piece[];
}

/** How many `}}` are tried as the end of one expression; each try parses. */
const MAX_CLOSING_TRIES = 32;

/**
 * Offset of the `}}` that ends the expression starting at `start`. The first one that leaves a valid expression
 * wins, so `}}` may stand inside a string, a regex or nested braces without a second lexer to keep in step.
 */
function closingBraces(template: string, start: number): number {
  let firstError: unknown;
  let close = template.indexOf('}}', start);
  for (let tries = 0; close >= 0 && tries < MAX_CLOSING_TRIES; tries += 1) {
    if (firstError !== undefined && close - start > MAX_EXPRESSION_CHARS) break;
    try {
      parseSource(template.slice(start, close));
      return close;
    } catch (error) {
      // Only a syntax error may mean "the expression goes on"; a forbidden name stays forbidden.
      if (!(error instanceof TemplateError) || error.code !== 'template_syntax') throw error;
      firstError ??= error;
    }
    close = template.indexOf('}}', close + 1);
  }
  throw firstError ?? new TemplateError('template_syntax', template.slice(start), 'has no closing }}');
}

/**
 * Splits a template into its literal and `{{ }}` pieces and parses every expression.
 * @throws TemplateError as `parseExpression`; `template_syntax` also for `{{` without its `}}`
 */
export function parseTemplate(source: string): Template {
  if (source.length > MAX_TEMPLATE_CHARS) {
    throw new TemplateError('template_limit', source, `is longer than ${MAX_TEMPLATE_CHARS} characters`);
  }
  const pieces: Piece[] = [];
  let at = 0;
  for (let open = source.indexOf('{{'); open >= 0; open = source.indexOf('{{', at)) {
    if (open > at) pieces.push({ type: 'literal', text: source.slice(at, open) });
    const close = closingBraces(source, open + 2);
    pieces.push({ type: 'expression', source: source.slice(open + 2, close) });
    at = close + 2;
  }
  if (at < source.length) pieces.push({ type: 'literal', text: source.slice(at) });
  return { source, pieces };
}
