import { describe, expect, test } from 'vitest';
import { Problem } from '../problem/problem.ts';
import { requireBaseUrl } from './base-url.ts';

const HOSTS = ['api.example.com', '*.tenant.example', 'port.example:8443', '[2606:4700::1111]'];

describe('the base URL of a credential', () => {
  test.each([
    ['https://api.example.com', 'https://api.example.com'],
    ['https://api.example.com/', 'https://api.example.com'],
    ['HTTPS://API.Example.com/v1//', 'https://api.example.com/v1'],
    ['http://api.example.com:8080/v1', 'http://api.example.com:8080/v1'],
    ['https://eu.tenant.example/a b', null],
    ['https://eu.tenant.example/a%20b', 'https://eu.tenant.example/a%20b'],
    ['https://port.example:8443/x', 'https://port.example:8443/x'],
    ['https://[2606:4700::1111]/x', 'https://[2606:4700::1111]/x'],
    ['https://port.example/x', null],
    ['https://tenant.example', null],
    ['https://evil.example', null],
    ['https://api.example.com.evil.example', null],
    ['https://api.example.com@evil.example', null],
    ['https://user:pass@api.example.com', null],
    ['https://@api.example.com', null],
    ['https://api.example.com?', null],
    ['https://api.example.com/?a=1', null],
    ['https://api.example.com/#', null],
    ['https:/api.example.com', null],
    ['https:api.example.com', null],
    ['https:\\\\api.example.com', null],
    ['https://api.example.com\\x', null],
    ['https:///api.example.com', null],
    [' https://api.example.com', null],
    ['https://api.exa\nmple.com', null],
    ['ftp://api.example.com', null],
    ['file:///etc/passwd', null],
    ['javascript:alert(1)', null],
    ['api.example.com', null],
    ['/v1', null],
    ['', null],
    ['https://{{input.host}}/', null],
    ['https://api.example.com/{{input.x}}', null],
  ])('%j is stored as %j', (text, expected) => {
    const store = () => requireBaseUrl(text, HOSTS);
    if (expected !== null) return expect(store()).toBe(expected);
    expect(store).toThrow(Problem);
    return expect(store).toThrow('validation_failed');
  });
});
