import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorDefinition } from '../../core/connector/schema.ts';
import { Manifest, Template, TemplateSummary } from '../../core/template/schema.ts';
import { writeStackFile } from '../stack/stack-file.ts';
import { type EmbeddedSupabase, startSupabase } from '../stack/supabase/start.ts';
import { client, signedInUser } from '../stack/supabase/test-support.ts';
import { deploymentOf, loadOfficialTemplates, summary } from './load.ts';
import { officialTemplates } from './official.ts';
import type { TemplateFile } from './schema.ts';

const TEMPLATES = officialTemplates();
const SLUGS = TEMPLATES.map(({ slug }) => slug);
const MIGRATIONS = join(import.meta.dirname, '../../supabase/migrations');

let supabase: EmbeddedSupabase;
beforeAll(async () => {
  supabase = await startSupabase({ dataDir: 'memory', port: 0, migrationsDir: MIGRATIONS });
});
afterAll(() => supabase.close());

const load = (templates?: readonly TemplateFile[]) => loadOfficialTemplates(supabase, templates);

/** A template of the test's own, so that no test sees another's. */
function ownTemplate(changes: Partial<TemplateFile> = {}): TemplateFile {
  const [first] = TEMPLATES;
  if (!first) throw new Error('there are no templates');
  return structuredClone({ ...first, slug: `test-${crypto.randomUUID().slice(0, 8)}`, ...changes });
}

async function rowOf(slug: string) {
  const [row] = await supabase.exec('select * from public.connector_templates where slug = $1', [slug]);
  return row;
}

function versionsOf(slug: string) {
  return supabase.exec(
    `select v.version, v.changes, v.credential_services, v.definition, v.manifest from public.template_versions v
     join public.connector_templates t on t.id = v.template_id where t.slug = $1 order by v.version`,
    [slug],
  );
}

describe('loading', () => {
  it('creates every template, published and official, and changes nothing the second time', async () => {
    expect((await load()).created).toEqual(SLUGS);
    const before = await supabase.exec('select * from public.connector_templates order by slug');
    expect(before.map(({ slug }) => slug)).toEqual([...SLUGS].sort());
    for (const row of before) {
      expect(row).toMatchObject({
        status: 'published',
        is_official: true,
        is_featured: false,
        current_version: 1,
      });
    }
    const report = await load();
    expect(report).toEqual({ created: [], 'new version': [], changed: [], unchanged: SLUGS, taken: [] });
    expect(await supabase.exec('select * from public.connector_templates order by slug')).toEqual(before);
  });

  it('writes what the API reads: definition, manifest and the credentials that are needed', async () => {
    await load();
    for (const { slug, credentials } of TEMPLATES) {
      const [version, ...more] = await versionsOf(slug);
      expect(more).toEqual([]);
      expect(version?.credential_services).toEqual(
        credentials.map(({ service_name }) => service_name).sort(),
      );
      expect(Manifest.parse(version?.manifest).hosts.length).toBeGreaterThan(0);
      expect(ConnectorDefinition.loose().parse(version?.definition)).toMatchObject({ format: 1 });
    }
  });

  it('lets an ordinary user find, read and install them', async () => {
    await load();
    const { client: user } = await signedInUser(supabase);
    const list = await user.rpc('list_templates', { p_limit: 100, p_official: true, p_search: 'slack' });
    expect(list.error).toBeNull();
    expect(
      TemplateSummary.array()
        .parse(list.data)
        .map(({ slug }) => slug),
    ).toEqual(expect.arrayContaining(['slack-message', 'lead-to-slack']));
    const got = await user.rpc('get_template', { p_template: 'lead-to-slack' });
    const { format: _format, ...definition } = Object(got.data).definition;
    const template = Template.parse({ ...got.data, definition });
    expect(template.credential_services).toEqual(['numverify', 'people_data_labs', 'slack']);
    const workspace = crypto.randomUUID();
    await user.rpc('create_workspace', { p_id: workspace, p_name: 'Test' });
    const installed = await user.rpc('install_template', {
      p_workspace_id: workspace,
      p_template_id: template.id,
      p_version: null,
      p_connector_id: crypto.randomUUID(),
      p_name: null,
    });
    expect(installed.error).toBeNull();
    expect(Object(installed.data).credentials).toEqual(
      template.credential_services.map((service_name) => ({ service_name, exists: false })),
    );
  });
});

