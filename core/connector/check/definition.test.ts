import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectorDefinition } from '../schema.ts';
import { type CheckOptions, checkDefinition } from './definition.ts';
import { MAX_FIELD_ERRORS } from './report.ts';

const URL = 'https://api.example.com/v1';

/** A definition as the API gets it, with its defaults filled in. */
const parsed = (definition: unknown) => ConnectorDefinition.parse(definition);
const check = (definition: unknown, options?: CheckOptions) => checkDefinition(parsed(definition), options);
const step = (request: object = {}, rest: object = {}) => ({
  name: 'lookup',
  request: { url: URL, ...request },
  ...rest,
});
const one = (request: object = {}, rest: object = {}) => ({ steps: [step(request, rest)] });
const two = (request: object = {}, rest: object = {}) => ({
  steps: [step(), { ...step(request, rest), name: 'second' }],
});
const mapped = (map: object) => one({}, { response: { map } });
const body = (content: object, rest: object = {}) => one({ method: 'POST', body: content, ...rest });
const url = (text: string) => one({ url: text });
const schema = (input_schema: object) => ({ ...one(), input_schema });
const property = (value: unknown) => schema({ properties: { a: value } });

const AT = '/steps/0';
const A = '/input_schema/properties/a';

describe('refuses a definition at the field that is wrong', () => {
  test.each<[what: string, definition: object, pointer: string, words: string]>([
    // names
    ['two steps of one name', { steps: [step(), step()] }, '/steps/1/name', 'another step'],
    ['a step that writes over the status', mapped({ status: 'body.s' }), `${AT}/response/map/status`, 'own'],
    ['a step that writes over the body', mapped({ body: 'body.s' }), `${AT}/response/map/body`, 'own'],
    [
      'a field named constructor',
      mapped({ constructor: 'body.s' }),
      `${AT}/response/map/constructor`,
      'not allowed',
    ],
    // syntax
    ['an expression without its end', url(`${URL}/{{input.a`), `${AT}/request/url`, 'no closing'],
    ['an empty expression', one({ query: { a: '{{ }}' } }), `${AT}/request/query/a`, 'empty'],
    [
      'a query that does not parse',
      one({ query: { a: '{{input.}}' } }),
      `${AT}/request/query/a`,
      'does not parse',
    ],
    [
      'a query list that does not parse',
      one({ query: { a: ['x', '{{(}}'] } }),
      `${AT}/request/query/a/1`,
      'parse',
    ],
    [
      'a header that does not parse',
      one({ headers: { 'X-Test': '{{[}}' } }),
      `${AT}/request/headers/X-Test`,
      'parse',
    ],
    [
      'a condition that does not parse',
      one({}, { condition: 'input.a =' }),
      `${AT}/condition`,
      'does not parse',
    ],
    [
      'a map that does not parse',
      mapped({ country: 'body.(' }),
      `${AT}/response/map/country`,
      'does not parse',
    ],
    [
      'JSON with a bad expression deep inside',
      body({ type: 'json', content: { a: [{ 'b/c': '{{)}}' }] } }),
      `${AT}/request/body/content/a/0/b~1c`,
      'parse',
    ],
    [
      'a form with a bad expression',
      body({ type: 'form', content: { a: '{{)}}' } }),
      `${AT}/request/body/content/a`,
      'parse',
    ],
    [
      'XML with a bad expression',
      body({ type: 'xml', content: '<a>{{)}}</a>' }),
      `${AT}/request/body/content`,
      'parse',
    ],
    [
      'raw text with a bad expression',
      body({ type: 'raw', content: '{{)}}' }),
      `${AT}/request/body/content`,
      'parse',
    ],
    [
      'a file with a bad expression',
      body({ type: 'multipart', files: { f: { filename: 'a', content: '{{)}}' } } }),
      `${AT}/request/body/files/f/content`,
      'parse',
    ],
    [
      'a file name with a bad expression',
      body({ type: 'multipart', files: { f: { filename: '{{)}}', content: 'x' } } }),
      `${AT}/request/body/files/f/filename`,
      'parse',
    ],
    ['an output with a bad expression', { ...one(), output: { a: '{{)}}' } }, '/output/a', 'parse'],
    ['an unknown function', one({ query: { a: '{{$nope(input.a)}}' } }), `${AT}/request/query/a`, '$nope'],
    ['$eval', one({ query: { a: '{{$eval("1")}}' } }), `${AT}/request/query/a`, '$eval'],
    [
      'a prototype name',
      one({ query: { a: '{{input.__proto__.x}}' } }),
      `${AT}/request/query/a`,
      '__proto__',
    ],
    [
      'a constructor name in a condition',
      one({}, { condition: 'input.constructor' }),
      `${AT}/condition`,
      'constructor',
    ],
    [
      'an expression in a key',
      body({ type: 'json', content: { '{{input.k}}': 1 } }),
      `${AT}/request/body/content/{{input.k}}`,
      'not in a key',
    ],
    // references
    [
      'an unknown first name',
      one({ query: { a: '{{country}}' } }),
      `${AT}/request/query/a`,
      '"country" is unknown',
    ],
    [
      'an unknown step',
      one({ query: { a: '{{steps.nope.id}}' } }),
      `${AT}/request/query/a`,
      '"nope" does not exist',
    ],
    [
      'an unknown step by $lookup',
      one({ query: { a: '{{$lookup(steps, "nope")}}' } }),
      `${AT}/request/query/a`,
      '"nope"',
    ],
    [
      'an unknown step below $$',
      one({ query: { a: '{{$$.steps.nope}}' } }),
      `${AT}/request/query/a`,
      '"nope"',
    ],
    [
      'the step itself',
      one({ query: { a: '{{steps.lookup.id}}' } }),
      `${AT}/request/query/a`,
      'does not run before',
    ],
    [
      'a later step',
      { steps: [step({ query: { a: '{{steps.second.id}}' } }), { ...step(), name: 'second' }] },
      `${AT}/request/query/a`,
      'does not run before',
    ],
    [
      'a condition on the step itself',
      one({}, { condition: 'steps.lookup.status = 200' }),
      `${AT}/condition`,
      'before',
    ],
    [
      'a condition on a later step',
      two({}, { condition: 'steps.third.status = 200' }),
      '/steps/1/condition',
      'does not exist',
    ],
    ['a map that reads its own step', mapped({ a: 'steps.lookup.body' }), `${AT}/response/map/a`, 'before'],
    [
      'a map that forgot the body',
      mapped({ a: 'country_code' }),
      `${AT}/response/map/a`,
      'status, headers, body',
    ],
    ['an output of an unknown step', { ...one(), output: '{{steps.nope.id}}' }, '/output', '"nope"'],
    [
      'a contact field of an unknown step',
      { ...one(), contact_mapping: { match: ['e'], fields: { e: '{{steps.nope.id}}' } } },
      '/contact_mapping/fields/e',
      '"nope"',
    ],
    ['item outside a loop', one({ query: { a: '{{item.id}}' } }), `${AT}/request/query/a`, 'inside a loop'],
    ['index outside a loop', { ...one(), output: '{{index}}' }, '/output', 'inside a loop'],
    [
      'body outside a map',
      one({ query: { a: '{{body.id}}' } }),
      `${AT}/request/query/a`,
      '"body" is unknown',
    ],
    [
      'an input that the schema excludes',
      {
        ...schema({ additionalProperties: false, properties: { a: {} } }),
        steps: [step({ query: { b: '{{input.b}}' } })],
      },
      `${AT}/request/query/b`,
      'no property "b"',
    ],
    [
      'an input where the schema allows none',
      { ...schema({ additionalProperties: false }), output: '{{input.b}}' },
      '/output',
      'no property "b"',
    ],
    // credentials
    ['workspace alone', one({ headers: { a: '{{workspace}}' } }), `${AT}/request/headers/a`, 'in full'],
    [
      'a service without a field',
      one({ headers: { a: '{{workspace.hub}}' } }),
      `${AT}/request/headers/a`,
      'in full',
    ],
    [
      'a computed service',
      one({ headers: { a: '{{$lookup(workspace, input.s)}}' } }),
      `${AT}/request/headers/a`,
      'in full',
    ],
    ['every service', one({ headers: { a: '{{workspace.*}}' } }), `${AT}/request/headers/a`, 'in full'],
    [
      'the whole context',
      body({ type: 'json', content: '{{$}}' }),
      `${AT}/request/body/content`,
      'as a whole',
    ],
    [
      'the whole context under another name',
      body({ type: 'raw', content: '{{($x := $$; $x.workspace.a.b)}}' }),
      `${AT}/request/body/content`,
      'as a whole',
    ],
    [
      'a service that cannot exist',
      one({ headers: { a: '{{workspace.Hub.token}}' } }),
      `${AT}/request/headers/a`,
      'not the name',
    ],
    [
      'a credential in the output',
      { ...one(), output: { t: '{{workspace.hub.token}}' } },
      '/output/t',
      'cannot be used here',
    ],
    ['the whole context in the output', { ...one(), output: '{{$}}' }, '/output', 'as a whole'],
    [
      'a credential in a contact',
      { ...one(), contact_mapping: { match: ['e'], fields: { e: '{{workspace.hub.token}}' } } },
      '/contact_mapping/fields/e',
      'cannot be used here',
    ],
    [
      'a credential in a map',
      mapped({ a: 'workspace.hub.token' }),
      `${AT}/response/map/a`,
      'cannot be used here',
    ],
    [
      'a credential in a condition',
      one({}, { condition: 'workspace.hub.plan = "pro"' }),
      `${AT}/condition`,
      'cannot be used here',
    ],
    [
      'a credential in a host',
      url('https://{{workspace.hub.name}}.example.com/'),
      `${AT}/request/url`,
      'scheme or host',
    ],
    [
      'a credential in userinfo',
      url('https://user:{{workspace.hub.token}}@api.example.com/'),
      `${AT}/request/url`,
      'scheme or host',
    ],
    ['a credential as the base', url('{{workspace.hub.base}}/v1'), `${AT}/request/url`, 'scheme or host'],
    // URLs
    ['a file', url('file:///etc/passwd'), `${AT}/request/url`, 'scheme'],
    ['FTP', url('ftp://example.com/'), `${AT}/request/url`, 'scheme'],
    ['a script', url('javascript:alert(1)'), `${AT}/request/url`, 'scheme'],
    ['no scheme', url('api.example.com/v1'), `${AT}/request/url`, 'not a valid'],
    ['one slash', url('https:/api.example.com/v1'), `${AT}/request/url`, 'must start with'],
    [
      'a scheme from the input',
      url('{{input.scheme}}://api.example.com'),
      `${AT}/request/url`,
      'followed by',
    ],
    [
      'a scheme partly from the input',
      url('http{{input.s}}://api.example.com'),
      `${AT}/request/url`,
      'must start with',
    ],
    ['a base that goes on', url('{{input.base}}.example.com'), `${AT}/request/url`, 'followed by'],
    [
      'a user and password',
      url('https://u:p@api.example.com/'),
      `${AT}/request/url`,
      'user name or password',
    ],
    [
      'a user before a host from the input',
      url('https://u@{{input.h}}/'),
      `${AT}/request/url`,
      'user name or password',
    ],
    ['loopback', url('http://127.0.0.1:8080/'), `${AT}/request/url`, '127.0.0.1'],
    ['loopback as a number', url('http://2130706433/'), `${AT}/request/url`, '127.0.0.1'],
    [
      'loopback with a path from the input',
      url('http://127.0.0.1/{{input.p}}'),
      `${AT}/request/url`,
      '127.0.0.1',
    ],
    ['IPv6 loopback', url('http://[::1]/'), `${AT}/request/url`, '::1'],
    ['localhost', url('http://localhost/'), `${AT}/request/url`, 'localhost'],
    ['cloud metadata', url('http://169.254.169.254/latest'), `${AT}/request/url`, '169.254.169.254'],
    ['a private address', url('https://10.0.0.1/'), `${AT}/request/url`, '10.0.0.1'],
    ['a private name', url('https://db.internal/'), `${AT}/request/url`, 'not a public name'],
    ['a port', url('https://api.example.com:22/'), `${AT}/request/url`, 'Port 22'],
    ['a port of a host from the input', url('https://{{input.h}}:22/'), `${AT}/request/url`, 'Port 22'],
    ['a line break', url('https://api.example.com/a\nb'), `${AT}/request/url`, 'control character'],
    ['a third slash', url('https:///api.example.com/'), `${AT}/request/url`, 'no host'],
    [
      'a credential behind one',
      url('https:///{{workspace.a.b}}.example.com/'),
      `${AT}/request/url`,
      'no host',
    ],
    ['a backslash', url('https://api.example.com\\@evil.example/'), `${AT}/request/url`, 'backslash'],
    // headers, bodies, the rest
    [
      'a header name with a space',
      one({ headers: { 'X Test': 'a' } }),
      `${AT}/request/headers/X Test`,
      'token',
    ],
    ['a header name with a colon', one({ headers: { 'X:': 'a' } }), `${AT}/request/headers/X:`, 'token'],
    ['Host', one({ headers: { Host: 'evil.example' } }), `${AT}/request/headers/Host`, 'Patchbay'],
    [
      'Content-Length',
      one({ headers: { 'content-length': '1' } }),
      `${AT}/request/headers/content-length`,
      'Patchbay',
    ],
    [
      'Transfer-Encoding',
      one({ headers: { 'Transfer-Encoding': 'chunked' } }),
      `${AT}/request/headers/Transfer-Encoding`,
      'Patchbay',
    ],
    ['Connection', one({ headers: { Connection: 'close' } }), `${AT}/request/headers/Connection`, 'Patchbay'],
    [
      'a header given twice',
      one({ headers: { Accept: 'a', accept: 'b' } }),
      `${AT}/request/headers/accept`,
      'twice',
    ],
    [
      'a header with a line break',
      one({ headers: { 'X-A': 'a\r\nX-B: b' } }),
      `${AT}/request/headers/X-A`,
      'line breaks',
    ],
    ['a header with NUL', one({ headers: { 'X-A': 'a\u0000' } }), `${AT}/request/headers/X-A`, 'control'],
    [
      'a body on GET',
      one({ body: { type: 'json', content: 1 } }),
      `${AT}/request/body`,
      'GET request has no body',
    ],
    [
      'a body on HEAD',
      one({ method: 'HEAD', body: { type: 'raw', content: '' } }),
      `${AT}/request/body`,
      'HEAD',
    ],
    [
      'a content type beside multipart',
      body(
        { type: 'multipart', content: { a: 'b' } },
        { headers: { 'Content-Type': 'multipart/form-data' } },
      ),
      `${AT}/request/headers/Content-Type`,
      'boundary',
    ],
    [
      'a file without content',
      body({ type: 'multipart', files: { f: { filename: 'a' } } }),
      `${AT}/request/body/files/f`,
      'either',
    ],
    [
      'a file with two contents',
      body({ type: 'multipart', files: { f: { filename: 'a', content: 'x', base64: '' } } }),
      `${AT}/request/body/files/f`,
      'either',
    ],
    [
      'a file that is not base64',
      body({ type: 'multipart', files: { f: { filename: 'a', base64: 'a b' } } }),
      `${AT}/request/body/files/f/base64`,
      'not base64',
    ],
    [
      'an expression in a content type',
      body({ type: 'raw', content: '', content_type: '{{input.t}}' }),
      `${AT}/request/body/content_type`,
      'as it stands',
    ],
    ['an object in a query', one({ query: { a: { b: 1 } } }), `${AT}/request/query/a`, 'cannot stand here'],
    [
      'a list in a list in a form',
      body({ type: 'form', content: { a: [1, [2]] } }),
      `${AT}/request/body/content/a/1`,
      'cannot stand here',
    ],
    [
      'more patience at first than at most',
      one({}, { retry: { base_ms: 500, max_ms: 100 } }),
      `${AT}/retry/base_ms`,
      'max_ms',
    ],
    [
      'a match that is not mapped',
      { ...one(), contact_mapping: { match: ['phone'], fields: { e: 'x' } } },
      '/contact_mapping/match/0',
      'not one of',
    ],
    [
      'a match named twice',
      { ...one(), contact_mapping: { match: ['e', 'e'], fields: { e: 'x' } } },
      '/contact_mapping/match/1',
      'twice',
    ],
    [
      'a prototype key in the output',
      { ...one(), output: JSON.parse('{"__proto__": 1}') },
      '/output/__proto__',
      'not allowed',
    ],
    // input schema
    ['an input that is no object', schema({ type: 'array' }), '/input_schema/type', 'must be "object"'],
    [
      'an input that may be more',
      schema({ type: ['object', 'null'] }),
      '/input_schema/type',
      'must be "object"',
    ],
    ['an unknown type', property({ type: 'text' }), `${A}/type`, 'type needs'],
    [
      'another draft',
      schema({ $schema: 'http://json-schema.org/draft-07/schema#' }),
      '/input_schema/$schema',
      '2020-12',
    ],
    [
      'a dialect below the top',
      property({ $schema: 'https://json-schema.org/draft/2020-12/schema' }),
      `${A}/$schema`,
      'top only',
    ],
    ['an id below the top', property({ $id: 'https://example.com/a' }), `${A}/$id`, 'top only'],
    [
      'a remote reference',
      property({ $ref: 'https://example.com/schema.json' }),
      `${A}/$ref`,
      'into this schema',
    ],
    ['a reference to an anchor', property({ $ref: '#address' }), `${A}/$ref`, 'into this schema'],
    ['a reference to nothing', property({ $ref: '#/$defs/nope' }), `${A}/$ref`, 'no schema at'],
    [
      'a reference to a value',
      schema({ properties: { a: { $ref: '#/properties/b/default' }, b: { default: {} } } }),
      `${A}/$ref`,
      'no schema at',
    ],
    ['a reference to itself', property({ $ref: '#/properties/a' }), `${A}/$ref`, 'back to itself'],
    ['a dynamic reference', property({ $dynamicRef: '#a' }), `${A}/$dynamicRef`, 'not supported'],
    ['an anchor', property({ $anchor: 'a' }), `${A}/$anchor`, 'not supported'],
    [
      'dependencies of an older draft',
      schema({ dependencies: {} }),
      '/input_schema/dependencies',
      'dependentRequired',
    ],
    ['a schema that is text', property('string'), A, 'a schema is an object'],
    ['required as true', schema({ required: true }), '/input_schema/required', 'list of different names'],
    ['required twice', schema({ required: ['a', 'a'] }), '/input_schema/required', 'different'],
    ['an enum that is no list', property({ enum: 'a' }), `${A}/enum`, 'list'],
    ['a negative length', property({ minLength: -1 }), `${A}/minLength`, 'whole number'],
    ['a maximum as text', property({ maximum: '5' }), `${A}/maximum`, 'a number'],
    ['a multiple of 0', property({ multipleOf: 0 }), `${A}/multipleOf`, 'above 0'],
    ['items as a list', property({ items: [{}] }), `${A}/items`, 'prefixItems'],
    ['no alternatives', property({ anyOf: [] }), `${A}/anyOf`, 'at least one'],
    ['properties as a list', schema({ properties: [] }), '/input_schema/properties', 'object of schemas'],
    ['a pattern that does not compile', property({ pattern: '(' }), `${A}/pattern`, 'not a valid'],
    ['a pattern that can run away', property({ pattern: '^(a+)+$' }), `${A}/pattern`, 'exponential'],
    [
      'a pattern of names that can run away',
      schema({ patternProperties: { '^(a|a)*$': {} } }),
      '/input_schema/patternProperties/^(a|a)*$',
      'exponential',
    ],
    [
      'a pattern of names that is costly',
      schema({ patternProperties: { 'a*a*b': {} } }),
      '/input_schema/patternProperties/a*a*b',
      'too costly',
    ],
    ['a schema of great size', property({ enum: ['x'.repeat(70_000)] }), '/input_schema', 'longer than'],
  ])('%s', (_, definition, pointer, words) => {
    const { errors } = check(definition);
    expect(errors).toContainEqual({ pointer, detail: expect.stringContaining(words) });
    expect(new Set(errors.map((error) => error.pointer))).toEqual(new Set([pointer]));
  });
});

