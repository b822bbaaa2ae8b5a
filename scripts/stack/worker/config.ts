import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSETS_FOLDER } from './assets.ts';

const WRANGLER_CONFIG = join(import.meta.dirname, '../../../wrangler.toml');

/**
 * workerd's configuration for the bundle beside it: https://github.com/cloudflare/workerd/blob/main/src/workerd/server/workerd.capnp
 *
 * Bindings are named here and read from workerd's environment, so that no secret is written down.
 */
export function workerdConfig(port: number, bindings: readonly string[]): string {
  const date = /^compatibility_date\s*=\s*"([\d-]+)"/m.exec(readFileSync(WRANGLER_CONFIG, 'utf8'))?.[1];
  if (!date) throw new Error('wrangler.toml names no compatibility_date');
  const texts = bindings.map((name) => `(name = "${name}", fromEnvironment = "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "api", worker = .api),
    (name = "assets", disk = (path = "${ASSETS_FOLDER}")),
    (name = "network", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "api")],
);
const api :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "${date}",
  bindings = [${texts.join(', ')}, (name = "ASSETS", service = "assets")],
  globalOutbound = "network",
);
`;
}
