import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allOptions, optionKey, usedOptions } from './engine/testing/reference-options.ts';
import { examplesOn, plain, tablesOn } from './engine/testing/reference-page.ts';
import { definitionOf, runExample } from './engine/testing/reference-run.ts';

/**
 * The engine reference, held to the code:
 *
 * | promise | test |
 * |---|---|
 * | every example is sound and does what stands below it | an example |
 * | every option is in a table, with its default and its bounds; no table has another | the options |
 * | every option, and every value of those that have a list of them, is in an example | the options |
 */
const page = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const examples = examplesOn(page);
const tables = tablesOn(page);

describe('an example', () => {
  test.each(examples.map((example) => [example.name, example] as const))(
    '%s does what it says',
    async (_, example) => {
      for (const { is, should } of await runExample(example)) expect(is).toEqual(should);
    },
  );
});

describe('the options', () => {
  const options = allOptions();
  const used = new Set(examples.flatMap((example) => [...usedOptions(definitionOf(example))]));
  /** `request` or `pagination (cursor)`: the heading of the table's first column. */
  const documented = new Map(
    tables
      .filter(({ columns }) => columns[2] === 'default')
      .flatMap(({ columns: [object = ''], rows }) =>
        rows.map(([name = '', type = '', fallback = '']): [string, { type: string; fallback: string }] => [
          `${plain(object)}.${plain(name)}`,
          { type, fallback },
        ]),
      ),
  );
  const placesOf = (option: (typeof options)[number]) =>
    [optionKey(option), `${option.object}.${option.name}`].filter((key) => documented.has(key));

  test.each(options.map((option) => [optionKey(option), option] as const))('%s has its line', (_, option) => {
    const [key] = placesOf(option);
    const line = key === undefined ? undefined : documented.get(key);
    const { required, fallback, minimum, maximum } = option;
    expect(line?.fallback).toBe(required ? 'required' : fallback === undefined ? '–' : `\`${fallback}\``);
    if (minimum !== undefined && maximum !== undefined) expect(line?.type).toContain(`${minimum}–${maximum}`);
    else if (minimum !== undefined) expect(line?.type).toContain(`${minimum} or more`);
  });

  test('have no line that stands for nothing', () => {
    const known = new Set(options.flatMap((option) => placesOf(option)));
    expect([...documented.keys()].filter((key) => !known.has(key))).toEqual([]);
  });

  test('are all in an example, in each form that has a line of its own', () => {
    const missing = options.filter((option) => {
      const own = placesOf(option)[0] === optionKey(option);
      const forms = own
        ? [option]
        : options.filter(({ object, name }) => object === option.object && name === option.name);
      return !forms.some((form) => used.has(optionKey(form)));
    });
    expect(missing.map((option) => optionKey(option))).toEqual([]);
  });

  test('are in an example with each of the values that they can have', () => {
    const ofErrors = (name: string) => name === 'class' || name === 'classes';
    const missing = options
      .filter(({ name }) => !ofErrors(name))
      .flatMap((option) => option.choices.map((choice) => ({ option, choice })))
      .filter(
        ({ option, choice }) =>
          !options.some((other) => sameField(option, other) && used.has(optionKey(other, choice))),
      );
    expect(missing.map(({ option, choice }) => optionKey(option, choice))).toEqual([]);
  });
});

type Field = { object: string; name: string };
const sameField = (one: Field, other: Field) => one.object === other.object && one.name === other.name;
