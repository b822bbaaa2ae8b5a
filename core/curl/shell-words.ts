import { ansiCString } from './ansi-c.ts';
import { CurlRefused } from './refused.ts';
import { holdsMarks, markVariable, VARIABLE_NAME } from './variables.ts';

export type ShellWords = {
  words: string[];
  /** Whether the output goes on to another command, which is left out. */
  piped: boolean;
};

const ONE_COMMAND = 'Give one command: more than one was found.';
const UNQUOTED: Readonly<Record<string, string>> = {
  '&': 'An & outside of quotes ends the command: put the URL into quotes.',
  '<': 'The command reads a file: put the text into the command.',
  '>': 'The command writes to a file: leave that out.',
  '(': 'A ( outside of quotes has a meaning of its own: put the text into quotes.',
  ')': 'A ) outside of quotes has a meaning of its own: put the text into quotes.',
  '`': 'A command inside of the command is not run: put its result there.',
};

/**
 * The words of one simple command, as a POSIX shell reads them (POSIX.1-2024 XCU section 2.2, and $'…'). Nothing is
 * expanded: a variable stays marked by its name (`markVariable`), patterns are text. Throws `CurlRefused` for what a
 * shell would run or read.
 */
export function shellWords(command: string): ShellWords {
  if (command.includes('\0') || holdsMarks(command))
    throw new CurlRefused('The command holds characters that are no text.');
  const reader = new Reader(command.replace(/^\s*\$\s+/, ''));
  return reader.read();
}

class Reader {
  readonly #text: string;
  #at = 0;
  #word: string | undefined;
  readonly #words: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): ShellWords {
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      if (char === '|') {
        if (this.#text.charAt(this.#at + 1) === '|') throw new CurlRefused(ONE_COMMAND);
        this.#endWord();
        return { words: this.#words, piped: true };
      }
      if (char === '\n' || char === ';' || (char === '\r' && this.#text.charAt(this.#at + 1) === '\n')) {
        this.#endWord();
        this.#at += 1;
        // Before the first word there is no command yet.
        if (this.#words.length > 0) return this.#end();
      } else this.#step(char);
    }
    this.#endWord();
    return { words: this.#words, piped: false };
  }

  /** After the command, comments and empty lines alone. */
  #end(): ShellWords {
    const rest = this.#text.slice(this.#at).replace(/^[ \t]*#.*$/gm, '');
    if (/[^\s;]/.test(rest)) throw new CurlRefused(ONE_COMMAND);
    return { words: this.#words, piped: false };
  }

  #step(char: string): void {
    const refused = UNQUOTED[char];
    if (refused !== undefined) throw new CurlRefused(refused);
    this.#at += 1;
    if (char === ' ' || char === '\t') this.#endWord();
    else if (char === "'") this.#add(this.#until("'"));
    else if (char === '"') this.#doubleQuoted();
    else if (char === '\\') this.#escaped();
    else if (char === '$') this.#dollar(false);
    else if (char === '#' && this.#word === undefined) this.#comment();
    else this.#add(char);
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #until(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at);
    if (end < 0) throw new CurlRefused('A quote is not closed.');
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  #escaped(): void {
    const line = /^\r?\n/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    if (line !== undefined) {
      this.#at += line.length;
      return;
    }
    const next = this.#next();
    this.#add(next ?? '\\');
  }

  /** One character, of one or two units. */
  #next(): string | undefined {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) return undefined;
    const char = String.fromCodePoint(point);
    this.#at += char.length;
    return char;
  }

  #doubleQuoted(): void {
    this.#add('');
    for (;;) {
      const char = this.#next();
      if (char === undefined) throw new CurlRefused('A quote is not closed.');
      if (char === '"') return;
      if (char === '`') throw new CurlRefused(UNQUOTED['`'] ?? '');
      if (char === '$') this.#dollar(true);
      else if (char !== '\\') this.#add(char);
      else {
        const escaped = this.#next();
        if (escaped === undefined) throw new CurlRefused('A quote is not closed.');
        if (escaped !== '\n') this.#add(/[$`"\\]/.test(escaped) ? escaped : `\\${escaped}`);
      }
    }
  }

  #dollar(quoted: boolean): void {
    const rest = this.#text.slice(this.#at, this.#at + MAX_NAME_CHARS);
    const next = rest.charAt(0);
    if (!quoted && next === "'") {
      const { text, length } = ansiCString(this.#text, this.#at + 1);
      if (holdsMarks(text)) throw new CurlRefused('The command holds characters that are no text.');
      this.#add(text);
      this.#at += length + 1;
    } else if (!quoted && next === '"') {
      this.#at += 1;
      this.#doubleQuoted();
    } else if (next === '(') throw new CurlRefused(UNQUOTED['`'] ?? '');
    else if (next === '{') this.#braced(rest);
    else if (/[0-9?$!#@*-]/.test(next))
      throw new CurlRefused('A $ with a mark or a number after it has no value here.');
    else {
      const name = VARIABLE_NAME.exec(rest)?.[0];
      this.#at += name?.length ?? 0;
      this.#add(name === undefined ? '$' : markVariable(name));
    }
  }

  #braced(rest: string): void {
    const name = VARIABLE_NAME.exec(rest.slice(1))?.[0];
    if (name === undefined || rest.charAt(name.length + 1) !== '}')
      throw new CurlRefused(`Of variables, \${NAME} alone is understood.`);
    this.#at += name.length + 2;
    this.#add(markVariable(name));
  }
}

const MAX_NAME_CHARS = 200;
