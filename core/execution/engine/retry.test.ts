import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../json/json.ts';
import { bench, get, post } from './testing/bench.ts';
import { type Answer, broken, json, text } from './testing/script-egress.ts';

const retry = { max_attempts: 3, base_ms: 100, max_ms: 1_000 };
const unsent = () => broken('connect_refused', false);
const reset = () => broken('connect_reset', true);
const unavailable = () => json({}, 503);
const bad = () => json({}, 400);

describe('a failed attempt is made again', () => {
  test.each<[string, JsonObject, Answer, number]>([
    ['a read, by default', get('a'), unavailable, 3],
    ['HEAD', get('a', { request: { method: 'HEAD', url: 'https://api.example.com/' } }), unavailable, 3],
    ['OPTIONS', get('a', { request: { method: 'OPTIONS', url: 'https://api.example.com/' } }), reset, 3],
    ['a read whose connection broke', get('a'), reset, 3],
    ['a read as often as its step says', get('a', { retry: { ...retry, max_attempts: 5 } }), unavailable, 5],
    ['a read once when its step says so', get('a', { retry: { ...retry, max_attempts: 1 } }), unavailable, 1],
    ['a write, never by default', post('a'), unavailable, 1],
    ['a write that may have arrived, never by default', post('a'), reset, 1],
    ['a write that cannot have arrived', post('a'), unsent, 3],
    ['a write that the service refused to take', post('a'), () => json({}, 429), 3],
    ['a write whose step asks for retries', post('a', { retry }), unavailable, 3],
    ['a write with one attempt', post('a', { retry: { ...retry, max_attempts: 1 } }), unsent, 1],
    ['a write with an idempotency key', post('a', { idempotency_key: true }), unavailable, 3],
    [
      'PUT and DELETE like POST',
      get('a', { request: { method: 'DELETE', url: 'https://api.example.com/' } }),
      unavailable,
      1,
    ],
    ['a permanent answer, never', get('a', { retry }), bad, 1],
    ['a blocked host, never', get('a', { retry }), () => broken('blocked_address', false), 1],
    ['an answer that is too large, never', get('a', { retry }), () => broken('response_too_large'), 1],
    ['an answer that breaks HTTP', get('a', { retry }), () => broken('invalid_response'), 3],
    ['JSON that is none, never', get('a', { retry }), () => text('{', 'application/json'), 1],
  ])('%s', async (_, step, answer, calls) => {
    const at = await bench({ steps: [step], answer });
    expect(await at.run()).toMatchObject({ status: 'failed' });
    expect(at.egress.requests).toHaveLength(calls);
    expect(at.steps.map(({ attempt, status }) => [attempt, status])).toEqual(
      Array.from({ length: calls }, (_, index) => [index + 1, 'failed']),
    );
    // The last one alone is the step's last word.
    expect(at.steps.map(({ resume_state }) => resume_state !== null)).toEqual(
      Array.from({ length: calls }, (_, index) => index === calls - 1),
    );
  });

  test('a template that fails is not tried again', async () => {
    const at = await bench({
      steps: [get('a', { retry, request: { url: 'https://x.example/{{input.no}}' } })],
    });
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'template', code: 'template_reference', step: 'a' },
    });
    expect(at.egress.requests).toEqual([]);
  });

  test('until it succeeds; then nothing shows but the ledger', async () => {
    const at = await bench({
      steps: [get('a')],
      definition: { output: '{{steps.a.body.call}}' },
      answer: (_request, call) => (call < 3 ? unavailable() : json({ call })),
    });
    expect(await at.run()).toEqual({ outcome: 'ended', status: 'succeeded', error: null });
    expect(at.execution.end?.output).toBe(3);
    expect(at.steps.map(({ status }) => status)).toEqual(['failed', 'failed', 'succeeded']);
  });
});

describe('the wait between attempts', () => {
  const waited = async (headers: [string, string][], random: number, changes: JsonObject = {}) => {
    const times: number[] = [];
    const at = await bench({
      steps: [get('a', { retry: { max_attempts: 2, base_ms: 1_000, max_ms: 8_000 }, ...changes })],
      random: () => random,
      answer: () => {
        times.push(at.time.now());
        return json({}, 429, headers);
      },
    });
    await at.runThroughWaits();
    return times.map((time) => time - (times[0] ?? 0));
  };

  test('is full jitter', async () => {
    expect(await waited([], 0.25)).toEqual([0, 250]);
    expect(await waited([], 0)).toEqual([0, 0]);
  });

  test('is as long as the service asks for, and never shorter than the jitter', async () => {
    expect(await waited([['retry-after', '7']], 0.25)).toEqual([0, 7_000]);
    expect(await waited([['Retry-After', '0']], 0.25)).toEqual([0, 250]);
    expect(await waited([['retry-after', 'Thu, 01 Jan 2026 00:00:30 GMT']], 0)).toEqual([0, 30_000]);
  });

  test('is not begun when the execution would be over before its end: it fails at once, with the real reason', async () => {
    const at = await bench({ steps: [get('a')], answer: () => json({}, 429, [['retry-after', '3600']]) });
    const began = at.time.now();
    expect(await at.run()).toMatchObject({
      status: 'failed',
      error: { class: 'rate_limit', code: 'http_429' },
    });
    expect([at.time.now() - began, at.egress.requests.length]).toEqual([0, 1]);
  });
});

test('each attempt gets the time of its step, and no more than the execution has left', async () => {
  const at = await bench({
    steps: [
      get('a', { timeout_ms: 100_000 }),
      get('b', { timeout_ms: 100_000 }),
      get('c', { timeout_ms: 120_000 }),
    ],
    answer: async (_request, call) => {
      if (call < 3) await at.time.sleep(99_000);
      return json({});
    },
  });
  await at.run();
  expect(at.egress.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([100_000, 100_000, 97_000]);
});
