/** `npm run e2e:single-step -- --url <api> --token <jwt>`: one step, against the running local stack or any deployment. */
import { publicRepository, validatePhone } from '../demo/connectors.ts';
import { main } from './support/run-example.ts';

await main('Single-step connector', (upstream) =>
  upstream === undefined ? publicRepository() : validatePhone(upstream),
);
