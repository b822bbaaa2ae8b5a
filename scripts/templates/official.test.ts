import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkDefinition, checkInput } from '../../core/connector/check/index.ts';
import { everyStep } from '../../core/connector/walk.ts';
import { checkHostPattern, hostIsBound } from '../../core/egress/host-binding.ts';
import { templateReferences } from '../../core/expression/parse.ts';
import { JsonObjectValue, JsonValue } from '../../core/json/json.ts';
import { manifestOf } from '../../core/template/manifest.ts';
import { findSecrets } from '../../core/template/secrets.ts';
import { officialTemplates } from './official.ts';
import { marketplaceDescription } from './present.ts';

const Explained = z.looseObject({
  title: z.string(),
  description: z.string(),
  examples: z.array(JsonValue).min(1),
});

const TEMPLATES = officialTemplates();

it('there are at least fourteen', () => {
  expect(TEMPLATES.length).toBeGreaterThanOrEqual(14);
});

describe.each(TEMPLATES.map((template) => ({ slug: template.slug, template })))('$slug', ({ template }) => {
  const { definition, credentials, example } = template;
  const all = [...everyStep(definition.steps)].map(({ step }) => step);
  const requests = all.flatMap(({ request }) => (request ? [request] : []));
  const properties = z.record(z.string(), JsonObjectValue).parse(definition.input_schema?.properties);

  it('is a connector that can run', () => {
    expect(checkDefinition(definition).errors).toEqual([]);
  });

  it('describes exactly the credentials that it uses', () => {
    const described = credentials.map(({ service_name }) => service_name).sort();
    expect(described).toEqual(checkDefinition(definition).credentialServices);
  });

  it('names only fields that its custom credentials have', () => {
    for (const { service_name, fields } of manifestOf(definition).credentials) {
      const guide = credentials.find((credential) => credential.service_name === service_name);
      expect(Object.keys(guide?.fields ?? {})).toEqual(expect.arrayContaining(fields));
    }
  });

  it('sends each credential only to a host that it may go to', () => {
    for (const guide of credentials) {
      for (const pattern of guide.allowed_hosts)
        expect(checkHostPattern(pattern)).toMatchObject({ ok: true, pattern });
      // A wildcard would let whoever starts the connector name a neighbour's host.
      expect(guide.allowed_hosts.filter((pattern) => pattern.includes('*'))).toEqual([]);
    }
    for (const request of requests) {
      const services = new Set([
        ...(request.auth ? [request.auth.credential] : []),
        ...Object.values(request.headers ?? {})
          .flatMap((value) => templateReferences(value))
          .flatMap(({ root, path: [service] }) => (root === 'workspace' && service ? [service] : [])),
      ]);
      const url = new URL(withExample(request.url, example.input));
      for (const service of services) {
        const guide = credentials.find(({ service_name }) => service_name === service);
        expect(hostIsBound(url, guide?.allowed_hosts ?? [])).toBe(true);
      }
    }
  });

  it('calls over https only', () => {
    for (const request of requests) {
      expect(withExample(request.url, example.input)).toMatch(/^https:\/\//);
    }
  });

  it('holds no secret', () => {
    expect(findSecrets(definition)).toEqual([]);
    expect(JSON.stringify(template)).not.toMatch(
      /xox[a-z]-|sk_(live|test)|ghp_|github_pat_|SG\.|AKIA|stand-in/,
    );
  });

  it('takes its example, and nothing that it does not know', () => {
    expect(checkInput(definition.input_schema, example.input)).toEqual([]);
    expect(checkInput(definition.input_schema, { ...example.input, surprise: 1 })).not.toEqual([]);
    expect(checkInput(definition.input_schema, {})).not.toEqual([]);
  });

  it('explains every input with a title, a description and examples that fit', () => {
    expect(Object.keys(properties).length).toBeGreaterThan(0);
    for (const schema of Object.values(properties)) {
      const { title, description, examples } = Explained.parse(schema);
      expect(title.length).toBeGreaterThan(0);
      expect(description).toMatch(/\.$/);
      for (const value of examples) {
        expect(checkInput({ type: 'object', properties: { value: schema } }, { value })).toEqual([]);
      }
    }
  });

  it('repeats a call that writes only where that does no harm', () => {
    const harmless = new Set(['hubspot-contact-upsert', 'openai-response']);
    for (const { request, retry, idempotency_key } of all) {
      const safe =
        request === undefined || request.method === 'GET' || idempotency_key || harmless.has(template.slug);
      expect(retry === undefined || safe).toBe(true);
    }
  });

  it('waits for no step longer than a person would', () => {
    for (const { timeout_ms } of all) expect(timeout_ms).toBeLessThanOrEqual(90_000);
  });

  it('cites documentation, and fits into the marketplace', () => {
    for (const url of template.documentation) expect(new URL(url).protocol).toBe('https:');
    const description = marketplaceDescription(template);
    expect(description.length).toBeLessThanOrEqual(2000);
    for (const { service_name } of credentials) expect(description).toContain(`- ${service_name}: `);
  });
});

describe('the reader names the file', () => {
  const [valid] = TEMPLATES;
  it.each([
    ['is no JSON', '{', /broken\.json is not JSON/],
    [
      'has an unknown field',
      JSON.stringify({ ...valid, slug: 'broken', surprise: 1 }),
      /broken\.json is not a template/,
    ],
    [
      'cites a page without TLS',
      JSON.stringify({ ...valid, slug: 'broken', documentation: ['http://example.com'] }),
      /documentation/,
    ],
    [
      'holds a value in place of a label',
      JSON.stringify({ ...valid, slug: 'broken', credentials: [{}] }),
      /credentials/,
    ],
    ['is named otherwise', JSON.stringify(valid), /broken\.json holds the slug/],
  ])('that %s', (_what, content, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'patchbay-templates-'));
    try {
      writeFileSync(join(folder, 'broken.json'), content);
      expect(() => officialTemplates(folder)).toThrow(message);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The URL with the example's values in place of plain references to the input. */
function withExample(url: string, input: object): string {
  return url.replaceAll(/\{\{input\.([a-z_]+)[^}]*\}\}/g, (_match, name) => String(Reflect.get(input, name)));
}
