import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StepRetry } from '../../connector/schema.ts';
import { ErrorClass } from '../schema.ts';
import { DEFAULT_RETRY, nextRetryMs, withPolicy } from './retry-policy.ts';
import { circuitOpenFailure, rateLimitedFailure, type StepFailure, statusFailure } from './step-failure.ts';

const failure = (changes: Partial<StepFailure> = {}): StepFailure => ({
  ...{ class: 'upstream', code: 'http_503', message: 'x', transient: true, mayHaveActed: true },
  ...changes,
});
const policy = (changes: object = {}) => StepRetry.parse(changes);
const half = () => 0.5;
const at = (changes: object = {}) => ({
  ...{ failure: failure(), repeatable: true, failures: 1, elapsedMs: 0 },
  ...changes,
});

test('a step that says nothing has three attempts', () => {
  expect(DEFAULT_RETRY).toEqual({ max_attempts: 3, base_ms: 500, max_ms: 30_000, max_elapsed_ms: 300_000 });
});

describe('the next attempt', () => {
  test('comes after a jittered wait that doubles', () => {
    expect([1, 2].map((failures) => nextRetryMs(DEFAULT_RETRY, at({ failures }), half))).toEqual([250, 500]);
  });

  test.each([
    ['the failure is for good', at({ failure: failure({ transient: false }) })],
    ['the request may have acted and must not be repeated', at({ repeatable: false })],
    ['there were as many as there may be', at({ failures: 3 })],
    ['the time would be over', at({ elapsedMs: 299_751 })],
    ['the service asks for more time than there is', at({ failure: failure({ retryAfterMs: 300_001 }) })],
  ])('does not come when %s', (_, attempt) => {
    expect(nextRetryMs(DEFAULT_RETRY, attempt, half)).toBeUndefined();
  });

  test('comes for a request that must not be repeated if it certainly did nothing', () => {
    const unsent = at({ repeatable: false, failure: failure({ mayHaveActed: false }) });
    expect(nextRetryMs(DEFAULT_RETRY, unsent, half)).toBe(250);
  });

  test('comes no sooner than the service asked, and no sooner than backoff would have it', () => {
    const asked = (retryAfterMs: number) =>
      nextRetryMs(DEFAULT_RETRY, at({ failure: failure({ retryAfterMs }) }), half);
    expect([asked(10_000), asked(100), asked(0)]).toEqual([10_000, 250, 250]);
  });

  test('may end exactly when the time does', () => {
    expect(nextRetryMs(DEFAULT_RETRY, at({ elapsedMs: 299_750 }), half)).toBe(250);
  });

  test('whatever the policy, attempts and time stay within it', () => {
    const retry = fc.record({
      max_attempts: fc.integer({ min: 1, max: 10 }),
      base_ms: fc.nat(60_000),
      max_ms: fc.nat(120_000),
      max_elapsed_ms: fc.integer({ min: 1, max: 86_400_000 }),
    });
    const waits = fc.array(fc.nat(600_000), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(retry, waits, fc.double({ min: 0, max: 0.999, noNaN: true }), (chosen, asked, random) => {
        let elapsedMs = 0;
        let failures = 1;
        for (const retryAfterMs of asked) {
          const attempt = at({ failures, elapsedMs, failure: failure({ retryAfterMs }) });
          const wait = nextRetryMs(policy(chosen), attempt, () => random);
          if (wait === undefined) return;
          expect(wait).toBeGreaterThanOrEqual(retryAfterMs);
          elapsedMs += wait;
          failures += 1;
          expect(elapsedMs).toBeLessThanOrEqual(chosen.max_elapsed_ms);
          expect(failures).toBeLessThanOrEqual(chosen.max_attempts);
        }
        throw new Error('never ended');
      }),
    );
  });
});

describe('the author’s policy', () => {
  const of = (status: number) => statusFailure(status, undefined) ?? failure();
  const decided = (
    on: object,
    status: number | null,
    changes: { matches?: boolean; of?: StepFailure } = {},
  ) =>
    withPolicy(changes.of ?? of(status ?? 500), policy({ on }), { status, matches: changes.matches ?? false })
      .transient;

  test.each<[object, number, boolean]>([
    [{ statuses: [409] }, 409, true],
    [{ statuses: [409] }, 503, false],
    [{ statuses: ['5xx'] }, 500, true],
    [{ statuses: ['5xx'] }, 501, true],
    [{ statuses: ['5xx'] }, 429, false],
    [{ statuses: ['4xx', 503] }, 404, true],
    [{ classes: ['rate_limit'] }, 429, true],
    [{ classes: ['rate_limit'] }, 500, false],
    [{ classes: ['authentication'], statuses: [404] }, 401, true],
    [{}, 503, false],
  ])('%j: %d is retried: %s', (on, status, transient) => {
    expect(decided(on, status)).toBe(transient);
  });

  test('decides for failures without an answer too', () => {
    const network = failure({ class: 'network', code: 'connect_refused' });
    expect(decided({ statuses: ['5xx'] }, null, { of: network })).toBe(false);
    expect(decided({ classes: ['network'] }, null, { of: network })).toBe(true);
  });

  test('retries an answer of which its predicate holds', () => {
    const ok = failure({ code: 'not_successful', transient: false });
    expect(decided({ when: 'body.busy' }, 200, { of: ok, matches: true })).toBe(true);
    expect(decided({ when: 'body.busy' }, 200, { of: ok })).toBe(false);
  });

  test.each(['egress_blocked', 'template', 'validation', 'cancelled'] as const)(
    'never retries %s, even if it is named',
    (name) => {
      const on = { classes: [name], statuses: [500] };
      expect(decided(on, 500, { of: failure({ class: name }), matches: true })).toBe(false);
    },
  );

  test('can name every other class', () => {
    for (const name of ErrorClass.options) {
      if (['egress_blocked', 'template', 'validation', 'cancelled'].includes(name)) continue;
      expect(decided({ classes: [name] }, null, { of: failure({ class: name, transient: false }) })).toBe(
        true,
      );
    }
  });

  test('has no say in calls that were held back', () => {
    for (const held of [circuitOpenFailure(1_000), rateLimitedFailure(1_000)]) {
      expect(withPolicy(held, policy({ on: { statuses: [503] } }), { status: null, matches: false })).toBe(
        held,
      );
      expect(held).toMatchObject({ transient: true, mayHaveActed: false, retryAfterMs: 1_000 });
    }
  });

  test('without `on` leaves the failure as it is', () => {
    const it = of(503);
    expect(withPolicy(it, policy(), { status: 503, matches: true })).toBe(it);
  });
});
