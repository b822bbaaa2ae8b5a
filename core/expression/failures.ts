import { TemplateError, type TemplateErrorCode } from './errors.ts';

/** Thrown from inside an evaluation, where the source of the expression is not at hand. */
export class EvaluationError extends Error {
  readonly code: TemplateErrorCode;
  constructor(code: TemplateErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

export function limitReached(what: string): EvaluationError {
  return new EvaluationError('template_limit', what);
}

/** JSONata's codes for its stack, timeout, range and sequence limits, and for numbers out of range. */
const LIMIT_CODES: ReadonlySet<string> = new Set(['D1011', 'D1012', 'D2014', 'D2015']);
/** Longest message of `$error` or `$assert` that is passed on; a cut message could show half a secret. */
const MAX_AUTHOR_MESSAGE_CHARS = 500;

/** What each JSONata error says without the value that it would quote: the value may be a credential. */
const REASONS: Readonly<Record<string, string>> = {
  D1001: 'computes a number that is out of range',
  D1002: 'negates something that is not a number',
  D1004: 'has a regex that matches the empty string',
  D1009: 'builds the same key twice',
  D1013: 'must not use an internal key of JSONata',
  D3030: 'cannot read a value as a number',
  D3060: 'takes the square root of a negative number',
  D3061: 'computes a power that is out of range',
  D3070: 'sorts values that need a comparison function',
  D3110: 'cannot read a value as a timestamp',
  D3136: 'cannot read a value as a timestamp',
  D3138: 'finds more than one match in $single',
  D3139: 'finds no match in $single',
  D3140: 'encodes or decodes a malformed URL',
  T0410: 'passes an argument of the wrong type',
  T0411: 'applies a function to a value of the wrong type',
  T0412: 'passes an array with items of the wrong type',
  T1003: 'builds a key that is not a string',
  T1005: 'calls something that is not a function; did you forget the $?',
  T1006: 'calls something that is not a function',
  T2001: 'does arithmetic with a left side that is not a number',
  T2002: 'does arithmetic with a right side that is not a number',
  T2007: 'sorts values of different types',
  T2008: 'sorts values that are neither numbers nor strings',
  T2009: 'compares values of different types',
  T2010: 'compares values that are neither numbers nor strings',
  T2011: 'updates with something that is not an object',
};

interface JsonataFailure {
  code?: unknown;
  message?: unknown;
  token?: unknown;
  position?: number;
}

function authorMessage(error: JsonataFailure): string {
  const message = String(error.message);
  return message.length <= MAX_AUTHOR_MESSAGE_CHARS ? message : 'stopped with a long message';
}

/** Turns whatever an evaluation threw into a TemplateError that quotes no value. */
export function asTemplateError(source: string, thrown: unknown): TemplateError {
  if (thrown instanceof TemplateError) return thrown;
  if (thrown instanceof EvaluationError) return new TemplateError(thrown.code, source, thrown.message);
  if (thrown instanceof RangeError) {
    // "Invalid string length", "Invalid array length", "Maximum call stack size exceeded"
    return new TemplateError('template_limit', source, 'needs too much memory or depth');
  }
  const error: JsonataFailure = typeof thrown === 'object' && thrown !== null ? thrown : {};
  const code = typeof error.code === 'string' ? error.code : '';
  const position = typeof error.position === 'number' ? error.position : undefined;
  if (LIMIT_CODES.has(code)) {
    const reason =
      code === 'D1012'
        ? 'takes too long'
        : code === 'D1011'
          ? 'recurses too deeply'
          : 'builds too long a list';
    return new TemplateError('template_limit', source, reason, { position });
  }
  if (code === 'D3137' || code === 'D3141') {
    return new TemplateError('template_evaluation', source, authorMessage(error), { position });
  }
  const token = typeof error.token === 'string' ? ` (at ${error.token})` : '';
  const reason = `${REASONS[code] ?? `fails${code === '' ? '' : ` with ${code}`}`}${token}`;
  return new TemplateError('template_evaluation', source, reason, { position });
}
