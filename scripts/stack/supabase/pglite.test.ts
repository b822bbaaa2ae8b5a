import { describe } from 'vitest';
import { supabaseContract } from './contract.ts';
import { startSupabase } from './start.ts';
import { FIXTURE_MIGRATIONS } from './test-support.ts';

describe('the embedded Supabase over PGlite', () => {
  supabaseContract(() => startSupabase({ dataDir: 'memory', port: 0, migrationsDir: FIXTURE_MIGRATIONS }));
});
