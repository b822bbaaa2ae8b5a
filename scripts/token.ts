/** `npm run token`: an access token of the demo user of the running stack, for curl. */
import { join } from 'node:path';
import { signIn } from './demo/users.ts';
import { readStackFile } from './stack/stack-file.ts';

const stack = readStackFile(process.env.PATCHBAY_DATA_DIR ?? join(import.meta.dirname, '../.patchbay'));
console.log(await signIn(stack, stack.demoLogin));
