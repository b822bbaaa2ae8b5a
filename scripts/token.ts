/** `npm run token`: an access token of the running stack's demo user, for curl; `-- --admin` for its SaaS admin. */
import { join } from 'node:path';
import { signIn } from './demo/users.ts';
import { readStackFile } from './stack/stack-file.ts';

const stack = readStackFile(process.env.PATCHBAY_DATA_DIR ?? join(import.meta.dirname, '../.patchbay'));
console.log(await signIn(stack, process.argv.includes('--admin') ? stack.adminLogin : stack.demoLogin));
