import { type Context, Hono } from 'hono';
import { Problem } from '../../../core/problem/problem.ts';
import type { AppEnv } from '../app-env.ts';

/** The files of the reference page and their types; nothing else of the folder is served. */
const FILES: Readonly<Record<string, string>> = {
  'docs.css': 'text/css; charset=utf-8',
  'docs.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The OpenAPI document and its reference page, from the binding ASSETS: the folder workers/assets. */
export const docsRoutes = new Hono<AppEnv>()
  .get('/openapi.json', (c) => serveAsset(c, 'openapi.json', 'application/json'))
  .get('/docs', (c) => serveAsset(c, 'docs.html', 'text/html; charset=utf-8'))
  .get('/docs/:file', (c) => {
    const file = c.req.param('file');
    const type = Object.hasOwn(FILES, file) ? FILES[file] : undefined;
    if (type === undefined) throw new Problem('not_found', 'No route has this path.');
    return serveAsset(c, `docs/${file}`, type);
  });

async function serveAsset(c: Context<AppEnv>, path: string, type: string): Promise<Response> {
  const assets = assetsIn(c.env);
  const found = await assets?.fetch(`http://assets/${path}`);
  if (found?.status !== 200) {
    await found?.body?.cancel();
    throw new Problem('not_found', 'The reference is not part of this deployment.');
  }
  return c.body(found.body ?? '', 200, { 'content-type': type });
}

interface Assets {
  fetch(url: string): Promise<Response>;
}

function assetsIn(bindings: object): Assets | undefined {
  const { ASSETS } = bindings as { ASSETS?: Assets };
  return ASSETS;
}
