import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const LINT_TEXTS: Readonly<Record<string, ComponentText>> = {
  LintConnector: {
    description: 'A definition to check. A name and a description may be there and are not looked at.',
    fields: {
      input_schema: 'JSON Schema (2020-12) that inputs must satisfy.',
      steps: 'What to do, in order. Step names are unique.',
      output: 'What an execution answers: any JSON with `{{ }}` expressions.',
      contact_mapping: 'How responses become a contact.',
    },
  },
  LintReport: {
    description: 'What was found in a definition.',
    fields: {
      errors: 'Why it cannot be stored. A definition with a flaw of its own gets no hints.',
      hints: 'What could be better, warnings first.',
    },
  },
  Hint: {
    description: 'Something that an experienced author would look at again.',
    fields: {
      code: 'The kind of hint.',
      severity: '`warning`: most likely not meant. `info`: it depends.',
      pointer: 'A JSON pointer into the definition.',
      message: 'What was found.',
      advice: 'What to do about it.',
    },
  },
};
