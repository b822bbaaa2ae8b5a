import { expect, it } from 'vitest';
import { preferredWait } from './prefer.ts';

it.each([
  ['wait=10', 10],
  ['wait = 10', 10],
  ['WAIT=10', 10],
  ['wait="10"', 10],
  ['wait=0', 0],
  ['wait=31', 30],
  ['wait=999999999', 30],
  ['respond-async, wait=5', 5],
  ['wait=5; foo=bar, respond-async', 5],
  ['wait=5, wait=9', 5],
])('reads %s', (header, seconds) => expect(preferredWait(header)).toBe(seconds));

it.each([
  undefined,
  '',
  'respond-async',
  'wait',
  'wait=',
  'wait=-1',
  'wait=1.5',
  'wait=ten',
  'wait="10',
  'await=10',
  'wait=99999999999999999999',
  'x="wait=5"',
])('ignores %s', (header) => expect(preferredWait(header)).toBeNull());
