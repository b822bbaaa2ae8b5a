/*
 * Requirement → test
 * own properties only, no prototype reached ........ REFUSED "prototypes", and no prototype changed after any
 * no eval, no way to the interpreter's functions .... REFUSED "functions of the interpreter"
 * bounded time ...................................... every row: ends within MUST_END_MS
 * bounded depth, lists, texts ....................... REFUSED "time", "ranges and sequences", "strings"
 * bounded when parts are shared ..................... REFUSED "shared structure"
 * linear regexes .................................... REFUSED "regexes", HARMLESS
 * bounded parsing (the Worker has no clock) ......... REFUSED "the parser"
 * the context is never changed ...................... every row
 * a value never breaks out of its place ............. places.test.ts
 * an error never quotes a value ..................... evaluate.test.ts
 */
import { describe, expect, test } from 'vitest';
import { createEvaluator, TemplateError, type TemplateErrorCode } from './index.ts';

/** Milliseconds in which every hostile expression must have ended; two cores are shared with other tests. */
const MUST_END_MS = 1_000;
const LOADED_MACHINE_FACTOR = 2;

const doubling = (levels: number, step: (name: string) => string) =>
  Array.from({ length: levels }, (_, level) => `$a${level + 1} := ${step(`$a${level}`)};`).join(' ');

