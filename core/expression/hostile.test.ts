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
 * helpers are bounded like the built-ins ............ REFUSED "helpers"
 * no prototype and no built-in changes .............. every row: expectUnchanged
 * a value never breaks out of its place ............. places.test.ts
 * an error never quotes a value ..................... evaluate.test.ts
 */
import { describe, expect, test } from 'vitest';
import { createEvaluator, TemplateError, type TemplateErrorCode } from './index.ts';

/** Milliseconds in which every hostile expression must have ended, if it has a core to itself. */
const MUST_END_MS = 1_000;
/** A thread's time also grows with what else the machine does; one of three quiet moments is enough. */
const BUSY_MACHINE = 2;
/** What is waited for on a machine whose cores are shared with other tests. */
const MUST_END_WALL_MS = 8_000;

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
  names: ['__proto__', 'constructor'],
  polluting: '{"__proto__": {"polluted": 1}}',
  deep: '['.repeat(1_900_000) + ']'.repeat(1_900_000),
  wide: `[${'{},'.repeat(1_300_000)}0]`,
  halfWide: `[${'1,'.repeat(200_000)}0]`,
  short: 'a'.repeat(2_000),
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
  ['reads __proto__ below a wildcard', 'input.*.__proto__', 'template_forbidden'],
  ['reads __proto__ below all descendants', 'input.**.`__proto__`', 'template_forbidden'],
  ['reads __proto__ of a function', '$sum.__proto__', 'template_forbidden'],
  ['reads constructor of a lambda', '(function(){1}).constructor', 'template_forbidden'],
  ['reads constructor in a sort term', 'input.objects^(constructor)', 'template_forbidden'],
  ['reads constructor in a group', 'input.objects{constructor: 1}', 'template_forbidden'],
  ['reads constructor in a condition', 'true ? input.constructor : 1', 'template_forbidden'],
  ['reads constructor in a default', 'input.nothing ?? input.constructor', 'template_forbidden'],
  ['reads constructor through a parent', 'input.tuple.(%.constructor)', 'template_forbidden'],
  ['reads constructor of a bound item', 'input.objects@$o.($o.constructor)', 'template_forbidden'],
  ['reads a name written in escapes', 'input."\\u005f\\u005fproto\\u005f\\u005f"', 'template_forbidden'],
  ['looks up in a function', '$lookup($sum, "implementation")', 'template_reference'],
  [
    'looks up through map',
    '$map(["__pro" & "to__"], function($k){ $lookup(input, $k) })',
    'template_forbidden',
  ],
  ['looks up a joined name', '$lookup({}, $join(["con", "structor"]))', 'template_forbidden'],
  ['looks up a decoded name', '$lookup({}, $base64decode("X19wcm90b19f"))', 'template_forbidden'],
  ['builds a key from data', '{input.names[0]: {"polluted": 1}}', 'template_forbidden'],
  ['groups by a key from data', 'input.names{$: 1}', 'template_forbidden'],
  [
    'reduces to a forbidden key',
    '$reduce(input.names, function($a, $k){ $merge([$a, {$k: 1}]) }, {})',
    'template_forbidden',
  ],
  ['reads __proto__ from JSON', '$fromJson(input.polluting)', 'template_forbidden'],
  ['merges what it reads from JSON', '$merge([{}, $fromJson(input.polluting)])', 'template_forbidden'],
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
  ['names $eval as a variable', '($e := $eval; $e("1"))', 'template_forbidden'],
  ['declares $eval', '($eval := 1; $eval)', 'template_forbidden'],
  ['applies $eval partially', '$eval(?)', 'template_forbidden'],
  ['chains into $eval', '"1" ~> $eval', 'template_forbidden'],
  ['looks for the global object', '$globalThis', 'template_reference'],
  ['looks for the process', '$process.env', 'template_reference'],
  ['requires a module', '$require("fs")', 'template_reference'],
  ['calls Function', '$Function("return 1")()', 'template_reference'],
  ['captures a lambda in data', '{"f": function($x){ $x }}', 'template_value'],
  ['captures lambdas in a list', '$map([1..3], function($i){ function(){ $i } })', 'template_value'],
  ['writes a lambda as JSON', '$toJson({"f": function(){1}})', 'template_value'],
  ['writes a built-in as JSON', '$toJson([$sum])', 'template_value'],
  ['hashes a function', '$hash($sum)', 'template_evaluation'],
  ['transforms a helper', 'input.tuple ~> |$hash|{"implementation": 1}|', 'template_forbidden'],
  ['reads the code of a lambda', '(function(){1}).body.value', 'template_reference'],
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
  [
    'recurses through each other',
    '($a := function($x){1 + $b($x)}; $b := function($x){1 + $a($x)}; $a(1))',
    'template_limit',
  ],
  [
    'recurses through each other in tail position',
    '($a := function($x){$b($x)}; $b := function($x){$a($x)}; $a(1))',
    'template_limit',
  ],
  [
    'recurses through three',
    '($a := function(){$b()}; $b := function(){$c()}; $c := function(){$a()}; $a())',
    'template_limit',
  ],
  [
    'recurses through a partial application',
    '($f := function($x, $y){$g($y)}; $g := $f(?, 1); $g(1))',
    'template_limit',
  ],
  ['recurses through a chain', '($f := function($x){ $x ~> $f }; $f(1))', 'template_limit'],
  [
    'recurses through composition',
    '($f := function($x){$x + 1}; $g := function($h){ $g($h ~> $f) }; $g($f))',
    'template_limit',
  ],
  ['recurses through map', '($f := function($x){ $map([1, 2], $f) }; $f(1))', 'template_limit'],
  [
    'recurses through reduce',
    '($f := function($a, $b){ $reduce([1, 2], $f, $a) }; $f(1, 2))',
    'template_limit',
  ],
  [
    'recurses through sort',
    '($f := function($a, $b){ $count($sort([2, 1], $f)) > 1 }; $sort([2, 1], $f))',
    'template_limit',
  ],
  ['recurses through replace', '($f := function($m){ $replace("a", /a/, $f) }; $f(1))', 'template_limit'],
  [
    'recurses through a closure',
    '($y := function($f){ function($x){ $f($f)($x) } }; ($y($y))(1))',
    'template_limit',
  ],
  [
    'computes Ackermann',
    '($a := function($m, $n){ $m = 0 ? $n + 1 : $n = 0 ? $a($m - 1, 1) : $a($m - 1, $a($m, $n - 1)) }; $a(4, 2))',
    'template_limit',
  ],
  [
    'computes Fibonacci',
    '($f := function($n){ $n < 2 ? $n : $f($n - 1) + $f($n - 2) }; $f(60))',
    'template_limit',
  ],
  ['filters within filters', '[1..9999][$count([1..9999][$ > 5000]) > 1]', 'template_limit'],
  [
    'sifts within each',
    '$each(input.lists, function($v){ $count($sift(input.lists, function($w){ $w = $v })) })',
    'template_limit',
  ],
  ['reduces a product', '$reduce([1..9999], function($a, $i){ $a + $sum([1..$i]) }, 0)', 'template_limit'],
  [
    'sorts by a comparator that always swaps',
    '($f := function($n){ $n = 0 ? 0 : $count($sort(input.numbers, function(){ true })) + $f($n - 1) }; $f(99))',
    'template_limit',
  ],
  [
    'sorts by a random comparator',
    '($f := function($n){ $n = 0 ? 0 : $count($sort(input.numbers, function(){ $random() > 0.5 })) + $f($n - 1) }; $f(99))',
    'template_limit',
  ],
  ['sorts by a comparator that fails', '$sort([3, 2, 1], function(){ $error("no") })', 'template_evaluation'],
  [
    'sorts by a comparator that sorts',
    '$sort(input.numbers, function($a, $b){ $sort(input.numbers)[0] > $a })',
    'template_limit',
  ],
  ['shuffles for ever', '($f := function($x){ $f($shuffle($x)) }; $f(input.numbers))', 'template_limit'],
  [
    'multiplies three variables',
    '(([1..999])@$a.([1..999])@$b.([1..999])@$c)[$a = $b and $b = $c]',
    'template_limit',
  ],
  ['numbers a product', '([1..9999])#$i.([1..9999])#$j[$i = $j]', 'template_limit'],
  ['climbs to parents of parents', '$count(input.objects.(%.objects.id))', 'template_limit'],
  [
    'climbs to the parent for all pairs',
    'input.objects.(id.(%.same + $count($$.input.objects[id > %.id])))',
    'template_limit',
  ],
  ['matches signatures again and again', '($f := function($x)<n-:n>{ $f($x + 1) }; $f(1))', 'template_limit'],
  // ranges and sequences
  ['spans with a computed end', '[1..$power(10, 9)]', 'template_limit'],
  ['spans within a span', '[1..999].[1..999].[1..999]', 'template_limit'],
  ['flattens nested spans', '$reduce([1..30], function($a, $i){ [$a, $a] }, [1])', 'template_limit'],
  ['appends in reduce', '$reduce([1..99], function($a, $i){ $append($a, $a) }, [1])', 'template_limit'],
  [
    'zips long lists again and again',
    '$map([1..999], function(){ $count($zip([1..9999], [1..9999], [1..9999])) })',
    'template_limit',
  ],
  ['maps to lists', '$map([1..9999], function(){ [1..999] })', 'template_limit'],
  [
    'reverses and appends for ever',
    '($f := function($x){ $f($append($x, $reverse($x))) }; $f([1, 2]))',
    'template_limit',
  ],
  [
    'merges wide objects again and again',
    '$reduce([1..9999], function($a, $i){ $merge([$a, {$string($i): $i}]) }, {})',
    'template_limit',
  ],
  [
    'spreads wide objects again and again',
    '($f := function($n){ $n = 0 ? 0 : $count($spread(input.lists)) + $f($n - 1) }; $f(999))',
    'template_limit',
  ],
  ['groups into groups', '$map([1..999], function($i){ input.objects{$string(id): $i} })', 'template_limit'],
  ['groups by ever new keys', '[1..9999]{$string($random()): $append($, [1..499])}', 'template_limit'],
  ['groups lists into one key', 'input.objects{"all": $map([1..99], function(){ $ })}', 'template_limit'],
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
  ['pads to the left', '$pad("", -1000000000)', 'template_limit'],
  ['pads to infinity', '$pad("", 1e308)', 'template_limit'],
  [
    'pads again and again',
    '$reduce([1..99], function($a, $i){ $pad($a, $length($a) * 2 + 1) }, "a")',
    'template_limit',
  ],
  [
    'replaces in what it replaced',
    '$reduce([1..99], function($a, $i){ $replace($a, "a", "aa") }, "a")',
    'template_limit',
  ],
  ['joins what it joined', '$reduce([1..99], function($a, $i){ $join([$a, $a]) }, "aa")', 'template_limit'],
  ['joins by a long separator', '$join($split(input.short, ""), input.text)', 'template_limit'],
  [
    'writes numbers with a million digits',
    '$formatNumber(1e300, $pad("", 250, "0") & "." & $pad("", 250, "0"))',
    'template_limit',
  ],
  [
    'writes a wide list as a text, for ever',
    '($f := function($x){ $f($string([$x])) }; $f("\\"\\\\"))',
    'template_limit',
  ],
  [
    'splits and joins for ever',
    '($f := function($x){ $f($join($split($x, "a"), "aa")) }; $f("a"))',
    'template_limit',
  ],
  // helpers
  [
    'encodes for URLs again and again',
    '$reduce([1..99], function($a, $i){ $base64UrlEncode($a) }, "aaaa")',
    'template_limit',
  ],
  ['escapes JSON in JSON', '$reduce([1..99], function($a, $i){ $toJson($a) }, "\\"")', 'template_limit'],
  [
    'writes the same long JSON many times',
    '$map([1..99], function(){ $toJson(input.text) })',
    'template_limit',
  ],
  [
    'writes shared structure as JSON',
    `($a0 := {"x": 1}; ${doubling(60, (x) => `{"l": ${x}, "r": ${x}}`)} $toJson($a60))`,
    'template_limit',
  ],
  ['reads deep JSON', '$fromJson(input.deep)', 'template_limit'],
  ['reads wide JSON', '$fromJson(input.wide)', 'template_limit'],
  [
    'reads the same JSON many times',
    '$map([1..999], function(){ $count($fromJson(input.halfWide)) })',
    'template_limit',
  ],
  [
    'hashes a long text many times',
    '$map([1..999], function(){ $hash(input.long, "sha512") })',
    'template_limit',
  ],
  [
    'hashes by MD5 a long text many times',
    '$map([1..999], function(){ $hash(input.long, "md5") })',
    'template_limit',
  ],
  ['hashes a hash for ever', '($f := function($x){ $f($hash($x)) }; $f("a"))', 'template_limit'],
  [
    'signs with a long key many times',
    '$map([1..999], function(){ $hmac(input.long, input.long) })',
    'template_limit',
  ],
  [
    'decodes a long key many times',
    '$map([1..999], function(){ $hmac(input.long, "a", "sha1", "hex", "base64") })',
    'template_limit',
  ],
  ['asks for an unknown algorithm', '$hash("a", "__proto__")', 'template_evaluation'],
  ['asks for an algorithm that every object has', '$hash("a", "toString")', 'template_evaluation'],
  [
    'asks for ever new time zones',
    '$map([1..9999], function($i){ $formatDate(0, "[Y]", "Zone/" & $i) })',
    'template_evaluation',
  ],
  [
    'walks all spellings of a zone',
    '($f := function($i){ $formatDate($i, "[Y]", $i % 2 = 0 ? "europe/BERLIN" : "Europe/berlin") & $f($i + 1) }; $f(0))',
    'template_limit',
  ],
  [
    'formats dates for ever',
    '($f := function($x){ $f($x + $length($formatDate($x))) }; $f(0))',
    'template_limit',
  ],
  ['formats a date with a huge picture', '$formatDate(0, $pad("", 100000, "[Y]"))', 'template_limit'],
  ['formats a year to a million digits by helper', '$formatDate(0, "[Y,999999999]")', 'template_limit'],
  ['parses a date by backtracking', '$parseDate(input.digits, "[Y][M][D][H][m][s][f]X")', 'template_limit'],
  ['parses a long date', '$parseDate(input.text)', 'template_evaluation'],
  ['parses a long date by a picture', '$parseDate(input.text, "[Y0001]")', 'template_limit'],
  ['adds a long duration', '$addDuration(0, input.text)', 'template_evaluation'],
  ['adds more years than there are', '$addDuration(0, "P999999999Y999999999M")', 'template_evaluation'],
  [
    'adds durations for ever',
    '($f := function($x){ $f($addDuration($x, "P1M", "Europe/Berlin")) }; $f(0))',
    'template_limit',
  ],
  ['makes UUIDs for ever', '($f := function($x){ $f($uuid()) }; $f(0))', 'template_limit'],
  ['gives a helper what is no text', '$base64UrlEncode(input.tuple)', 'template_evaluation'],
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
  ['repeats in both alternatives', '$match(input.text & "!", /^(a|a|a)*b$/)', 'template_reference'],
  ['repeats a class in a class', '$split(input.long, /(x+x+)+y/)[1]', 'template_limit'],
  [
    'replaces by a regex of many alternatives',
    '$replace(input.long, /(x|xx|xxx|xxxx)*y/, "")',
    'template_limit',
  ],
  ['looks behind', '$match("a", /(?<=a)b/)', 'template_syntax'],
  ['names a group and repeats it', '$match("a", /(?<n>a)\\k<n>/)', 'template_syntax'],
  // the parser
  ['nests brackets', `${'('.repeat(4000)}1${')'.repeat(4000)}`, 'template_limit'],
  ['nests lists', `${'['.repeat(4000)}1${']'.repeat(4000)}`, 'template_limit'],
  ['nests objects', `${'{"a":'.repeat(1300)}1${'}'.repeat(1300)}`, 'template_limit'],
  ['nests functions', `${'function(){'.repeat(600)}1${'}'.repeat(600)}`, 'template_value'],
  ['nests conditions', `${'true ? '.repeat(1000)}1${' : 0'.repeat(1000)} & $pad("", 1e9)`, 'template_limit'],
  ['nests filters', `input${'[a'.repeat(2000)}${']'.repeat(2000)}`, 'template_limit'],
  ['negates for ever', `${'-'.repeat(8000)}1`, 'template_limit'],
  ['chains a thousand steps', `input${'.*'.repeat(4000)}`, 'template_limit'],
  ['does not end its string', '"abc', 'template_syntax'],
  ['does not end its comment', '1 /* abc', 'template_syntax'],
  ['does not end its regex', '$match("a", /abc', 'template_syntax'],
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
  ['many objects in objects', `$count(${'{"a":'.repeat(60)}1${'}'.repeat(60)})`, 1],
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

