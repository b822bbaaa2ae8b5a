import { describe, expect, it } from 'vitest';
import { recoveryOf } from './recovery.ts';
import type { ExecutionError } from './schema.ts';
import { withRecovery } from './with-recovery.ts';

describe('an error that is shown', () => {
  it('says what is to be done about it, and keeps the rest', () => {
    const error: ExecutionError = { class: 'authentication', code: 'http_401', message: 'm', step: 'a' };
    const shown = withRecovery({ id: 1, error });
    expect(shown).toEqual({ id: 1, error: { ...error, recovery: recoveryOf(error) } });
    expect(shown.error?.recovery?.action).toBe('renew_credential');
    expect(error).not.toHaveProperty('recovery');
  });

  it('is not made up where there is none', () => {
    expect(withRecovery({ error: null })).toEqual({ error: null });
  });
});
