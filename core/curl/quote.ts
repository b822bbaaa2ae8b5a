import { splitAtVariables } from './variables.ts';

/** No character here means anything to a shell. */
const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;

/**
 * A word that a POSIX shell reads as exactly this text, with the values of its variables where they are marked. The text
 * holds no NUL, which no word can.
 */
export function quote(word: string): string {
  const parts = splitAtVariables(word);
  const written = parts
    .map((part, index) => {
      if (index % 2 === 1) return `"$${part}"`;
      if (part === '') return '';
      return PLAIN.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`;
    })
    .join('');
  return written === '' ? "''" : written;
}

/** `curl` with its arguments, an option and its value on each line. */
export function commandLine(args: readonly (readonly string[])[]): string {
  return ['curl', ...args.map((words) => words.map(quote).join(' '))].join(' \\\n  ');
}
