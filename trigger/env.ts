import * as z from 'zod';

/** What the tasks read from their environment. */
const TaskEnv = z.object({
  /** The project's API, e.g. `https://<ref>.supabase.co`. */
  SUPABASE_URL: z.url(),
  /** A secret key: it passes row level security, and stays in the tasks. */
  SUPABASE_SECRET_KEY: z.string().min(1),
  /** Key ring, newest first: `id:base64,...`. */
  PATCHBAY_ENCRYPTION_KEYS: z.string().min(1),
  /** Development only: `true` lets steps call this machine. */
  PATCHBAY_ALLOW_LOOPBACK: z.enum(['true', 'false']).default('false'),
  /** Ports that steps may call besides 80 and 443, comma separated. */
  PATCHBAY_EGRESS_PORTS: z
    .string()
    .regex(/^(\d{1,5}(,\d{1,5})*)?$/, 'ports, comma separated')
    .default('')
    .transform((text) => (text === '' ? [] : text.split(',').map(Number))),
});
export type TaskEnv = z.infer<typeof TaskEnv>;

/** Reads the settings, or says which variable is missing or wrong. Never says what its value was. */
export function readTaskEnv(env: Readonly<Record<string, string | undefined>>): TaskEnv {
  const parsed = TaskEnv.safeParse(env);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path[0]?.toString() ?? ''}: ${issue.message}`);
  throw new Error(`The tasks cannot start. ${wrong.join('; ')}`);
}
