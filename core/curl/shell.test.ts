/** The words are those that a shell reads, and what is quoted is read back by one: held against /bin/sh and bash. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote } from './quote.ts';
import { CurlRefused } from './refused.ts';
import { shellWords } from './shell-words.ts';
import { markVariable } from './variables.ts';

const SHELLS = ['/bin/sh', '/bin/bash'];

/** The arguments that a shell gives to a program. */
function wordsOf(shell: string, command: string): string[] {
  const script = `set -- ${command}\nprintf '%s\\0' "$@"`;
  // Without HOME, a shell has no start-up file to read.
  const env = { LC_ALL: 'C.UTF-8', PATH: process.env.PATH, SVC_TOKEN: 'the $value\'s "own"' };
  return execFileSync(shell, ['-s'], { env, input: script, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 })
    .split('\0')
    .slice(0, -1);
}

const hostile = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'\'"\\$`!{}[]*?~#&|;<>()=%^ \t\n\r@-aé\u{1f600}') }),
    fc.constantFrom(
      '$(id)',
      '`id`',
      '${HOME}',
      '-rf',
      "$'\\x41'",
      '!!',
      '\\\n',
      "'\\''",
      '',
      ' ',
      '~',
      '{a,b}',
      '#x',
    ),
  )
  .map((text) =>
    text
      .toWellFormed()
      .replaceAll('\0', '')
      .replace(/[\ufdd0-\ufdd3]/g, ''),
  );

describe('a quoted word', () => {
  test.each(SHELLS)('is read by %s as exactly the text that was quoted', (shell) => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 200, maxLength: 400, size: 'max' }), (texts) => {
        expect(wordsOf(shell, texts.map(quote).join(' '))).toEqual(texts);
      }),
      { numRuns: 8 },
    );
  });

  test.each(SHELLS)('has the value of its variables in %s, and nothing of it is read again', (shell) => {
    const word = `Bearer '${markVariable('SVC_TOKEN')}' $SVC_TOKEN`;
    expect(wordsOf(shell, quote(word))).toEqual([`Bearer 'the $value's "own"' $SVC_TOKEN`]);
  });

  test('is read by the importer as a shell reads it', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1 }), (texts) => {
        expect(shellWords(texts.map(quote).join(' ')).words).toEqual(texts);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the words of a command', () => {
  /** Commands in which nothing is expanded, so that a shell can be asked. */
  test.each([
    `a 'b c' "d e" f\\ g`,
    `a'b'"c"d`,
    `'' "" a`,
    `"a\\"b\\$c\\\`d\\\\e\\f"`,
    `'a\\n' "a\\n"`,
    'a \\\n b\\\nc',
    '"a\\\nb"',
    '"a\nb"',
    'a#b "#c" #d e',
    '$ "$" a$ $%',
    '\\a\\\'\\"\\é',
    `a={b} [c]`,
    '"!"',
  ])('are read as a shell does: %j', (command) => {
    expect(shellWords(command.replace(/^\$ /, 'x $ ')).words).toEqual(
      wordsOf('/bin/bash', command.replace(/^\$ /, 'x $ ')),
    );
  });

  test.each([
    [`$'a\\'b\\n\\t\\\\'`, "a'b\n\t\\"],
    [`$'\\x41\\102\\u00e9\\U0001F600'`, 'ABé\u{1f600}'],
    [`$'\\xc3\\xa9'`, 'é'],
    [`$'\\q\\cA'`, '\\q\u0001'],
    [`a$'b'c`, 'abc'],
    [`$"a b"`, 'a b'],
    [`"$'a'"`, "$'a'"],
  ])('know $: %s', (command, expected) => {
    expect(shellWords(command).words).toEqual([expected]);
    expect(wordsOf('/bin/bash', command)).toEqual([expected]);
  });

  test('keep variables by their names', () => {
    expect(shellWords('"a$B_1c" $D \'$E\' "${F}g" \\$H').words).toEqual([
      `a${markVariable('B_1c')}`,
      markVariable('D'),
      '$E',
      `${markVariable('F')}g`,
      '$H',
    ]);
  });

  test('end with the command; a prompt, comments and empty lines are none of it', () => {
    expect(shellWords('$ curl a # b\n\n  # c\n').words).toEqual(['curl', 'a']);
    expect(shellWords('\n\ncurl a \\\r\n -b\r\n').words).toEqual(['curl', 'a', '-b']);
    expect(shellWords('curl a;').words).toEqual(['curl', 'a']);
    expect(shellWords('curl a | jq .')).toEqual({ words: ['curl', 'a'], piped: true });
  });

  test.each([
    "'a",
    '"a',
    "$'a",
    'a; b',
    'a\nb',
    'a && b',
    'a & b',
    'a || b',
    'a > b',
    'a < b',
    'a <<EOF',
    '(a)',
    'a `b`',
    'a "`b`"',
    'a $(b)',
    'a "$(b)"',
    'a $1',
    'a $?',
    'a "$@"',
    'a ${b:-c}',
    'a ${#b}',
    `a $'\\0'`,
    `a $'\\xff'`,
    `a $'\\ud800'`,
    `a $'\\ufdd0X\\ufdd1'`,
    'a \0',
    'a \ufdd0B\ufdd1',
    'a \ufdd20\ufdd3',
  ])('are refused where a shell would run or read something, or they are no text: %j', (command) => {
    expect(() => shellWords(command)).toThrow(CurlRefused);
  });

  test('of any text are found or refused in time', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          shellWords(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CurlRefused);
        }
      }),
      { numRuns: 500 },
    );
    const start = performance.now();
    for (const text of [
      "'a'".repeat(150_000),
      '"$A"'.repeat(100_000),
      `$'${'\\x41'.repeat(100_000)}'`,
      '$ '.repeat(200_000),
    ])
      shellWords(text);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
