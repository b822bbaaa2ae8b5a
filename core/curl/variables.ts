/** Around the name of a shell variable in a word. Noncharacters, which no text interchanges (Unicode, section 23.7). */
const OPEN = '\ufdd0';
const CLOSE = '\ufdd1';
const MARKED = /\ufdd0(\w+)\ufdd1/g;

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*/;

export function markVariable(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

export function holdsMarks(text: string): boolean {
  return /[\ufdd0-\ufdd3]/.test(text);
}

/** For a text that is to be marked: without what looks like a mark. */
export function withoutMarks(text: string): string {
  return text.replace(/[\ufdd0-\ufdd3]/g, '\ufffd');
}

/** A text cut at its variables, in turn a text and a name. */
export function splitAtVariables(text: string): string[] {
  return text.split(MARKED);
}

/** The only thing in a text, if that is a variable. */
export function loneVariable(text: string): string | undefined {
  return /^\ufdd0(\w+)\ufdd1$/.exec(text)?.[1];
}

export function variablesIn(text: string): string[] {
  return [...text.matchAll(MARKED)].map(([, name = '']) => name);
}

/** A variable whose value nobody here knows becomes a field of the input. */
export function asInput(text: string): string {
  return text.replace(MARKED, (_, name: string) => `{{input.${name.toLowerCase()}}}`);
}
