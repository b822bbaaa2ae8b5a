/** The parts of workerd's test modules that these tests use; the full types would clash with Node's globals. */
declare module 'cloudflare:workers' {
  export const env: {
    SUPABASE_URL: string;
    SUPABASE_PUBLISHABLE_KEY: string;
    TRIGGER_API_URL: string;
    TRIGGER_SECRET_KEY: string;
    PATCHBAY_ENCRYPTION_KEYS: string;
    PATCHBAY_SIGNING_KEY: string;
    PATCHBAY_RATE_LIMIT: string;
    PATCHBAY_ALLOWED_ORIGINS: string;
    TEST_CONTROL_URL: string;
    TEST_SECRET_KEY: string;
  };
  export const exports: { default: { fetch: typeof fetch } };
}
