/**
 * The process in which tasks run: forked by the runtime, it imports the task files once and then executes
 * one run at a time, speaking Trigger.dev's own worker messages over IPC.
 *
 * The compile cache has to be on before anything large is loaded, hence the import below: it takes a third
 * off the start of a child.
 */
import { enableCompileCache } from 'node:module';

const cacheDir = process.argv[3];
if (cacheDir) enableCompileCache(cacheDir);

await import('./child/main.ts');