describe('accepts', () => {
  test.each<[what: string, definition: object]>([
    ['the least there can be', one()],
    [
      'a query of every kind',
      one({ query: { a: '{{input.a}}', b: 1, c: ['x', '{{input.b}}'], d: null, e: true } }),
    ],
    ['JSON of any depth', body({ type: 'json', content: { a: [{ b: '{{input.a}}' }], c: null } })],
    ['JSON that is one expression', body({ type: 'json', content: '{{input}}' })],
    ['a form', body({ type: 'form', content: { a: '{{input.a}}', b: [1, 2] } })],
    [
      'multipart',
      body({
        type: 'multipart',
        content: { a: 'b' },
        files: {
          f: { filename: '{{input.n}}.txt', content_type: 'text/plain', content: '{{input.t}}' },
          g: { filename: 'g', base64: 'aGk=' },
          h: { filename: 'h', base64: '{{input.b}}' },
        },
      }),
    ],
    ['XML', body({ type: 'xml', content: '<a b="{{input.b}}">{{input.a}}</a>' })],
    ['raw text with its type', body({ type: 'raw', content: 'a,{{input.b}}', content_type: 'text/csv' })],
    ['no body on GET', one({ body: { type: 'none' } })],
    [
      'a content type beside JSON',
      body({ type: 'json', content: {} }, { headers: { 'Content-Type': 'application/vnd.api+json' } }),
    ],
    ['a body on DELETE', one({ method: 'DELETE', body: { type: 'json', content: {} } })],
    [
      'braces in an expression',
      body({ type: 'raw', content: '{{ {"a": {"b": input.c}} }} and {{ "}}" }} and { one }' }),
    ],
    ['a default', one({ query: { a: '{{input.a ?? "none"}}', b: '{{input.b ? input.b : 1}}' } })],
    [
      'an earlier step',
      two(
        { url: `${URL}/{{steps.lookup.body.id}}`, headers: { 'X-A': '{{steps.lookup.status}}' } },
        { condition: 'steps.lookup.status = 200' },
      ),
    ],
    [
      'a map',
      mapped({
        a: 'body.items[0].id',
        b: 'headers."x-id"',
        c: 'status',
        d: '$count($.body.items)',
        e: 'input.a & execution.id',
        f: '$',
      }),
    ],
    [
      'all steps in the output',
      {
        ...two(),
        output: { a: '{{steps.lookup.a}}', b: ['{{steps.second.body.*}}'], c: '{{execution.id}}' },
      },
    ],
    [
      'a contact',
      { ...one(), contact_mapping: { match: ['phone'], fields: { phone: '{{input.phone}}', tags: ['a'] } } },
    ],
    ['a base from the input', url('{{input.base}}/v1/{{input.id}}')],
    ['a URL from the input', url('{{input.url}}')],
    ['a tenant in the host', url('https://{{input.tenant}}.example.com/v1?x={{input.x}}#y')],
    ['a host and port from the input', url('https://{{input.host}}:{{input.port}}/')],
    ['a host from the input with a fixed port', url('https://{{input.host}}:443/')],
    ['a credential in the path and query', url(`${URL}/{{workspace.hub.account}}?key={{workspace.hub.key}}`)],
    ['an expression with a slash before the path', url('https://{{input.a ? "x/y" : "z"}}.example.com/')],
    [
      'an input that its schema names',
      {
        ...schema({ type: 'object', additionalProperties: false, properties: { a: {} } }),
        output: '{{input.a.b}}',
      },
    ],
    [
      'an input by pattern',
      {
        ...schema({ additionalProperties: false, patternProperties: { '^x-': {} } }),
        output: '{{input.`x-a`}}',
      },
    ],
    ['an input that its schema leaves open', { ...schema({ properties: { a: {} } }), output: '{{input.b}}' }],
    [
      'a schema of the dialect',
      schema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'https://example.com/s',
        title: 'T',
        'x-note': 1,
        $comment: 'c',
      }),
    ],
    [
      'a schema that nests itself',
      schema({
        properties: { a: { $ref: '#/$defs/node' } },
        $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
      }),
    ],
    ['a reference to the whole', property({ $ref: '#' })],
    [
      'a reference with escapes',
      schema({ properties: { a: { $ref: '#/$defs/a%20b~1c' } }, $defs: { 'a b/c': { type: 'string' } } }),
    ],
    [
      'a property that is named as a keyword',
      schema({ properties: { $ref: { type: 'string' }, required: { type: 'string' }, $anchor: true } }),
    ],
    [
      'every applicator',
      property({
        if: { type: 'string' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { minLength: 1 },
        else: true,
        allOf: [true],
        anyOf: [{}],
        oneOf: [{}],
        not: false,
        contains: {},
        prefixItems: [{}],
        items: {},
        propertyNames: {},
        dependentSchemas: { a: {} },
        dependentRequired: { a: ['b'] },
        unevaluatedItems: {},
        unevaluatedProperties: false,
      }),
    ],
  ])('%s', (_, definition) => {
    expect(check(definition).errors).toEqual([]);
  });

  test('loopback on any port where the deployment allows it, and nothing else that is private', () => {
    const options = { allowLoopback: true };
    for (const host of ['127.0.0.1:4010', 'localhost:4010', '[::1]:4010'])
      expect(check(url(`http://${host}/{{input.a}}`), options).errors).toEqual([]);
    expect(check(url('http://10.0.0.1/'), options).errors).toHaveLength(1);
  });

  test('a port that the deployment allows', () => {
    expect(check(url('https://api.example.com:8443/'), { allowedPorts: [8443] }).errors).toEqual([]);
  });
});