describe('loading a template that changed', () => {
  it('makes a new version of a new definition and keeps the old one', async () => {
    const template = ownTemplate({ changes: '' });
    await load([template]);
    const next = structuredClone(template);
    for (const step of next.definition.steps) step.timeout_ms = 1234;
    expect((await load([{ ...next, changes: 'Waits less.' }]))['new version']).toEqual([template.slug]);
    expect(await rowOf(template.slug)).toMatchObject({ current_version: 2 });
    const [first, second] = await versionsOf(template.slug);
    expect(first?.definition).toMatchObject({
      steps: [{ timeout_ms: template.definition.steps[0]?.timeout_ms }],
    });
    expect(second).toMatchObject({
      version: 2,
      changes: 'Waits less.',
      definition: { steps: [{ timeout_ms: 1234 }] },
    });
    expect((await load([next])).unchanged).toEqual([template.slug]);
  });

  it('makes no version of a new description', async () => {
    const template = ownTemplate();
    await load([template]);
    const renamed = { ...template, name: 'Another name' };
    expect((await load([renamed])).changed).toEqual([template.slug]);
    expect(await rowOf(template.slug)).toMatchObject({ name: 'Another name', current_version: 1 });
  });

  it('does not mind the order of keys, which the database does not keep', async () => {
    const template = ownTemplate();
    await load([template]);
    const { steps, ...rest } = template.definition;
    const turned = steps.map((step) => Object.fromEntries(Object.entries(step).reverse()));
    const definition = ConnectorDefinition.parse({ steps: turned, ...rest });
    expect((await load([{ ...template, definition }])).unchanged).toEqual([template.slug]);
  });

  it('brings a manifest up to date without a new version', async () => {
    const template = ownTemplate();
    await load([template]);
    const [before] = await versionsOf(template.slug);
    const id = (await rowOf(template.slug))?.id;
    await supabase.exec(`update public.template_versions set manifest = '{}' where template_id = $1`, [id]);
    expect((await load([template])).unchanged).toEqual([template.slug]);
    expect(await versionsOf(template.slug)).toEqual([before]);
  });

  it('refuses one that could not run, and writes nothing of it', async () => {
    const template = ownTemplate();
    const broken = structuredClone(template);
    for (const { request } of broken.definition.steps)
      if (request) request.url = 'https://{{steps.nowhere.host}}/';
    await expect(load([broken])).rejects.toThrow(/nowhere/);
    expect(await rowOf(template.slug)).toBeUndefined();
  });
});

describe('what SaaS admins decided stays', () => {
  it.each([
    ['unpublished', { status: 'draft' }],
    ['featured', { is_featured: true }],
  ])('a template that they %s', async (_what, decision) => {
    const template = ownTemplate();
    await load([template]);
    const admin = client(supabase.url, supabase.secretKey);
    await admin.from('connector_templates').update(decision).eq('slug', template.slug);
    await load([{ ...template, name: 'Another name' }]);
    expect(await rowOf(template.slug)).toMatchObject({ ...decision, name: 'Another name' });
  });

  it('a template of their own that has the slug', async () => {
    const template = ownTemplate();
    await load([template]);
    const admin = client(supabase.url, supabase.secretKey);
    await admin
      .from('connector_templates')
      .update({ is_official: false, name: 'Ours' })
      .eq('slug', template.slug);
    const report = await load([template]);
    expect(report.taken).toEqual([template.slug]);
    expect(summary(report)).toContain(`${template.slug} is taken`);
    expect(await rowOf(template.slug)).toMatchObject({ name: 'Ours', is_official: false });
  });
});