interface Timed {
  value: unknown;
  error: unknown;
  /** Milliseconds that this thread has computed, and that have passed. */
  ms: number;
  wallMs: number;
}

async function timed(source: string): Promise<Timed> {
  const context = { input: bigBody() };
  const before = JSON.stringify(context);
  const start = performance.now();
  const startUsage = process.threadCpuUsage();
  let value: unknown;
  let error: unknown;
  try {
    value = await createEvaluator().expression(source)(context);
  } catch (thrown) {
    error = thrown;
  }
  const wallMs = performance.now() - start;
  const usage = process.threadCpuUsage(startUsage);
  const ms = (usage.user + usage.system) / 1_000;
  expect(JSON.stringify(context) === before, 'the context is unchanged').toBe(true);
  expect(Object.keys(context.input.empty ?? {})).toEqual([]);
  return { value, error, ms, wallMs };
}

/** Everything that a polluted prototype, or a replaced built-in, would show on. */
const builtIns = [
  Object,
  Array,
  String,
  Function,
  Promise,
  RegExp,
  Number,
  Boolean,
  Map,
  Date,
  Symbol,
].flatMap((type): object[] => [type, type.prototype]);
const snapshot = () =>
  builtIns.map((object) => Reflect.ownKeys(object).map((key) => describeOwn(object, key)));