test('collects the credentials, sorted, with each field that uses them', () => {
  const found = check({
    steps: [
      step({
        method: 'POST',
        auth: { credential: 'numverify' },
        headers: { 'X-Key': '{{workspace.hub.key}}{{workspace.hub.key}}' },
        query: { a: '{{input.list[name = $$.workspace.crm.name]}}' },
        body: { type: 'json', content: { k: '{{workspace.hub.other}}' } },
      }),
    ],
  });
  expect(found.errors).toEqual([]);
  expect(found.credentialServices).toEqual(['crm', 'hub', 'numverify']);
  expect(Object.fromEntries(found.credentialPointers)).toEqual({
    crm: ['/steps/0/request/query/a'],
    hub: ['/steps/0/request/headers/X-Key', '/steps/0/request/body/content/k'],
    numverify: ['/steps/0/request/auth/credential'],
  });
});

test('refuses references that lead in a circle, at each of them', () => {
  const { errors } = check(
    schema({ $defs: { x: { allOf: [{ $ref: '#/$defs/y' }] }, y: { not: { $ref: '#/$defs/x' } } } }),
  );
  expect(errors.map((error) => error.pointer)).toEqual([
    '/input_schema/$defs/x/allOf/0/$ref',
    '/input_schema/$defs/y/not/$ref',
  ]);
});