describe('a load that was broken off', () => {
  it.each([
    ['before its first version', `delete from public.template_versions where template_id = $1`],
    ['before it was published', `select $1::uuid`],
  ])('%s is completed by the next one', async (_what, damage) => {
    const template = ownTemplate();
    await load([template]);
    const whole = await versionsOf(template.slug);
    const id = (await rowOf(template.slug))?.id;
    await supabase.exec(damage, [id]);
    await supabase.exec('alter table public.connector_templates disable trigger connector_templates_touch');
    await supabase.exec(
      `update public.connector_templates set status = 'draft', revision = 1 where id = $1`,
      [id],
    );
    await supabase.exec('alter table public.connector_templates enable trigger connector_templates_touch');
    expect((await load([template])).created).toEqual([template.slug]);
    expect(await rowOf(template.slug)).toMatchObject({ status: 'published', current_version: 1 });
    expect(await versionsOf(template.slug)).toEqual(whole);
    expect((await load([template])).unchanged).toEqual([template.slug]);
  });

  it('after a new version, before the template named it', async () => {
    const template = ownTemplate();
    await load([template]);
    const next = structuredClone(template);
    for (const step of next.definition.steps) step.timeout_ms = 1234;
    await load([next]);
    await supabase.exec('update public.connector_templates set current_version = 1 where slug = $1', [
      template.slug,
    ]);
    expect((await load([next]))['new version']).toEqual([template.slug]);
    expect(await rowOf(template.slug)).toMatchObject({ current_version: 2 });
    expect(await versionsOf(template.slug)).toHaveLength(2);
  });
});

describe('the command', () => {
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, 'load.ts')], {
      env: { PATH: process.env.PATH, NODE_OPTIONS: '--disable-warning=ExperimentalWarning', ...env },
    });

  it('loads into the deployment that the environment names', async () => {
    const { stdout } = await run({ SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: supabase.secretKey });
    expect(stdout).toMatch(/^official templates: \d+ (created|unchanged)\n$/);
  });

  it.each([
    ['the publishable key in place of the secret one', () => supabase.publishableKey],
    ['a wrong key', () => 'wrong'],
  ])('says why it failed with %s, without showing it', async (_what, key) => {
    await expect(run({ SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: key() })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^the database (refused|could not be read)[^\n]*\n$/),
    });
  });
});

describe('the deployment', () => {
  it('is that of the environment, else the stack on this machine', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'patchbay-templates-'));
    try {
      const url = 'http://127.0.0.1:1';
      const demoLogin = { email: 'a@example.com', password: 'x' };
      const urls = { url, supabaseUrl: 'http://127.0.0.1:2', triggerUrl: url, exampleUrl: url };
      writeStackFile(dataDir, {
        ...urls,
        publishableKey: 'p',
        secretKey: 's',
        triggerSecretKey: 't',
        demoLogin,
        adminLogin: demoLogin,
      });
      const PATCHBAY_DATA_DIR = dataDir;
      expect(deploymentOf({ PATCHBAY_DATA_DIR })).toEqual({ url: 'http://127.0.0.1:2', secretKey: 's' });
      const named = { SUPABASE_URL: 'https://x.supabase.co', SUPABASE_SECRET_KEY: 'k' };
      expect(deploymentOf({ PATCHBAY_DATA_DIR, ...named })).toEqual({
        url: 'https://x.supabase.co',
        secretKey: 'k',
      });
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it.each([
    [{ SUPABASE_URL: 'https://x.supabase.co' }, /both/],
    [{ SUPABASE_SECRET_KEY: 'k' }, /both/],
    [{ PATCHBAY_DATA_DIR: '/nowhere' }, /npm start/],
  ])('%o is refused', (env, message) => {
    expect(() => deploymentOf(env)).toThrow(message);
  });
});
