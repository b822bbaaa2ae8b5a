import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MAX_LOOP_ITEMS, MAX_STEP_DEPTH, MAX_STEPS } from '../connector/schema.ts';
import { MAX_STEP_TIMEOUT_MS } from '../connector/step-schema.ts';
import { DEFAULT_LIMITS, MAX_EXPRESSION_CHARS, MAX_TEMPLATE_CHARS } from '../expression/limits.ts';
import * as guard from './engine/guard/rules.ts';
import * as limits from './engine/limits.ts';
import { PARK_FROM_MS } from './engine/pauses.ts';
import { allOptions, optionKey, usedOptions } from './engine/testing/reference-options.ts';
import { examplesOn, plain, tablesOn } from './engine/testing/reference-page.ts';
import { definitionOf, runExample, testsOf } from './engine/testing/reference-run.ts';
import { recoveryOf } from './recovery.ts';
import { ErrorClass } from './schema.ts';

/**
 * The engine reference, held to the code:
 *
 * | promise | test |
 * |---|---|
 * | every example is sound and does what stands below it | an example |
 * | every option is in a table, with its default and its bounds; no table has another | the options |
 * | every option, and every value of those that have a list of them, is in an example | the options |
 * | classes and codes are told the recovery that the API tells | errors |
 * | the limits are those of the code | limits |
 * | links lead somewhere | links |
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
  const used = new Set(
    examples.flatMap((example) => [
      ...usedOptions('definition', definitionOf(example)),
      ...testsOf(example).flatMap((written) => [...usedOptions('test', written)]),
      // What every run on the page has beside it.
      'test.input',
      'test.definition',
    ]),
  );
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

const tableOf = (first: string) => tables.find(({ columns }) => columns[0] === first)?.rows ?? [];

describe('errors', () => {
  test('have a line for each class, with its recovery', () => {
    const should = ErrorClass.options.map((name) => {
      const { action, who, automatic } = recoveryOf({ class: name, code: '' });
      return [name, action, who, automatic ? 'yes' : 'no'];
    });
    const is = tableOf('class').map(([name = '', , ...recovery]) => [name, ...recovery].map(plain));
    expect(is).toEqual(should);
  });

  const codes = tableOf('code').flatMap(([names = '', ...line]) =>
    names.split(', ').map((name) => [plain(name), line.map(plain)] as const),
  );
  test.each(codes)('of the code %s are told their own recovery', (code, [name, , action, who]) => {
    const recovery = recoveryOf({ class: ErrorClass.parse(name), code });
    expect([recovery.action, recovery.who]).toEqual([action, who]);
  });
});

test('limits are those of the code', () => {
  const Ki = 1024;
  const seconds = (ms: number) => `${ms / 1_000} s`;
  const mega = (chars: number) => `${chars / Ki / Ki} Mi characters`;
  const kilo = (chars: number) => `${chars / Ki} Ki characters`;
  expect(tableOf('limit')).toEqual(
    Object.entries({
      'work of one execution': seconds(limits.EXECUTION_DEADLINE_MS),
      'a pause that leaves the process, from': seconds(PARK_FROM_MS),
      'a wait': `${limits.MAX_WAIT_MS / 86_400_000} days`,
      'one attempt, at most': seconds(MAX_STEP_TIMEOUT_MS),
      'steps of a definition': `${MAX_STEPS}`,
      'levels of steps inside of steps': `${MAX_STEP_DEPTH}`,
      'connectors that call each other': `${limits.MAX_CONNECTOR_DEPTH}`,
      'items of a loop': `${MAX_LOOP_ITEMS}`,
      'results of a loop, items of all pages': mega(limits.MAX_LOOP_CHARS),
      'a request body': `${limits.MAX_REQUEST_BYTES / Ki / Ki} MiB`,
      'a response body': `${limits.MAX_RESPONSE_BYTES / Ki / Ki} MiB`,
      'levels of JSON in a response': `${limits.MAX_RESPONSE_DEPTH}`,
      'fields of a step': mega(limits.MAX_FIELDS_CHARS),
      'output of an execution': mega(limits.MAX_OUTPUT_CHARS),
      'fields of a contact': kilo(limits.MAX_CONTACT_CHARS),
      'one text in what is recorded': kilo(limits.MAX_RECORDED_TEXT_CHARS),
      'one recorded request, response or output': kilo(limits.MAX_RECORDED_CHARS),
      "all that is recorded of an execution's steps": mega(limits.MAX_RECORDED_CHARS_OF_EXECUTION),
      'one expression': `${MAX_EXPRESSION_CHARS} characters, ${DEFAULT_LIMITS.timeoutMs} ms`,
      'one template': kilo(MAX_TEMPLATE_CHARS),
      'failures in a row that open a circuit': `${guard.OPEN_AFTER_FAILURES} within ${seconds(guard.FAILURE_WINDOW_MS)}`,
      'an open circuit': `${seconds(guard.OPEN_MS)}, doubled up to ${seconds(guard.LONGEST_OPEN_MS)}`,
    }),
  );
});

test('links lead to a heading or a file that is there', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(' ', '-')
      .replaceAll(/[^\w-]/g, ''),
  );
  const targets = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
  const broken = targets.filter((target) => {
    if (target.startsWith('https://')) return false;
    if (target.startsWith('#')) return !headings.includes(target.slice(1));
    return !existsSync(new URL(target, import.meta.url));
  });
  expect(targets.length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});