test('tells everything that is wrong at once, up to a limit', () => {
  const { errors } = check({
    ...one({ url: 'file:///x', headers: { Host: 'a' }, query: { a: '{{nope}}' } }),
    output: '{{workspace.a.b}}',
  });
  expect(errors.map((error) => error.pointer).sort()).toEqual([
    '/output',
    '/steps/0/request/headers/Host',
    '/steps/0/request/query/a',
    '/steps/0/request/url',
  ]);
  expect(check({ ...one(), output: Array(500).fill('{{nope}}') }).errors).toHaveLength(MAX_FIELD_ERRORS);
});

test('refuses more expressions than it would parse', () => {
  const { errors } = check({ ...one(), output: '{{input.a}}'.repeat(2_001) });
  expect(errors).toEqual([{ pointer: '/output', detail: expect.stringContaining('more than 2000') }]);
});

test('refuses more text in expressions than it would parse, but lets long bodies be', () => {
  const long = `{{${'input.a & '.repeat(700)}"x"}}`;
  expect(check({ ...one(), output: Array(15).fill(long) }).errors).toEqual([
    { pointer: '/output/14', detail: expect.stringContaining('longer than 100000') },
  ]);
  const text = `{{input.a}}${'x'.repeat(200_000)}{{input.b}}`;
  expect(check(body({ type: 'raw', content: text })).errors).toEqual([]);
});

