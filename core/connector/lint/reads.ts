import type { AstNode } from '../../expression/ast.ts';
import { parseTemplate } from '../../expression/parse.ts';
import { collectReferences, type Reference } from '../../expression/references.ts';
import { parseSource } from '../../expression/syntax.ts';
import { readsWholeContext } from '../check/context-reads.ts';
import type { ConnectorDefinition } from '../schema.ts';
import { everyStep } from '../walk.ts';
import { everyText, type Text } from './texts.ts';

/** What one text reads. `whole`: everything there is. */
export interface TextReads extends Text {
  readonly trees: readonly AstNode[];
  readonly references: readonly Reference[];
  readonly whole: boolean;
}

/** What a definition reads, text by text; it has been found sound, so that each text parses. */
export class Reads {
  readonly texts: readonly TextReads[];
  readonly #inputs = new Set<string>();
  readonly #steps = new Set<string>();
  readonly #all = { input: false, steps: false };

  constructor(definition: ConnectorDefinition) {
    this.texts = [...everyText(definition)].map(readsOf);
    for (const { references, whole } of this.texts) {
      for (const { root, path } of references) this.#note(root, path[0]);
      if (whole) this.#all.input = this.#all.steps = true;
    }
    // Whoever reads a loop or a group reads what the steps in it made.
    for (const { step } of everyStep(definition.steps)) {
      if (!this.#steps.has(step.name)) continue;
      for (const { step: inner } of everyStep([step])) this.#steps.add(inner.name);
    }
  }

  hasInput(name: string): boolean {
    return this.#all.input || this.#inputs.has(name);
  }

  hasStep(name: string): boolean {
    return this.#all.steps || this.#steps.has(name);
  }

  #note(root: string, name: string | undefined): void {
    if (root !== 'input' && root !== 'steps') return;
    if (name === undefined) this.#all[root] = true;
    else if (root === 'input') this.#inputs.add(name);
    else this.#steps.add(name);
  }
}

function readsOf(text: Text): TextReads {
  const trees = sourcesOf(text).map((source) => parseSource(source).ast);
  return {
    ...text,
    trees,
    references: trees.flatMap(collectReferences),
    whole: trees.some(readsWholeContext),
  };
}

function sourcesOf({ text, is }: Text): string[] {
  if (is !== 'template') return [text];
  return parseTemplate(text).pieces.flatMap((piece) => (piece.type === 'expression' ? [piece.source] : []));
}
