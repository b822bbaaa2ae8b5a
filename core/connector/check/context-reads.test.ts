import { describe, expect, test } from 'vitest';
import { parseSource } from '../../expression/syntax.ts';
import { readsWholeContext } from './context-reads.ts';

const reads = (source: string) => readsWholeContext(parseSource(source).ast);

describe('tells an expression that reads its context as a whole', () => {
  test.each([
    ['the context itself', '$'],
    ['the root', '$$'],
    ['in a constructor', '[$]'],
    ['in an object', '{"x": $$}'],
    ['inside another path', 'input.{"x": $$}'],
    ['in a choice', 'input ? $ : 1'],
    ['as text', '$ & "x"'],
    ['a wildcard', '*'],
    ['all descendants', '**'],
    ['a wildcard below $', '$.*'],
    ['an index before the name', '$$[0].workspace'],
    ['a filter that reads a name', '$[workspace.a.b="x"].input'],
    ['a block below $', '$.(workspace)'],
    ['a block below $$', '$$.(workspace.a)'],
    ['a group of $', '${"a": workspace.x}'],
    ['$ twice', '$.$'],
    ['a sort of $', '$^(a)'],
    ['a lookup with a computed name', '$lookup($$, "work" & "space")'],
    ['a lookup in the context', '$lookup("workspace")'],
    ['through a variable', '($x := $; $x.workspace.a.b)'],
    ['keys of the context', '$keys()'],
    ['the context as text', '$string()'],
    ['each over the context', '$each(function($v){$v})'],
    ['sift over the context', '$sift(function($v){true})'],
    ['a copy of the context', '$clone()'],
    ['merged', '$merge([$])'],
    ['handed to a function', '$$ ~> $keys'],
    ['spread of all', '$spread(*)'],
    ['a built-in under another name', '($f := $spread; $f())'],
    ['a built-in as an argument', '(function($f){$f()})($spread)'],
    ['a built-in given to a redefined one', '($map := function($f){$f()}; $map($spread))'],
    ['a signature that takes the context', '(function($x)<x-:x>{$x})()'],
    ['inside a function', '$map([1], function($v){$})'],
    ['the root inside a function', '$map([1], function($v){$$})'],
    ['text of the context inside a function', '$filter([1], function($v){ $string() })'],
    ['a focus, which stays at the root', 'input@$x.workspace.a.b'],
    ['the parent of a first name', 'input.%'],
    ['a name of that parent', 'input.%.workspace'],
    ['the parent after a block', '(input).%'],
    ['the parent below $', '$.input.%'],
    ['a parent in a filter that climbs to the top', 'input.a[%.%.b]'],
  ])('%s', (_, source) => {
    expect(reads(source)).toBe(true);
  });
});

describe('lets an expression pass whose reads are named', () => {
  test.each([
    'input.a',
    '$.input.a',
    '$$.input.a',
    'input.a.*',
    'input.a.**',
    'input.a[$.b=1]',
    'input.a.%',
    'input.a.b.{"x": %.c}',
    'steps.a.body.($.b)',
    'steps.a.body.{"x": $.b}',
    'input.a.$string()',
    'input.a ~> $string',
    '$string(input.a)',
    '$map(input.a, $string)',
    '$lookup(input.a, "b")',
    '$keys(steps.a.body)',
    '$map(input.a, function($v){ $string($v) })',
    '$each(input.a, function($v, $k){ $k })',
    '$sift(input.a, function($v){ $v > 1 })',
    '$reduce(input.a, function($i, $j){ $i + $j })',
    '($f := function($x){ $x + 1 }; $f(1))',
    'input.a ~> |$|{"b": 1}|',
    'input.a^(b)',
    'input.a@$x.b',
    'input.a#$i.b',
    'input.a{b: c}',
    'input.a ?? "x"',
    '$substring(input.a, 0, 3) ~> $uppercase',
  ])('%s', (source) => {
    expect(reads(source)).toBe(false);
  });
});
