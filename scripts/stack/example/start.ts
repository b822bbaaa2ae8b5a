import { createAdaptorServer } from '@hono/node-server';
import { exampleApp } from './app.ts';

const LATENCY_MS = 40;

export interface ExampleApi {
  url: string;
  stop(): Promise<void>;
}

/** Serves the example API on 127.0.0.1. */
export async function startExampleApi(options: { port: number; latencyMs?: number }): Promise<ExampleApi> {
  const server = createAdaptorServer({
    fetch: exampleApp({ latencyMs: options.latencyMs ?? LATENCY_MS }).fetch,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the example API has no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
