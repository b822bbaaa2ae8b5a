import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BodyBuffer } from './body-buffer.ts';

it('gives back what was added, in order, however it was cut', () => {
  const chunk = fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 50 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 65_000, max: 200_000 }).map((size) => new Uint8Array(size).fill(7)),
    },
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const buffer = new BodyBuffer();
      for (const part of chunks) buffer.add(part);
      const whole = Buffer.concat(chunks);
      expect(buffer.length).toBe(whole.length);
      expect(Buffer.compare(buffer.take(), whole)).toBe(0);
      expect(buffer.length).toBe(0);
    }),
    { numRuns: 200, seed: 20260401 },
  );
});

it('keeps a copy: a chunk may be used again by whoever made it', () => {
  const buffer = new BodyBuffer();
  const chunk = Buffer.from('first');
  buffer.add(chunk);
  chunk.fill('x');
  expect(Buffer.from(buffer.take()).toString()).toBe('first');
});

it('holds nothing once cleared', () => {
  const buffer = new BodyBuffer();
  buffer.add(Buffer.alloc(200_000));
  buffer.clear();
  buffer.add(Buffer.from('next'));
  expect(Buffer.from(buffer.take()).toString()).toBe('next');
});