const describeOwn = (object: object, key: string | symbol): unknown[] => {
  // The last match of any regex; other code in this process sets it.
  const { value, get, set, ...flags } = /^(?:\$|last|left|right|input)/.test(String(key))
    ? {}
    : (Reflect.getOwnPropertyDescriptor(object, key) ?? {});
  return [key, value, get, set, JSON.stringify(flags)];
};
const before = snapshot();

function expectUnchanged(): void {
  const now = snapshot();
  for (const [index, properties] of before.entries()) {
    expect(now[index]?.length).toBe(properties.length);
    for (const [place, property] of properties.entries())
      for (const [part, was] of property.entries())
        if (!Object.is(now[index]?.[place]?.[part], was)) expect.fail(`${String(property[0])} has changed`);
  }
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(Object.getPrototypeOf(Object.prototype)).toBeNull();
}

/** Every other one for every day: each takes as long as it may. */
const TRIED = REFUSED.filter((_, index) => process.env.PATCHBAY_TEST_LONG === '1' || index % 2 === 0);

describe('a hostile expression', () => {
  test.each(TRIED)(
    '%s: ends in time, as a TemplateError',
    { timeout: 20_000, retry: BUSY_MACHINE },
    async (_why, source, code) => {
      const { error, value, ms, wallMs } = await timed(source);
      expect(error, `gave ${JSON.stringify(value)?.slice(0, 200)}`).toBeInstanceOf(TemplateError);
      expect(error).toMatchObject({ code });
      expect(ms).toBeLessThan(MUST_END_MS);
      expect(wallMs).toBeLessThan(MUST_END_WALL_MS);
      expectUnchanged();
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
    { timeout: 20_000, retry: BUSY_MACHINE },
    async (_why, source, expected) => {
      const { value, error, ms } = await timed(source);
      expect(error).toBeUndefined();
      expect(value).toEqual(expected);
      expect(ms).toBeLessThan(MUST_END_MS);
    },
  );
});
