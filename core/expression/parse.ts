/**
 * The half that parses and never evaluates: all that the Worker needs to check a definition. It must not import
 * the evaluator, which brings the regex engine along.
 */
import { collectReferences, type Reference } from './references.ts';
import { parseSource, plainPath } from './syntax.ts';
import { parseTemplate } from './template.ts';

export { TemplateError, type TemplateErrorCode } from './errors.ts';
export { MAX_EXPRESSION_CHARS, MAX_TEMPLATE_CHARS } from './limits.ts';
export type { Reference } from './references.ts';
export { type Piece, parseTemplate, type Template } from './template.ts';

/** What an expression of a step can start with. A response map sees `status`, `headers` and `body` instead. */
export const CONTEXT_ROOTS = ['input', 'workspace', 'steps', 'execution', 'item', 'index'] as const;
export type ContextRoot = (typeof CONTEXT_ROOTS)[number];

export interface Parsed {
  source: string;
  /** Every path that the expression reads from its context. */
  references: Reference[];
  /** The names of a plain dotted path, which needs no interpreter; else undefined. */
  path: string[] | undefined;
}

/**
 * Parses one JSONata expression (without braces) and checks its names.
 * @throws TemplateError `template_syntax`, `template_forbidden` (`__proto__`, `$eval`, ...), `template_reference`
 *   (a `$variable` or function that does not exist) or `template_limit` (too long, too deep)
 */
export function parseExpression(source: string): Parsed {
  const { ast } = parseSource(source);
  return { source, references: collectReferences(ast), path: plainPath(ast) };
}

/** The paths that an expression reads. Throws as `parseExpression`. */
export function expressionReferences(source: string): Reference[] {
  return parseExpression(source).references;
}

/** The paths that all expressions of a template read. Throws as `parseTemplate`. */
export function templateReferences(source: string): Reference[] {
  return parseTemplate(source).pieces.flatMap((piece) =>
    piece.type === 'expression' ? expressionReferences(piece.source) : [],
  );
}
