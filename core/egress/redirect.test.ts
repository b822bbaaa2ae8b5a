import { describe, expect, it } from 'vitest';
import type { HeaderPair } from './port.ts';
import { followRedirect, type Hop, redirectLocation } from './redirect.ts';

const HEADERS: HeaderPair[] = [
  ['authorization', 'Bearer t'],
  ['cookie', 'a=1'],
  ['x-api-key', 'k'],
  ['content-type', 'text/plain'],
  ['accept', '*/*'],
];
const CREDENTIALS = { credentialHeaders: ['x-api-key'], credentialQuery: ['access_key'] };

const hop = (method: string): Hop => ({
  method,
  url: new URL('https://api.example.com/a/b?access_key=k'),
  headers: HEADERS,
  body: method === 'GET' || method === 'HEAD' ? null : 'body',
});
const names = (next: Hop | null) => next?.headers.map(([name]) => name);

describe('redirectLocation', () => {
  it.each([301, 302, 303, 307, 308])('reads Location of a %i', (status) => {
    expect(redirectLocation(status, [['location', '/x']])).toBe('/x');
    expect(redirectLocation(status, [])).toBeNull();
  });

  it.each([200, 201, 204, 300, 304, 305, 306, 400])('ignores Location of a %i', (status) => {
    expect(redirectLocation(status, [['location', '/x']])).toBeNull();
  });
});

describe('followRedirect', () => {
  // RFC 9110 section 15.4
  it.each([
    [301, 'GET', 'GET'],
    [301, 'HEAD', 'HEAD'],
    [301, 'POST', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'POST', 'GET'],
    [302, 'DELETE', 'DELETE'],
    [303, 'GET', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'DELETE', 'GET'],
    [307, 'POST', 'POST'],
    [307, 'PATCH', 'PATCH'],
    [308, 'POST', 'POST'],
  ])('after %i turns %s into %s', (status, before, after) => {
    const next = followRedirect(hop(before), status, '/x', CREDENTIALS);
    expect(next?.method).toBe(after);
    const rewritten = before !== after;
    expect(next?.body).toBe(rewritten ? null : hop(before).body);
    expect(names(next)?.includes('content-type')).toBe(!rewritten);
  });

  it('keeps credentials within the origin', () => {
    const next = followRedirect(hop('GET'), 302, '../c?access_key=k', CREDENTIALS);
    expect(next?.url.href).toBe('https://api.example.com/c?access_key=k');
    expect(names(next)).toEqual(HEADERS.map(([name]) => name));
  });

  it.each([
    'https://other.example.com/',
    'https://evil.com/',
    '//evil.com/',
    'http://api.example.com/',
    'https://api.example.com:8443/',
    'https://api.example.com./',
  ])('drops credentials on the way to %s', (location) => {
    expect(names(followRedirect(hop('GET'), 307, location, CREDENTIALS))).toEqual(['content-type', 'accept']);
  });

  it('drops credential parameters that another origin would receive, and leaves the rest of the query', () => {
    const next = followRedirect(
      hop('GET'),
      302,
      'https://evil.com/?access_key=k&b=2&access_key=k',
      CREDENTIALS,
    );
    expect(next?.url.href).toBe('https://evil.com/?b=2');
    const signed = followRedirect(hop('GET'), 302, 'https://cdn.example.com/?b=%2f+%20', CREDENTIALS);
    expect(signed?.url.href).toBe('https://cdn.example.com/?b=%2f+%20');
  });

  it.each(['http://', 'http://[::1', 'https://a b/'])('gives null for the Location %j', (location) => {
    expect(followRedirect(hop('GET'), 302, location, CREDENTIALS)).toBeNull();
  });
});