test('refuses a definition that is nested too deeply', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 40; level += 1) deep = [deep];
  expect(check({ ...one(), output: deep }).errors).toMatchObject([
    { detail: expect.stringContaining('deeper') },
  ]);
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '{{',
          '}}',
          'input',
          '.',
          'steps',
          'workspace',
          '$',
          '$$',
          '%',
          '*',
          '(',
          ')',
          '[',
          ']',
          '|',
          '"',
          '~>',
        ],
        ...[
          '\\',
          '/',
          '?',
          ':',
          '#',
          '@',
          'https://',
          'a',
          '1',
          '^',
          '`',
          'function($x){',
          '}',
          '\u0000',
          '\ud800',
        ],
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join('')),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    hostile,
    fc.constantFrom(null, true, 0, -1, 1.5, 'string', 'object', '#', '#/', '#/$defs/a'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        hostile,
        fc.constantFrom(
          'type',
          '$ref',
          '$defs',
          'a',
          'properties',
          'allOf',
          'pattern',
          'items',
          'required',
          'if',
          'not',
          'patternProperties',
          '__proto__',
          '$id',
        ),
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;
const named = <T>(value: fc.Arbitrary<T>) => fc.dictionary(hostile.filter(Boolean), value, { maxKeys: 3 });
const definitions = fc.record(
  {
    input_schema: named(json).chain((base) =>
      fc
        .record({ properties: json, $defs: json, allOf: json }, { requiredKeys: [] })
        .map((rest) => ({ ...base, ...rest })),
    ),
    steps: fc.array(
      fc.record(
        {
          name: fc.constantFrom('a', 'b'),
          condition: hostile.filter(Boolean),
          request: fc.record(
            {
              url: fc
                .oneof(
                  hostile,
                  hostile.map((text) => `https://${text}`),
                )
                .filter(Boolean),
              method: fc.constantFrom('GET', 'POST'),
              query: named(json),
              headers: named(hostile),
              body: fc.oneof(
                fc.record({ type: fc.constant('json'), content: json }),
                fc.record({ type: fc.constant('form'), content: named(json) }),
                fc.record({
                  type: fc.constant('multipart'),
                  files: named(
                    fc.record(
                      { filename: hostile.filter(Boolean), base64: hostile },
                      { requiredKeys: ['filename'] },
                    ),
                  ),
                }),
                fc.record({ type: fc.constantFrom('xml', 'raw'), content: hostile }),
              ),
            },
            { requiredKeys: ['url'] },
          ),
          response: fc.record({
            map: fc.dictionary(fc.constantFrom('a', 'body', 'constructor'), hostile.filter(Boolean)),
          }),
        },
        { requiredKeys: ['name', 'request'] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    output: json,
    contact_mapping: fc.record({
      match: fc.array(hostile.filter(Boolean), { minLength: 1, maxLength: 2 }),
      fields: named(json),
    }),
  },
  { requiredKeys: ['steps'] },
);

const text = hostile.filter(Boolean);
/** Steps of every kind, inside of each other, with parts that may not belong there. */
const anyStep: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const list = fc.array(tie('step'), { minLength: 1, maxLength: 2 });
  return {
    step: fc
      .record({
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        kind: fc.oneof(
          { maxDepth: 4, depthSize: 'small' },
          fc.record({ request: fc.record({ url: text }) }),
          fc.record({ transform: named(json) }),
          fc.record({ wait: fc.record({ seconds: text, until: text }, { requiredKeys: [] }) }),
          fc.record({ stop: fc.record({ output: json, message: text }, { requiredKeys: [] }) }),
          fc.record({ connector: fc.record({ id: fc.uuid(), input: named(json) }) }),
          fc.record({ steps: list }),
          fc.record({ transform: named(json), on_error: list }),
          fc.record({ parallel: fc.record({ steps: list }) }),
          fc.record({
            switch: fc.record({
              cases: fc.array(fc.record({ when: text, steps: list }), { minLength: 1, maxLength: 2 }),
              default: list,
            }),
          }),
        ),
        more: fc.record(
          {
            condition: text,
            for_each: fc.record({ items: text }),
            response: fc.record(
              { map: text, success_when: text, schema: named(json), coerce: fc.boolean() },
              { requiredKeys: [] },
            ),
            pagination: fc.record({
              type: fc.constantFrom('cursor', 'page', 'next_url'),
              items: text,
              next: text,
              param: text,
            }),
            retry: fc.record({ on: fc.record({ when: text }, { requiredKeys: [] }) }),
            cache: fc.record({ ttl_seconds: fc.constant(1), key: text }),
            redact: fc.array(text, { maxLength: 2 }),
            assert: fc.array(fc.record({ that: text }), { minLength: 1, maxLength: 1 }),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ name, kind, more }) => ({ name, ...Object(kind), ...more })),
  };
}).step;

test('never throws on steps of any kind in any place', () => {
  let checked = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 3 }), (list) => {
      const result = ConnectorDefinition.safeParse({ steps: list });
      fc.pre(result.success);
      checked += 1;
      for (const { pointer } of checkDefinition(result.data).errors)
        expect(pointer).toMatch(/^\/steps\/\d+(?:\/|$)/);
    }),
    { numRuns: 500 },
  );
  expect(checked).toBeGreaterThan(200);
}, 60_000);

test('never throws on a definition that its schema lets through, and points into it', () => {
  let checked = 0;
  fc.assert(
    fc.property(definitions, (definition) => {
      const result = ConnectorDefinition.safeParse(definition);
      fc.pre(result.success);
      checked += 1;
      const { errors } = checkDefinition(result.data);
      expect(errors.length).toBeLessThanOrEqual(MAX_FIELD_ERRORS);
      for (const { pointer, detail } of errors) {
        expect(pointer).toMatch(/^\/(?:input_schema|steps|output|contact_mapping)(?:\/|$)/);
        expect(detail).not.toBe('');
      }
    }),
    { numRuns: 1_000 },
  );
  expect(checked).toBeGreaterThan(500);
}, 60_000);
