import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the Worker serves as it is: the folder of the binding ASSETS. */
export const ASSETS_FOLDER = join(import.meta.dirname, '../../../workers/assets');

/** Of swagger-ui-dist (Apache-2.0): large, and not ours, so not committed. */
const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];

/** Puts the reference page's library beside the page, so that it needs no other origin. */
export function copyReferenceAssets(): void {
  const source = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const target = join(ASSETS_FOLDER, 'docs');
  mkdirSync(target, { recursive: true });
  for (const file of FILES) copyFileSync(join(source, file), join(target, file));
}
