import type { ApiKeyResolver } from '@supabase/lite';
import type { Caller } from './credentials.ts';

/**
 * How the front tells lite whom it has checked: each request gets a random key of its own, good until it is answered,
 * which lite resolves here to role and claims. lite itself then checks no token of the outside and knows no API key.
 */
export interface Passes {
  resolver: ApiKeyResolver;
  during<T>(caller: Caller, work: (pass: string) => Promise<T>): Promise<T>;
}

export function createPasses(): Passes {
  const current = new Map<string, Caller>();
  return {
    resolver: async (pass) => {
      const caller = current.get(pass);
      if (!caller) return null;
      const role = caller.key === 'secret' ? 'service_role' : 'anon';
      return { type: caller.key, claims: caller.user ?? { role } };
    },
    during: async (caller, work) => {
      const pass = crypto.randomUUID();
      current.set(pass, caller);
      try {
        return await work(pass);
      } finally {
        current.delete(pass);
      }
    },
  };
}
