import { parseExpression, parseTemplate, TemplateError } from '../expression/parse.ts';
import { REDACTED } from '../redaction/index.ts';
import { markVariable, withoutMarks } from './variables.ts';

/** A name as shells have them: `svc.api-key` is SVC_API_KEY. */
export function variableName(text: string): string {
  const plain = text
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (plain === '') return 'SECRET';
  return (/^\d/.test(plain) ? `SECRET_${plain}` : plain).slice(0, 100);
}

/** Templates with a variable of the shell in place of each expression that reads a credential. */
export class MaskedText {
  readonly #names = new Map<string, string>();

  /** `write` says how the literal text between expressions stands in its place. */
  text(template: string, write: (literal: string) => string = (literal) => literal): string {
    const clean = withoutMarks(template);
    if (!clean.includes('{{')) return write(clean);
    try {
      return parseTemplate(clean)
        .pieces.map((piece) =>
          piece.type === 'literal' ? write(piece.text) : this.#expression(piece.source),
        )
        .join('');
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return write(clean);
    }
  }

  #expression(source: string): string {
    const { references, path } = parseExpression(source);
    const secret = references.find(({ root }) => root === 'workspace');
    if (!secret) return `{{${source}}}`;
    const known = this.#names.get(source);
    if (known !== undefined) return markVariable(known);
    const wanted = variableName(path ? path.slice(1).join('_') : `${secret.path[0] ?? ''}_secret`);
    const taken = new Set(this.#names.values());
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
    this.#names.set(source, name);
    return markVariable(name);
  }
}

/** What was recorded, with a variable in place of what was redacted. */
export function unredacted(text: string, name: string): string {
  return withoutMarks(text).replaceAll(REDACTED, markVariable(variableName(name)));
}
