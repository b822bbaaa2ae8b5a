/** `npm run e2e:multi-step -- --url <api> --token <jwt>`: several steps, against the running local stack or any deployment. */
import { enrichLead, publicWeather } from '../demo/connectors.ts';
import { main } from './support/run-example.ts';

await main('Multi-step connector', (upstream) =>
  upstream === undefined ? publicWeather() : enrichLead(upstream),
);
