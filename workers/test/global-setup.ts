import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { generateSigningKey } from '../../scripts/stack/secrets.ts';
import { startSupabase } from '../../scripts/stack/supabase/start.ts';
import { publicKeyOf } from '../../scripts/stack/supabase/trusted-keys.ts';
import { copyReferenceAssets } from '../../scripts/stack/worker/assets.ts';

declare module 'vitest' {
  interface ProvidedContext {
    supabaseUrl: string;
    supabaseKey: string;
    supabaseSecretKey: string;
    triggerUrl: string;
    triggerKey: string;
    encryptionKeys: string;
    signingKey: string;
    controlUrl: string;
    /** Proofs at their full size. */
    long: boolean;
  }
}

/** What the fake Trigger API was asked, oldest first. */
interface Received {
  path: string;
  headers: Record<string, unknown>;
  body: unknown;
}

/**
 * Starts, on loopback, what the Worker needs: the embedded Supabase, a fake of the one Trigger.dev call, and a control
 * server by which tests in workerd read the database and the round-trip counter, which live in this process.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const signingKey = generateSigningKey();
  copyReferenceAssets();
  const migrationsDir = join(import.meta.dirname, '../../supabase/migrations');
  const supabase = await startSupabase({
    dataDir: 'memory',
    port: 0,
    migrationsDir,
    trustedKeys: [publicKeyOf(signingKey)],
  });
  const triggerKey = `tr_test_${randomUUID()}`;

  const received: Received[] = [];
  const trigger = createServer((request, response) => {
    void read(request).then((body) => {
      if (request.headers.authorization !== `Bearer ${triggerKey}`) return answer(response, 401, {});
      if (request.method === 'GET') return answer(response, 200, { data: [], pagination: {} });
      received.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, 200, { id: `run_${received.length}`, isCached: false });
    });
  });

  const control = createServer((request, response) => {
    void read(request)
      .then(async (body) => {
        if (request.url === '/sql') {
          const { sql, parameters } = Object(body);
          return answer(response, 200, await supabase.exec(sql, parameters));
        }
        if (request.url === '/requests') return answer(response, 200, supabase.stats.requests());
        if (request.url === '/triggered') return answer(response, 200, received);
        return answer(response, 404, {});
      })
      .catch((error: unknown) => answer(response, 500, { message: String(error) }));
  });

  project.provide('long', process.env.PATCHBAY_TEST_LONG === '1');
  project.provide('supabaseUrl', supabase.url);
  project.provide('supabaseKey', supabase.publishableKey);
  project.provide('supabaseSecretKey', supabase.secretKey);
  project.provide('triggerUrl', await listen(trigger));
  project.provide('triggerKey', triggerKey);
  project.provide('encryptionKeys', `test:${randomBytes(32).toString('base64')}`);
  project.provide('signingKey', JSON.stringify(signingKey));
  project.provide('controlUrl', await listen(control));

  return async () => {
    await Promise.all([close(trigger), close(control)]);
    await supabase.close();
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? null : JSON.parse(text);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no TCP port'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
