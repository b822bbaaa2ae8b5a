import type { ConnectorDefinition, Step, StepRequest } from '../connector/schema.ts';
import { everyStep } from '../connector/walk.ts';
import { everyNode } from '../expression/ast.ts';
import { parseTemplate, TemplateError } from '../expression/parse.ts';
import { parseSource } from '../expression/syntax.ts';
import { pointerTo } from '../json/json.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import { isSensitiveName, isSensitiveParameter } from '../redaction/sensitive-names.ts';
import { isPlaceholder, looksRandom, secretShapeIn } from './secret-shapes.ts';

/**
 * How much a text is suspected because of where it stands. `carrier`: a header or query parameter that exists to carry a
 * credential, where any fixed text is one. `named`: a field with a secret's name, where it may also be something harmless.
 */
type Suspicion = 'carrier' | 'named' | 'none';

const ADVICE = 'refer to a credential instead: {{workspace.<service>.<field>}}, or auth';

/**
 * Where a definition carries a secret of its author: by its shape anywhere, by the name of its place where that is a
 * secret's. Guards against accidents; it cannot find what somebody hides on purpose.
 */
export function findSecrets(definition: ConnectorDefinition): FieldError[] {
  const errors: FieldError[] = [];
  const { steps, input_schema, output, contact_mapping } = definition;
  for (const { step, pointer } of everyStep(steps)) checkStep(errors, step, pointer);
  checkSchema(errors, input_schema, '/input_schema', 'none');
  check(errors, output, '/output', 'none');
  check(errors, contact_mapping?.fields, '/contact_mapping/fields', 'none');
  return errors;
}

/** What else stands in a step: expressions, and fields of which the name says nothing about what is in them. */
const BY_SHAPE = ['condition', 'for_each', 'pagination', 'retry', 'cache', 'wait', 'assert'] as const;
/** Data that the author wrote, in which a name says what its value is. */
const BY_NAME = ['transform', 'connector', 'stop'] as const;

function checkStep(errors: FieldError[], step: Step, pointer: string): void {
  for (const key of BY_SHAPE) check(errors, step[key], pointerTo(pointer, key), 'none', { names: false });
  for (const key of BY_NAME) check(errors, step[key], pointerTo(pointer, key), 'none');
  for (const [index, { when }] of (step.switch?.cases ?? []).entries())
    check(errors, when, `${pointer}/switch/cases/${index}/when`, 'none');
  const { schema, ...response } = step.response ?? {};
  check(errors, response, `${pointer}/response`, 'none', { names: false });
  checkSchema(errors, schema, `${pointer}/response/schema`, 'none');
  if (step.request) checkRequest(errors, step.request, `${pointer}/request`);
}

function checkRequest(
  errors: FieldError[],
  { url, query = {}, headers, body }: StepRequest,
  at: string,
): void {
  checkUrl(errors, url, `${at}/url`);
  if (Array.isArray(query)) {
    for (const [index, [name, value]] of query.entries())
      check(errors, value, `${at}/query/${index}/1`, parameterSuspicion(name));
  } else {
    for (const [name, value] of Object.entries(query))
      check(errors, value, pointerTo(`${at}/query`, name), parameterSuspicion(name));
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    const suspicion = isSensitiveName(name) ? 'carrier' : 'none';
    check(errors, value, pointerTo(`${at}/headers`, name), suspicion);
  }
  check(errors, body, `${at}/body`, 'none');
}

/** Refuses a template that carries a secret, in its definition or in what is written about it. */
export function refuseSecrets(
  definition: ConnectorDefinition | null,
  texts: Readonly<Record<string, string>>,
): void {
  const errors = definition === null ? [] : findSecrets(definition);
  const inDefinition = errors.map(({ pointer, detail }) => ({ pointer: `/definition${pointer}`, detail }));
  const inTexts = Object.entries(texts).flatMap(([name, text]) => {
    const what = secretShapeIn(text);
    return what === undefined ? [] : [{ pointer: pointerTo('', name), detail: `holds ${what}` }];
  });
  if (inDefinition.length + inTexts.length === 0) return;
  throw new Problem(
    'template_holds_secret',
    'Everybody who installs a template can read it. Take the secret out, and revoke it if it was shown already.',
    [...inTexts, ...inDefinition],
  );
}

