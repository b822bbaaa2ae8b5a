import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  CALLER_PERIOD_SECONDS,
  FAILURE_PERIOD_SECONDS,
  FAILURES_PER_PERIOD,
} from '../../workers/api/limits/limits.ts';

const WRANGLER = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8');

function bindingOf(name: string): unknown {
  const rule = new RegExp(`name = "${name}"\\n.*\\nsimple = \\{ limit = (\\d+), period = (\\d+) \\}`);
  const [, limit, period] = rule.exec(WRANGLER) ?? [];
  return { limit: Number(limit), period: Number(period) };
}

it('binds the limits that the Worker tells its callers', () => {
  const [, quota] = /^PATCHBAY_RATE_LIMIT = "(\d+)"/m.exec(WRANGLER) ?? [];
  expect(bindingOf('CALLER_RATE_LIMIT')).toEqual({ limit: Number(quota), period: CALLER_PERIOD_SECONDS });
  expect(bindingOf('FAILURE_RATE_LIMIT')).toEqual({
    limit: FAILURES_PER_PERIOD,
    period: FAILURE_PERIOD_SECONDS,
  });
});
