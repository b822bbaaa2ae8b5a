/**
 * Writes `workers/assets/openapi.json`, the OpenAPI document that the Worker serves, from the routes' metadata in
 * workers/api/openapi/operations. A test fails when the two disagree.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildDocument } from '../../workers/api/openapi/document.ts';
import { OPERATIONS } from '../../workers/api/openapi/operations/index.ts';

const FILE = fileURLToPath(new URL('../../workers/assets/openapi.json', import.meta.url));

await writeFile(FILE, `${JSON.stringify(buildDocument(OPERATIONS), null, 2)}\n`);
