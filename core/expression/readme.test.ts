import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { BUILTIN_FUNCTIONS, HELPER_FUNCTIONS } from './builtins.ts';
import { createEvaluator, DEFAULT_LIMITS, MAX_EXPRESSION_CHARS, MAX_TEMPLATE_CHARS } from './index.ts';

const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');

const outcome = {
  context: z.record(z.string(), z.unknown()).default({}),
  result: z.json().optional(),
  error: z.string().optional(),
};
const Example = z.union([
  z.strictObject({ expression: z.string(), ...outcome }),
  z.strictObject({
    template: z.string(),
    place: z.enum(['text', 'path', 'query', 'header', 'xml', 'json']),
    ...outcome,
  }),
]);

/** One example on each line of each block. */
const examples = [...readme.matchAll(/^```json\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block
    .trim()
    .split('\n')
    .map((line) => Example.parse(JSON.parse(line))),
);
const sourceOf = (example: z.infer<typeof Example>) =>
  'template' in example ? example.template : example.expression;

const evaluator = createEvaluator();
async function run(example: z.infer<typeof Example>): Promise<unknown> {
  const compiled =
    'template' in example
      ? evaluator.template(example.template, example.place)
      : evaluator.expression(example.expression);
  return compiled(example.context);
}

describe('an example of the README gives what it says', () => {
  test.each(examples.map((example) => [sourceOf(example), example] as const))(
    '%s',
    async (_source, example) => {
      expect(example.result === undefined).toBe(example.error !== undefined);
      if (example.error === undefined) expect(await run(example)).toEqual(example.result);
      else await expect(run(example)).rejects.toMatchObject({ code: example.error });
    },
  );
});

describe('the README has', () => {
  const code = examples.map(sourceOf).join('\n');
  const rows = [...readme.matchAll(/^\| (`\$.*?) \|/gm)].map(([, row = '']) => row);
  const described = new Map(
    rows.flatMap((row) => [...row.matchAll(/\$(\w+)\(/g)].map(([, name = '']) => [name, row] as const)),
  );

  test.each([...BUILTIN_FUNCTIONS])('$%s, with an example', (name) => {
    expect(described.has(name), 'a row in a table').toBe(true);
    expect(new RegExp(`\\$${name}\\b`).test(code), 'an example').toBe(true);
    expect(described.get(name)?.endsWith('*'), 'a star').toBe(HELPER_FUNCTIONS.has(name));
  });

  test('no function that does not exist', () => {
    expect([...described.keys()].filter((name) => !BUILTIN_FUNCTIONS.has(name))).toEqual([]);
  });

  test.each(Object.entries({ ...DEFAULT_LIMITS, MAX_EXPRESSION_CHARS, MAX_TEMPLATE_CHARS }))(
    'the limit %s as it is: %d',
    (name, value) => expect(readme).toContain(`| \`${name}\` | ${value.toLocaleString('en-US')} |`),
  );
});
