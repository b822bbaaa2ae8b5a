import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  expressionReferences,
  parseExpression,
  parseTemplate,
  TemplateError,
  templateReferences,
} from './parse.ts';

const thrownBy = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('parseTemplate', () => {
  test.each([
    ['', []],
    ['plain { text } }}', ['plain { text } }}']],
    ['{{a}}', [{ source: 'a' }]],
    ['{{a}}{{b}}', [{ source: 'a' }, { source: 'b' }]],
    ['x {{ a.b }} y', ['x ', { source: ' a.b ' }, ' y']],
    ['{{ {"a": {"b": 1}} }}', [{ source: ' {"a": {"b": 1}} ' }]],
    ['{{{"a":{"b":1}}}}', [{ source: '{"a":{"b":1}}' }]],
    ['{{ "}}" & a }}!', [{ source: ' "}}" & a ' }, '!']],
    ['{{ "say \\"}}\\"" }}', [{ source: ' "say \\"}}\\"" ' }]],
    ['{{ $contains(a, /{{a}}/) }}', [{ source: ' $contains(a, /{{a}}/) ' }]],
    ['{{ `}}` }}', [{ source: ' `}}` ' }]],
    ['{{ a /* }} */ }}', [{ source: ' a /* }} */ ' }]],
    ['{"a": "{{a}}"}}', ['{"a": "', { source: 'a' }, '"}}']],
  ])('splits %s', (source, expected) => {
    const pieces = parseTemplate(source).pieces.map((piece) =>
      piece.type === 'literal' ? piece.text : { source: piece.source },
    );
    expect(pieces).toEqual(expected);
  });

  test.each(['{{', '{{a', 'x {{ a }', '{{ "}} ', '{{ }}', '{{a b}} {{c}}', '{{ {"a": 1 }}'])(
    'refuses %s',
    (source) => {
      expect(thrownBy(() => parseTemplate(source))).toMatchObject({ code: 'template_syntax' });
    },
  );

  test('gives back any text around any expression', () => {
    const text = fc.string().filter((part) => !part.includes('{'));
    const expression = fc.constantFrom('a', '"}}"', '{"a": {"b": 1}}', '$sum([1, 2])');
    fc.assert(
      fc.property(fc.array(fc.tuple(text, expression)), text, (parts, end) => {
        const source = parts.map(([before, inside]) => `${before}{{ ${inside} }}`).join('') + end;
        const again = parseTemplate(source).pieces.map((piece) =>
          piece.type === 'literal' ? piece.text : `{{${piece.source}}}`,
        );
        expect(again.join('')).toBe(source);
      }),
    );
  });

  test('ends soon on any text, and throws nothing but TemplateErrors', () => {
    const fragment = fc.constantFrom(
      '{{',
      '}}',
      '{',
      '}',
      '"',
      "'",
      '`',
      '/',
      '(',
      ')',
      '[',
      ']',
      '??',
      '?:',
      'a',
      '.',
      '$',
      ' ',
      '|',
      '*',
      ':=',
      '1',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 60 }), (fragments) => {
        const error = thrownBy(() => parseTemplate(fragments.join('')));
        if (error instanceof Error) expect(error).toBeInstanceOf(TemplateError);
      }),
      { numRuns: 500 },
    );
  });
});

describe('references', () => {
  const paths = (source: string) =>
    expressionReferences(source).map(({ root, path }) => [root, ...path].join('.'));

  test.each([
    ['input.phone', ['input.phone']],
    ['steps.lookup.body.items[0].id', ['steps.lookup.body.items.id']],
    ['$sum(steps.a.items.price)', ['steps.a.items.price']],
    ['$sum(steps.a.items.(price * quantity))', ['steps.a.items']],
    ['steps.a.items[price > $$.input.limit]', ['steps.a.items', 'input.limit']],
    ['steps.a.items[price > input]', ['steps.a.items']],
    ['{"a": input.x, "b": [steps.y.z]}', ['input.x', 'steps.y.z']],
    ['input.a ? input.b : steps.c.d', ['input.a', 'input.b', 'steps.c.d']],
    ['$map(steps.a.list, function($v) { $v.x & input.y })', ['steps.a.list', 'input.y']],
    ['($x := steps.a.body; $x.id)', ['steps.a.body']],
    ['$.input.a', ['input.a']],
    ['input.a ~> $uppercase()', ['input.a']],
    ['steps.`content-type`', ['steps.content-type']],
    ['steps."quoted name".x', ['steps.quoted name.x']],
    ['steps.a.list^(>price).name', ['steps.a.list']],
    ['steps.a.list{kind: $sum(price)}', ['steps.a.list']],
    ['$lookup(steps, "a")', ['steps.a', 'steps']],
    ['input ~> |address|{"city": city}|', ['input']],
    ['unknown.x', ['unknown.x']],
    ['index', ['index']],
    ['"no reference"', []],
  ])('of %s', (source, expected) => {
    expect(paths(source)).toEqual(expected);
  });

  test('of a default name both sides', () => {
    expect(new Set(paths('input.a ?? steps.b.c'))).toEqual(new Set(['input.a', 'steps.b.c']));
  });

  test('of a template come from all its expressions', () => {
    expect(templateReferences('{{input.a}}/{{steps.b.c}}')).toEqual([
      { root: 'input', path: ['a'] },
      { root: 'steps', path: ['b', 'c'] },
    ]);
  });
});

describe('parseExpression', () => {
  test('tells plain paths from the rest', () => {
    expect(parseExpression(' steps.a.body ').path).toEqual(['steps', 'a', 'body']);
    for (const source of ['a[0]', 'a.*', '$.a', 'a[]', 'a.b{c: d}', '"a"', 'a & b', 'a@$x', 'a#$i']) {
      expect(parseExpression(source).path).toBeUndefined();
    }
  });

  test('restores a regex that JSONata loses when it copies the left side of ??', () => {
    expect(() => parseExpression('$match(input.a, /x+/) ?? "none"')).not.toThrow();
  });
});

test('the parsing half does not import the regex engine or the evaluator', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.startsWith('./')) return;
    const source = readFileSync(new URL(file, import.meta.url), 'utf8');
    for (const match of source.matchAll(/^(?:import|export)\s+(?!type)[^;]*?from '([^']+)'/gm))
      visit(match[1] ?? '');
  };
  visit('./parse.ts');
  expect([...seen].filter((file) => !file.startsWith('./'))).toEqual(['jsonata']);
  expect(seen).not.toContain('./evaluate.ts');
});
