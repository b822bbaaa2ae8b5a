import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEvaluator, type ExpressionContext, type Place, TemplateError } from './index.ts';

const evaluator = createEvaluator();
const text = fc.string({ unit: 'binary' });
const hostile = fc.oneof(
  text,
  fc.string({
    unit: fc.constantFrom(
      '/',
      '?',
      '#',
      '&',
      '=',
      '%',
      '.',
      '2e',
      '\\',
      '\r',
      '\n',
      '\0',
      '<',
      '>',
      '"',
      "'",
      '{{',
      '}}',
      ';',
      ' ',
      '+',
      'é',
      '\u{1f600}',
      '\ud800',
    ),
  }),
);

/** The rendered text, or undefined where the value was refused. */
async function rendered(
  source: string,
  place: Place,
  context: ExpressionContext,
): Promise<string | undefined> {
  try {
    return String(await evaluator.template(source, place)(context));
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
    expect(error).toMatchObject({ code: 'template_value' });
    return undefined;
  }
}

test('a value in a path stays one segment and reads back as itself', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (v, w) => {
      const path = await rendered('/a/{{v}}/b{{w}}/c', 'path', { v, w });
      if (path === undefined) return;
      const url = new URL(`https://host.example${path}?q#f`);
      expect(url.host).toBe('host.example');
      expect(url.search + url.hash).toBe('?q'.concat('#f'));
      const segments = url.pathname.split('/');
      expect(segments).toHaveLength(5);
      expect(decodeURIComponent(segments[2] ?? '')).toBe(v);
      expect(decodeURIComponent(segments[3] ?? '')).toBe(`b${w}`);
    }),
    { numRuns: 500 },
  );
});

test('a value in a query stays one value and reads back as itself', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (v) => {
      const query = await rendered('a=1&b={{v}}&c=3', 'query', { v });
      if (query === undefined) return;
      const url = new URL(`https://host.example/?${query}#f`);
      expect([...url.searchParams]).toEqual([
        ['a', '1'],
        ['b', v],
        ['c', '3'],
      ]);
      expect(url.hash).toBe('#f');
    }),
    { numRuns: 500 },
  );
});

test('a value in a header stays one line of latin-1', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (v) => {
      const header = await rendered('x {{v}}', 'header', { v });
      const allowed = [...v].every(
        (char) => char === '\t' || (char >= ' ' && char <= '\xff' && !(char >= '\x7f' && char < '\x80')),
      );
      expect(header).toBe(allowed ? `x ${v}` : undefined);
      if (header !== undefined) expect(() => new Headers({ x: header })).not.toThrow();
    }),
    { numRuns: 500 },
  );
});

test('a value in XML opens no tag, ends no attribute, starts no entity, and reads back as itself', async () => {
  const entities: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&apos;': "'",
    '&#13;': '\r',
  };
  await fc.assert(
    fc.asyncProperty(hostile, async (v) => {
      const xml = await rendered('<a b="{{v}}">{{v}}</a>', 'xml', { v });
      if (xml === undefined) return;
      const inner = xml.slice(
        '<a b="'.length,
        (xml.length - '<a b="">'.length - '</a>'.length) / 2 + '<a b="'.length,
      );
      expect(xml).toBe(`<a b="${inner}">${inner}</a>`);
      expect(inner).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|apos|#13);)/);
      expect(inner.replace(/&[^;]+;/g, (entity) => entities[entity] ?? entity)).toBe(v);
    }),
    { numRuns: 500 },
  );
});

test('a value in JSON stays the value of its string', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, fc.jsonValue(), async (v, data) => {
      const json = await evaluator.value({ a: 'x{{v}}y', b: ['{{data}}'], c: 1 })({ v, data });
      expect(JSON.parse(JSON.stringify(json))).toEqual(
        JSON.parse(JSON.stringify({ a: `x${v}y`, b: [data], c: 1 })),
      );
    }),
    { numRuns: 500 },
  );
});

test('a value is never read as a template', async () => {
  expect(await rendered('{{v}}!', 'text', { v: '{{w}}', w: 'secret' })).toBe('{{w}}!');
});
