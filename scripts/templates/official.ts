import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { TemplateFile } from './schema.ts';

const FOLDER = join(import.meta.dirname, 'official');

/** All official templates, by slug. Throws an error that names the file when one cannot be read. */
export function officialTemplates(folder = FOLDER): TemplateFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readTemplate(folder, name));
}

function readTemplate(folder: string, name: string): TemplateFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const parsed = TemplateFile.safeParse(content);
  if (!parsed.success) throw new Error(`${name} is not a template:\n${z.prettifyError(parsed.error)}`);
  if (`${parsed.data.slug}.json` !== name) throw new Error(`${name} holds the slug ${parsed.data.slug}`);
  return parsed.data;
}
