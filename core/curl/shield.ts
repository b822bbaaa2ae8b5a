import { parseTemplate, TemplateError } from '../expression/parse.ts';

const HIDDEN = /\ufdd2(\d+)\ufdd3/g;

/**
 * Keeps `{{ }}` out of the way while a text is split and decoded, for an expression may hold any character. What is no
 * template stays as it is.
 */
export class Shield {
  readonly #expressions: string[] = [];

  hide(text: string): string {
    if (!text.includes('{{')) return text;
    try {
      const pieces = parseTemplate(text).pieces;
      return pieces
        .map((piece) => (piece.type === 'literal' ? piece.text : this.#hidden(`{{${piece.source}}}`)))
        .join('');
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return text;
    }
  }

  #hidden(expression: string): string {
    this.#expressions.push(expression);
    return `\ufdd2${this.#expressions.length - 1}\ufdd3`;
  }

  show(text: string): string {
    return text.replace(HIDDEN, (_, index: string) => this.#expressions[Number(index)] ?? '');
  }
}

/** Whether a text that is hidden, or not, has an expression in it. */
export function holdsExpression(text: string): boolean {
  return text.includes('\ufdd2') || text.includes('{{');
}