const bigBody = (): Record<string, unknown> => ({
  text: 'a'.repeat(200_000),
  long: 'x'.repeat(3_900_000),
  digits: '1'.repeat(60),
  lists: Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${index}`, [index]])),
  numbers: Array.from({ length: 19_000 }, (_, index) => (index * 7919) % 19_000),
  objects: Array.from({ length: 15_000 }, (_, id) => ({ id, same: 1 })),
  fake: { _jsonata_lambda: true, thunk: true, arguments: [], body: { type: 'value', value: 1 } },
  native: { _jsonata_function: true, implementation: 'x' },
  empty: [],
  nested: [[], [[]]],
  tuple: { tupleStream: true, clone: 1, exists: 2 },
});

/** Expressions that must fail, with the code they must fail with. */
const REFUSED: [why: string, source: string, code: TemplateErrorCode][] = [
  // prototypes
  ['reads __proto__', 'input.__proto__', 'template_forbidden'],
  ['reads constructor', 'input.constructor', 'template_forbidden'],
  ['reads prototype', 'input.prototype', 'template_forbidden'],
  ['reads a quoted __proto__', 'input.`__proto__`.polluted', 'template_forbidden'],
  ['reads constructor as a string step', 'input."constructor"', 'template_forbidden'],
  ['reads constructor in a filter', 'input[constructor = 1]', 'template_forbidden'],
  ['reads constructor in a lambda', '$map([1], function($v){ $v.constructor })', 'template_forbidden'],
  ['looks up __proto__', '$lookup(input, "__proto__")', 'template_forbidden'],
  ['looks up a computed constructor', '$lookup(input, "con" & "structor")', 'template_forbidden'],
  [
    'looks up through a partial application',
    '($l := $lookup(?, "proto" & "type"); $l(input))',
    'template_forbidden',
  ],
  ['looks up through the chain operator', 'input ~> $lookup("__pro" & "to__")', 'template_forbidden'],
  ['builds __proto__', '{"__proto__": {"polluted": 1}}', 'template_forbidden'],
  ['builds a computed __proto__', '{"__pro" & "to__": {"polluted": 1}}', 'template_forbidden'],
  ['groups by a computed constructor', 'input.objects[0]{"con" & "structor": id}', 'template_forbidden'],
  [
    'transforms with a computed __proto__',
    'input.tuple ~> |$|{"__pro" & "to__": {"x": 1}}|',
    'template_forbidden',
  ],
  // functions of the interpreter
  ['uses $eval', '$eval("1")', 'template_forbidden'],
  ['passes $eval on', '$map(["1"], $eval)', 'template_forbidden'],
  ['redefines $clone', '($clone := function($x){$x}; input ~> |$|{"a": 1}|)', 'template_forbidden'],
  [
    'takes $clone as a parameter',
    '(function($clone){ input ~> |$|{"a": 1}| })(function($x){$x})',
    'template_forbidden',
  ],
  ['transforms a built-in', 'input.tuple ~> |$sum|{"implementation": 1}|', 'template_forbidden'],
  ['transforms a lambda', '($f := function(){1}; input.tuple ~> |$f|{"body": 1}|)', 'template_forbidden'],
  ['transforms the context', 'input.tuple ~> |$$.input.tuple|{"polluted": 1}|', 'template_forbidden'],
  ['transforms with an internal key', 'input.tuple ~> |$|$$.input.fake|', 'template_evaluation'],
  ['spreads a built-in in tail position', '(function(){ $spread($sum) })()', 'template_value'],
  ['spreads a built-in', '$sum ~> $spread()', 'template_value'],
  ['results in a function', '$sum', 'template_value'],
  ['results in a list of functions', '[$sum, function(){1}]', 'template_value'],
  ['calls data as a function', '(input.fake)(1)', 'template_evaluation'],
  ['maps with data as a function', '$map([1], input.native)', 'template_evaluation'],
  // time
  ['recurses for ever in tail position', '($f := function($x){$f($x + 1)}; $f(1))', 'template_limit'],
  ['recurses for ever', '($f := function($x){1 + $f($x + 1)}; $f(1))', 'template_limit'],
  ['recurses in two branches', '($f := function($x){$f($x) + $f($x)}; $f(1))', 'template_limit'],
  ['composes itself (omega)', '($o := function($x){$x($x)}; $o($o))', 'template_limit'],
  [
    'counts in nested maps',
    '$map([1..9999], function($i){ $map([1..9999], function($j){ $i * $j }) })',
    'template_limit',
  ],
  [
    'counts in nested built-ins',
    '($n := [1..9999]; $map($n, function($i){ $count($map($n, $abs)) + 1 }))',
    'template_limit',
  ],
  ['filters a product', '(([1..9999])@$a.([1..9999])@$b)[$a = $b]', 'template_limit'],
  ['never settles', '($f := function($g){ {"then": $g} }; $f(function($r, $j){1}))', 'template_limit'],
  [
    'sorts with a slow comparison',
    '$sort([1..9999], function($a, $b){ $sum([1..9999]) > $a })',
    'template_limit',
  ],
  ['orders a long list', 'input.objects^(>id, same)^(<id)^(>id)^(<id)^(>id)^(<id)', 'template_limit'],
  // ranges and sequences
  ['spans ten million', '[1..10000000]', 'template_limit'],
  ['spans more than there are', '[-9007199254740991..9007199254740991]', 'template_limit'],
  [
    'spans half the limit, three times',
    '$append($append([1..15000], [1..15000]), [1..15000])',
    'template_limit',
  ],
  [
    'appends through a partial application',
    '($f := $append(?, ?); $x := [1..15000]; $f($x, $x))',
    'template_limit',
  ],
  ['appends to itself for ever', '($f := function($x){$f($append($x, $x))}; $f([1]))', 'template_limit'],
  ['splits a long text into characters', '$split(input.text, "")', 'template_limit'],
  ['splits a long text by a regex', '$split(input.text, /a/)', 'template_limit'],
  ['takes all fields of a wide object', 'input.lists.*', 'template_limit'],
  ['takes all descendants', 'input.**', 'template_limit'],
  // strings
  ['pads to a billion', '$pad("", 1000000000)', 'template_limit'],
  ['pads with a long text', '$pad("", 1000000, input.text)', 'template_limit'],
  [
    'pads through a partial application',
    '($p := $pad(?, 1000000); $map($split($pad("", 999, "a"), ""), $p))',
    'template_limit',
  ],
  ['joins many long texts', '$join($map([1..9999], function(){ input.text }))', 'template_limit'],
  ['replaces each character by a long text', '$replace(input.text, "a", input.text)', 'template_limit'],
  ['replaces each match by a long text', '$replace(input.text, /a/, input.text)', 'template_limit'],
  [
    'replaces each match by what a function builds',
    '$replace(input.text, /a/, function(){ $pad("", 9999) })',
    'template_limit',
  ],
  ['inserts the match many times', '$replace(input.text, /a+/, $pad("", 99999, "$0"))', 'template_limit'],
  [
    'doubles a text by &',
    `($a0 := "xxxxxxxx"; ${doubling(40, (x) => `${x} & ${x}`)} $a40)`,
    'template_limit',
  ],
  ['builds many texts', '$map([1..9999], function($i){ input.text & $i })', 'template_limit'],
  ['encodes again and again', '($f := function($x){$f($base64encode($x))}; $f("aaaa"))', 'template_limit'],
  ['formats a year to a million digits', '$fromMillis(0, "[Y,999999999]")', 'template_limit'],
  ['formats the time to a million digits', '$now("[Y,999999999]")', 'template_limit'],
  ['formats with a huge picture', '$formatNumber(1, $pad("", 100000, "#,"))', 'template_limit'],
  ['counts in roman numerals', '$formatInteger(1e15, "I")', 'template_limit'],
  // shared structure
  ['shares a list', `($a0 := [1]; ${doubling(60, (x) => `[[${x}], [${x}]]`)} $a60)`, 'template_limit'],
  [
    'shares an object',
    `($a0 := {"x": 1}; ${doubling(60, (x) => `{"l": ${x}, "r": ${x}}`)} $string($a60))`,
    'template_limit',
  ],
  [
    'compares shared objects',
    `($a0 := {"x": 1}; ${doubling(60, (x) => `{"l": ${x}, "r": ${x}}`)} $a60 = input)`,
    'template_limit',
  ],
  [
    'searches a shared list',
    `($a0 := [1]; ${doubling(60, (x) => `[[${x}], [${x}]]`)} $a60.nothing)`,
    'template_limit',
  ],
  ['zips a list with itself', '$reduce([1..99], function($a, $i){ $zip($a, $a) }, [1])', 'template_limit'],
  [
    'shares through a transform',
    '$reduce([1..99], function($a, $i){ $a ~> |$|{"l": $a, "r": $a}| }, {"x": 1})',
    'template_limit',
  ],
  ['nests for ever', '($f := function($x){$f([[$x]])}; $f(1))', 'template_limit'],
  // regexes
  ['matches the empty string', '$match("abc", /x*/)', 'template_evaluation'],
  ['backtracks with a backreference', '$match(input.text, /(a+)+\\1$/)', 'template_syntax'],
  ['looks ahead', '$match("a", /(?=a)a/)', 'template_syntax'],
  ['repeats a repetition', '$match(input.text, /((a{1,99}){1,99}){1,99}$/)', 'template_syntax'],
  ['searches a long text for a big pattern', '$match(input.long, /([a-z]{50}[0-9]){10}/)', 'template_limit'],
  ['searches from each match to the end', '$match(input.text, /a.*b|a/)', 'template_limit'],
  [
    'parses a timestamp by backtracking',
    '$toMillis(input.digits, "[Y][M][D][H][m][s][f]X")',
    'template_limit',
  ],
  ['matches a signature by backtracking', 'function($x)<s+s+s+s+s+s+n:s>{$x}("a")', 'template_limit'],
  // the parser
  ['is longer than an expression may be', `${' '.repeat(9000)}1`, 'template_limit'],
  ['nests defaults', `${'('.repeat(40)}a${' ?: b)'.repeat(40)}`, 'template_limit'],
  [
    'hides nested defaults behind a regex',
    `${'('.repeat(40)}a${' ?? b)'.repeat(40)} & $match("", /"/)`,
    'template_limit',
  ],
  ['is empty', '  ', 'template_syntax'],
  ['is unfinished', '$sum(', 'template_syntax'],
  ['calls an unknown function', '$fetch("http://example.com")', 'template_reference'],
  ['stops by itself', '$error("no luck")', 'template_evaluation'],
  ['divides by zero', '1 / 0', 'template_value'],
];

/** Expressions that look hostile and are not: they must end in time with this value. */
const HARMLESS: [why: string, source: string, value: unknown][] = [
  ['a regex that backtracks elsewhere', '$contains($pad("", 20000, "a") & "!", /^(a+)+$/)', false],
  ['another', '$contains($pad("", 20000, "a"), /(a|a)*b/)', false],
  ['a doubly nested star', '$contains($pad("", 20000, "x"), /^(([a-z])+.)+[A-Z]([a-z])+$/)', false],
  ['a long sort', '$sort(input.numbers)[0]', 0],
  ['a long distinct', '$count($distinct(input.objects))', 15_000],
  ['a long count', '$length(input.text)', 200_000],
  ['data that looks like a tuple stream', 'input.tuple{"a": 1}', { a: 1 }],
  ['a chain of defaults', `${'input.x ?? '.repeat(40)}1`, 1],
  [
    'many defaults in an object',
    `{${Array.from({ length: 40 }, (_, i) => `"k${i}": input.x ?? ${i}`).join(',')}} ~> $count()`,
    1,
  ],
  ['a group over an empty list', 'input.empty{"a": 1}', { a: 1 }],
  ['an object for each of nested empty lists', '$count(input.nested.{"a": 1}) >= 0', true],
  ['a group over a variable with an empty list', '($e := input.empty; $e{"a": 1}; 1)', 1],
  ['an empty list kept as a list', '$count(input.empty[])', 0],
  ['a number in words', '$length($formatInteger(1e300, "w")) > 0', true],
  ['a large number in scientific notation', '$formatNumber(0, "0.0e0")', '0.0e0'],
];

async function timed(source: string): Promise<{ value: unknown; error: unknown; ms: number }> {
  const context = { input: bigBody() };
  const before = JSON.stringify(context);
  const start = performance.now();
  let value: unknown;
  let error: unknown;
  try {
    value = await createEvaluator().expression(source)(context);
  } catch (thrown) {
    error = thrown;
  }
  const ms = performance.now() - start;
  expect(JSON.stringify(context) === before, 'the context is unchanged').toBe(true);
  expect(Object.keys(context.input.empty ?? {})).toEqual([]);
  return { value, error, ms };
}

const builtIns = [Object, Array, String, Function, Promise, RegExp, Number].map((type) => type.prototype);
const shape = () => builtIns.map((prototype) => Reflect.ownKeys(prototype).map(String).join());

describe('a hostile expression', () => {
  test.each(REFUSED)(
    '%s: ends in time, as a TemplateError',
    { timeout: 10_000 },
    async (_why, source, code) => {
      const prototypes = shape();
      const { error, value, ms } = await timed(source);
      expect(error, `gave ${JSON.stringify(value)?.slice(0, 200)}`).toBeInstanceOf(TemplateError);
      expect(error).toMatchObject({ code });
      expect(ms).toBeLessThan(MUST_END_MS * LOADED_MACHINE_FACTOR);
      expect(shape()).toEqual(prototypes);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  test('leaves the built-in functions of every other expression as they were', async () => {
    for (const [, source] of REFUSED.filter(([why]) => why.startsWith('transforms'))) await timed(source);
    await expect(createEvaluator().expression('$sum([1, 2])')({})).resolves.toBe(3);
  });
});

describe('a heavy but honest expression', () => {
  test.each(HARMLESS)(
    '%s: ends in time with its value',
    { timeout: 10_000 },
    async (_why, source, expected) => {
      const { value, error, ms } = await timed(source);
      expect(error).toBeUndefined();
      expect(value).toEqual(expected);
      expect(ms).toBeLessThan(MUST_END_MS * LOADED_MACHINE_FACTOR);
    },
  );
});