function check(
  errors: FieldError[],
  value: unknown,
  pointer: string,
  suspicion: Suspicion,
  { names = true } = {},
): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const detail = flawIn(String(value), suspicion);
    if (detail !== undefined) errors.push({ pointer, detail });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      const named = names && !Array.isArray(value) && isSensitiveName(key);
      check(errors, child, pointerTo(pointer, key), named && suspicion === 'none' ? 'named' : suspicion, {
        names,
      });
    }
  }
}

/** Keywords of JSON Schema whose values are data; the others speak about data. */
const SCHEMA_VALUES: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);
const SCHEMA_NAMES: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'patternProperties',
  'dependentSchemas',
]);

function checkSchema(errors: FieldError[], schema: unknown, pointer: string, suspicion: Suspicion): void {
  if (typeof schema !== 'object' || schema === null) {
    check(errors, schema, pointer, 'none');
    return;
  }
  for (const [key, child] of Object.entries(schema)) {
    const at = pointerTo(pointer, key);
    if (SCHEMA_VALUES.has(key)) check(errors, child, at, suspicion);
    else if (SCHEMA_NAMES.has(key) && typeof child === 'object' && child !== null) {
      for (const [name, below] of Object.entries(child)) {
        checkSchema(errors, below, pointerTo(at, name), isSensitiveName(name) ? 'named' : suspicion);
      }
    } else checkSchema(errors, child, at, suspicion);
  }
}

const PARAMETER = /[?&;]([^=&#;?\s{}]+)=((?:\{\{.*?\}\}|[^&#;\s])*)/g;

function checkUrl(errors: FieldError[], url: string, pointer: string): void {
  const before = errors.length;
  check(errors, url, pointer, 'none');
  if (errors.length > before) return;
  for (const [, name = '', value = ''] of url.matchAll(PARAMETER)) {
    const detail = flawIn(value, parameterSuspicion(decoded(name)));
    if (detail !== undefined) errors.push({ pointer, detail: `the parameter ${name} ${detail}` });
  }
}

/** `key` and `sig` carry a secret at some services and something harmless at others. */
function parameterSuspicion(name: string): Suspicion {
  if (isSensitiveName(name)) return 'carrier';
  return isSensitiveParameter(name) ? 'named' : 'none';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function flawIn(text: string, suspicion: Suspicion): string | undefined {
  const shape = secretShapeIn(text);
  if (shape !== undefined) return `holds ${shape}: ${ADVICE}`;
  if (suspicion === 'none') return undefined;
  const { literals, quoted } = textsOf(text);
  const literal = literals.map(bare).filter((word) => word !== '' && !isPlaceholder(word));
  const fixed = suspicion === 'carrier' ? literal.length > 0 : literal.some(looksLikePassword);
  const inside = quoted.map(bare).some((word) => looksRandom(word) && !isPlaceholder(word));
  return fixed || inside ? `holds a fixed value where a secret stands: ${ADVICE}` : undefined;
}

/** One word that is more than a word: with a digit or a mark in it. */
function looksLikePassword(text: string): boolean {
  return text.length >= 6 && !/\s/.test(text) && /[^A-Za-z_-]/.test(text) && !/^https?:\/\//i.test(text);
}

/** Without what goes around a secret and is none: the scheme of a header, the names and marks of a cookie. */
function bare(text: string): string {
  return text
    .trim()
    .replace(
      /^(?:bearer|basic|token|apikey|api-key|digest|key|sso-key|klaviyo-api-key|genie[- ]?key)(?=$|[ =:])[ =:]*/i,
      '',
    )
    .replace(/(?:^|[;,]\s*)[\w.-]+=\s*(?=$|[;,])/g, '')
    .replace(/^[\s"';:,=/.-]+|[\s"';:,=/.-]+$/g, '');
}

/** The texts of a template: those between expressions, and those quoted in them. */
function textsOf(template: string): { literals: string[]; quoted: string[] } {
  try {
    const { pieces } = parseTemplate(template);
    const literals = pieces.flatMap((piece) => (piece.type === 'literal' ? [piece.text] : []));
    const quoted = pieces.flatMap((piece) => (piece.type === 'expression' ? quotedIn(piece.source) : []));
    return { literals, quoted };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { literals: [template], quoted: [] };
  }
}

function quotedIn(source: string): string[] {
  return [...everyNode(parseSource(source).ast)].flatMap(({ type, value }) =>
    type === 'string' && typeof value === 'string' ? [value] : [],
  );
}
