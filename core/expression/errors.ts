/**
 * - `template_syntax`: the text does not parse.
 * - `template_reference`: it reads something that is missing or unknown.
 * - `template_forbidden`: it uses a name or function that is never allowed.
 * - `template_limit`: it needs more time, depth or memory than an expression may take.
 * - `template_value`: its value cannot stand where the template puts it.
 * - `template_evaluation`: it failed while it ran (a type error, `$error(...)`).
 */
export type TemplateErrorCode =
  | 'template_syntax'
  | 'template_reference'
  | 'template_forbidden'
  | 'template_limit'
  | 'template_value'
  | 'template_evaluation';

interface TemplateErrorDetails {
  /** 0-based offset into the expression, where the parser knows it. */
  position?: number | undefined;
  /** The path segment that is missing, for `template_reference`. */
  field?: string | undefined;
}

const SHOWN_EXPRESSION_CHARS = 120;

/**
 * Every failure of this folder. The message names the expression (its source, which holds no secret) and
 * never a value, because a value may be a credential in a form that redaction would not recognise.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  readonly expression: string;
  readonly position: number | undefined;
  readonly field: string | undefined;

  constructor(
    code: TemplateErrorCode,
    expression: string,
    reason: string,
    details: TemplateErrorDetails = {},
  ) {
    const shown =
      expression.length > SHOWN_EXPRESSION_CHARS
        ? `${expression.slice(0, SHOWN_EXPRESSION_CHARS)}...`
        : expression;
    super(`{{ ${shown.trim()} }}: ${reason}`);
    this.name = 'TemplateError';
    this.code = code;
    this.expression = expression;
    this.position = details.position;
    this.field = details.field;
  }
}
