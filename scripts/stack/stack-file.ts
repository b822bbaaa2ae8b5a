import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const Login = z.object({ email: z.string(), password: z.string() });

/** What other commands need to reach the running stack. Holds secrets: readable by their owner only. */
export const StackFile = z.object({
  url: z.url(),
  supabaseUrl: z.url(),
  publishableKey: z.string(),
  secretKey: z.string(),
  triggerUrl: z.url(),
  triggerSecretKey: z.string(),
  exampleUrl: z.url(),
  demoLogin: Login,
  adminLogin: Login,
});
export type StackFile = z.infer<typeof StackFile>;

const path = (dataDir: string) => join(dataDir, 'stack.json');

export function writeStackFile(dataDir: string, found: StackFile): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path(dataDir), `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
}

/** Throws when no stack has been started with this data. */
export function readStackFile(dataDir: string): StackFile {
  return StackFile.parse(JSON.parse(readFileSync(path(dataDir), 'utf8')));
}
