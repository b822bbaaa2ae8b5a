import { afterAll, beforeAll } from 'vitest';
import type { JsonObject } from '../../../core/json/json.ts';
import { officialTemplates } from '../official.ts';
import type { TemplateFile } from '../schema.ts';
import { PROVIDERS, SECRETS } from './providers/index.ts';
import { runTemplate, type Secrets, type TemplateRun } from './run-template.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

export const TEMPLATES = officialTemplates();

export function officialTemplate(slug: string): TemplateFile {
  const found = TEMPLATES.find((candidate) => candidate.slug === slug);
  if (!found) throw new Error(`no template ${slug}`);
  return found;
}

export interface OfficialRuns {
  readonly standIn: StandIn;
  /** Runs a template with its example's input, changed as told; null takes a field out. */
  run(slug: string, changes?: JsonObject, secrets?: Secrets): Promise<TemplateRun>;
  runFile(file: TemplateFile): Promise<TemplateRun>;
  lastBody(): string;
}

/** Stand-ins for all providers, for the tests of one file. */
export function officialRuns(): OfficialRuns {
  let started: StandIn | undefined;
  beforeAll(async () => {
    started = await startStandIn(PROVIDERS);
  });
  afterAll(() => started?.close());
  const standIn = () => {
    if (!started) throw new Error('the stand-ins have not started');
    return started;
  };
  return {
    get standIn() {
      return standIn();
    },
    run(slug, changes = {}, secrets = SECRETS) {
      const file = officialTemplate(slug);
      const input = { ...file.example.input, ...changes };
      for (const [name, value] of Object.entries(changes)) if (value === null) delete input[name];
      return runTemplate(file, { input, secrets, port: standIn().port });
    },
    runFile: (file) =>
      runTemplate(file, { input: file.example.input, secrets: SECRETS, port: standIn().port }),
    lastBody: () => standIn().seen.at(-1)?.body ?? '',
  };
}
