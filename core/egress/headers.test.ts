import { describe, expect, it } from 'vitest';
import { checkHeaders, isAllowedMethod } from './headers.ts';
import type { HeaderPair } from './port.ts';

describe('checkHeaders', () => {
  it('lower-cases names and keeps values, order and repetition', () => {
    const headers: HeaderPair[] = [
      ['X-B', ' 1 '],
      ['Accept', 'text/plain; q="é"'],
      ['x-b', ''],
    ];
    const expected = { ok: true, headers: headers.map(([name, value]) => [name.toLowerCase(), value]) };
    expect(checkHeaders(headers)).toEqual(expected);
  });

  it.each([
    'Host',
    'HOST',
    'Connection',
    'Keep-Alive',
    'Content-Length',
    'Transfer-Encoding',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Proxy-Authorization',
    'Proxy-Connection',
  ])('drops %s', (name) => {
    expect(checkHeaders([[name, 'x']])).toEqual({ ok: true, headers: [] });
  });

  it.each(['', ' ', 'a b', 'a:b', 'a\r\nb', 'a\0', 'ä', 'a,b', 'a(b)', 'Host '])(
    'refuses the name %j',
    (name) => {
      expect(checkHeaders([[name, 'x']]).ok).toBe(false);
    },
  );

  it.each(['a\r\nX-Evil: 1', 'a\nb', 'a\rb', 'a\0b', '\u007f', '\u0001', '€', '日本'])(
    'refuses the value %j',
    (value) => {
      expect(checkHeaders([['x-a', value]])).toMatchObject({ ok: false });
    },
  );

  it('does not repeat a refused value, which may be a credential', () => {
    const checked = checkHeaders([['authorization', 'Bearer s3cret\r\n']]);
    expect(JSON.stringify(checked)).not.toContain('s3cret');
  });

  it('refuses more headers than any service asks for', () => {
    expect(checkHeaders(Array.from({ length: 101 }, (_, i) => [`x-${i}`, ''] as const)).ok).toBe(false);
  });
});

describe('isAllowedMethod', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY', 'PROPFIND'])(
    'allows %s',
    (method) => {
      expect(isAllowedMethod(method)).toBe(true);
    },
  );

  it.each(['CONNECT', 'connect', 'TRACE', 'TRACK', '', 'GET /', 'GET\r\n', 'GE T'])(
    'refuses %j',
    (method) => {
      expect(isAllowedMethod(method)).toBe(false);
    },
  );
});
