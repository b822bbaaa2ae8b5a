import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../json/json.ts';
import { readBody } from './read-response.ts';
import { readXml } from './read-xml.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const answer = (text: string, type: 'auto' | 'xml', status = 200, contentType = 'application/xml') =>
  readBody({ status, headers: [['Content-Type', contentType]], body: utf8(text) }, type);

describe('XML as JSON', () => {
  test.each<[string, string, Json]>([
    ['a leaf is its text', '<a>x</a>', { a: 'x' }],
    ['an empty leaf is an empty text', '<a/>', { a: '' }],
    ['white space in a leaf stays', '<a> x\n</a>', { a: ' x\n' }],
    ['attributes', '<a b="1" c="&lt;2"/>', { a: { '@b': '1', '@c': '<2' } }],
    ['a leaf with attributes', '<a b="1">x</a>', { a: { '@b': '1', '#text': 'x' } }],
    ['children', '<a><b>1</b><c>2</c></a>', { a: { b: '1', c: '2' } }],
    ['repeated siblings are a list', '<a><b>1</b><c/><b>2</b></a>', { a: { b: ['1', '2'], c: '' } }],
    ['white space between elements is left out', '<a>\n  <b>1</b>\n</a>', { a: { b: '1' } }],
    ['text between elements', '<a>x<b>1</b>y</a>', { a: { '#text': 'xy', b: '1' } }],
    ['CDATA is text', '<a><![CDATA[<b>&amp;]]>c</a>', { a: '<b>&amp;c' }],
    [
      'the five entities and references',
      '<a>&lt;&gt;&amp;&quot;&apos;&#228;&#x1F600;</a>',
      { a: '<>&"\'ä\u{1f600}' },
    ],
    ['comments and instructions are left out', '<?x y?><a><!-- <b/> -->1<?p q?></a><!-- -->', { a: '1' }],
    [
      'prefixes stay',
      '<s:a xmlns:s="urn:x"><s:b s:c="1"/></s:a>',
      { 's:a': { '@xmlns:s': 'urn:x', 's:b': { '@s:c': '1' } } },
    ],
    ['a prefix that nobody declared', '<s:a/>', { 's:a': '' }],
    ['a declaration', '<?xml version="1.0" encoding="UTF-8"?><a/>', { a: '' }],
    ['a byte order mark', '\ufeff<a/>', { a: '' }],
    ['a document type is skipped', '<!DOCTYPE a SYSTEM "http://evil.example/x.dtd"><a/>', { a: '' }],
  ])('%s', (_, xml, expected) => {
    expect(readXml(xml)).toEqual({ ok: true, body: expected });
  });

  test.each<[string, string]>([
    ['nothing', ' '],
    ['no XML', 'hello'],
    ['JSON', '{"a":1}'],
    ['an open tag', '<a><b></a>'],
    ['no end', '<a>'],
    ['two roots', '<a/><b/>'],
    ['an attribute given twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['a bare ampersand', '<a>&</a>'],
    ['an unknown entity', '<a>&nbsp;</a>'],
    ['a control character', '<a>\u0001</a>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    [
      'an external entity in an attribute',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "http://evil.example/">]><a b="&x;"/>',
    ],
    [
      'an external parameter entity',
      '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://evil.example/x"> %x;]><a>&y;</a>',
    ],
  ])('%s is refused', (_, xml) => {
    expect(readXml(xml)).toMatchObject({ ok: false, code: 'invalid_xml' });
  });

  test('a billion laughs are refused at once', () => {
    const entities = Array.from(
      { length: 10 },
      (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`,
    );
    const xml = `<!DOCTYPE a [<!ENTITY l0 "lol">${entities.join('')}]><a>&l10;</a>`;
    const start = performance.now();
    expect(readXml(xml)).toMatchObject({ ok: false, code: 'invalid_xml' });
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('depth and number of elements are bounded', { timeout: 30_000 }, () => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(readXml(nested(50))).toMatchObject({ ok: true });
    for (const depth of [51, 500_000])
      expect(readXml(nested(depth))).toMatchObject({ ok: false, code: 'response_too_deep' });
    expect(readXml(`<a>${'<b/>'.repeat(199_999)}</a>`)).toMatchObject({ ok: true });
    expect(readXml(`<a>${'<b/>'.repeat(200_000)}</a>`)).toMatchObject({
      ok: false,
      code: 'response_too_large',
    });
    const attributes = Array.from({ length: 200_000 }, (_, index) => `a${index}=""`).join(' ');
    expect(readXml(`<a ${attributes}/>`)).toMatchObject({ ok: false, code: 'response_too_large' });
  });

  test.each(['__proto__', 'constructor', 'toString'])('names such as %s reach no prototype', (name) => {
    const read = readXml(`<r><${name} ${name}="1"><polluted>1</polluted></${name}></r>`);
    if (!read.ok) throw new Error(read.message);
    const root: unknown = Reflect.get(Object(read.body), 'r');
    expect(Object.getPrototypeOf(root)).toBe(Object.prototype);
    expect(Object.keys(Object(root))).toEqual([name]);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  test('any text and attribute reads back as itself', { timeout: 30_000 }, () => {
    // What XML 1.0 can hold at all (section 2.2), without the line ends that it normalises.
    const text = fc
      .string({ unit: 'binary' })
      .map((raw) => raw.toWellFormed().replace(/[\p{Cc}\ufffe\uffff]/gu, ''));
    const escaped = (raw: string) =>
      raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('>', '&gt;');
    fc.assert(
      fc.property(text, text, (v, w) => {
        expect(readXml(`<a b="${escaped(v)}">x${escaped(w)}</a>`)).toEqual({
          ok: true,
          body: { a: { '@b': v, '#text': `x${w}` } },
        });
      }),
    );
  });
});

describe('an XML answer', () => {
  test('is parsed where the step says so, and text otherwise', () => {
    expect(answer('<a>1</a>', 'xml')).toEqual({ ok: true, body: { a: '1' } });
    expect(answer('<a>1</a>', 'xml', 200, 'text/plain')).toEqual({ ok: true, body: { a: '1' } });
    for (const type of ['application/xml', 'text/xml', 'application/soap+xml'])
      expect(answer('<a>1</a>', 'auto', 200, type)).toEqual({ ok: true, body: '<a>1</a>' });
  });

  test('that is broken fails on success, and is text on an error', () => {
    expect(answer('<a>', 'xml')).toMatchObject({ ok: false, code: 'invalid_xml' });
    expect(answer('Bad gateway', 'xml', 502)).toEqual({ ok: true, body: 'Bad gateway' });
  });

  test('is refused when it is too deep or too large, on an error too', () => {
    const deep = '<a>'.repeat(60) + '</a>'.repeat(60);
    for (const status of [200, 500])
      expect(answer(deep, 'xml', status)).toMatchObject({ ok: false, code: 'response_too_deep' });
  });

  test('is null when it is empty', () => {
    expect(answer('', 'xml')).toEqual({ ok: true, body: null });
  });
});
