import { expect, test } from 'vitest';
import { requireSoundTemplate } from './sound.ts';
import { define } from './testing.ts';

const ID = '01890000-0000-7000-8000-000000000001';
const calls = { name: 'sub', connector: { id: ID } };
const fetches = { name: 'a', request: { url: 'https://api.example.com/' } };

const publish = (...steps: object[]) => requireSoundTemplate(define({ steps }), { allowLoopback: false }, {});

test.each<[where: string, step: object, pointer: string]>([
  ['at the top', calls, '/definition/steps/0/connector/id'],
  ['in a group', { name: 'g', steps: [calls] }, '/definition/steps/0/steps/0/connector/id'],
  [
    'in what handles a failure',
    { ...fetches, on_error: [calls] },
    '/definition/steps/0/on_error/0/connector/id',
  ],
])('refuses a template that calls a connector %s', (_, step, pointer) => {
  expect(() => publish(step)).toThrow(
    expect.objectContaining({ code: 'validation_failed', errors: [expect.objectContaining({ pointer })] }),
  );
});

test('takes one that calls none', () => {
  expect(publish({ ...fetches, request: { ...fetches.request, auth: { credential: 'hub' } } })).toMatchObject(
    {
      credentialServices: ['hub'],
    },
  );
});
