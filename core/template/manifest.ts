import type { ConnectorDefinition, Method, Step } from '../connector/schema.ts';
import { templateReferences } from '../expression/parse.ts';
import { pointerTo } from '../json/json.ts';
import { type HostTemplate, hostTemplate } from './host-template.ts';
import { Origins } from './origins.ts';
import { requestTexts } from './request-texts.ts';
import type { Manifest, ManifestCredential, ManifestHost } from './schema.ts';

/** RFC 9110 section 9.2.1: methods that ask for nothing to be changed. */
const SAFE: ReadonlySet<Method> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * What a definition does, from its text alone: hosts, credentials, the data that goes where, methods that write.
 *
 * @param definition that {@link checkDefinition} has found sound; otherwise throws `TemplateError` where it does not parse
 */
export function manifestOf(definition: ConnectorDefinition): Manifest {
  const { steps, contact_mapping } = definition;
  const manifest: Manifest = {
    steps: steps.length,
    hosts: [],
    credentials: [],
    data: [],
    writes: [],
    conditions: [],
    contact_fields: Object.keys(contact_mapping?.fields ?? {}),
  };
  const hosts = new Map<string, ManifestHost>();
  const credentials = new Map<string, ManifestCredential>();
  const origins = new Origins();
  for (const [index, step] of steps.entries()) {
    const host = hostTemplate(step.request.url);
    noteHost(hosts, host, step.name);
    if (!SAFE.has(step.request.method)) {
      manifest.writes.push({ step: step.name, method: step.request.method, host: host.host });
    }
    if (step.condition !== undefined) {
      manifest.conditions.push({ step: step.name, condition: step.condition });
    }
    noteRequest(step, pointerTo(pointerTo('/steps', index), 'request'), {
      host,
      origins,
      manifest,
      credentials,
    });
    origins.add(step);
  }
  return { ...manifest, hosts: [...hosts.values()], credentials: [...credentials.values()] };
}

function noteHost(hosts: Map<string, ManifestHost>, host: HostTemplate, step: string): void {
  const key = `${host.kind} ${host.host}`;
  const known = hosts.get(key);
  if (known) known.steps.push(step);
  else hosts.set(key, { ...host, steps: [step] });
}

type Notes = {
  host: HostTemplate;
  origins: Origins;
  manifest: Manifest;
  credentials: Map<string, ManifestCredential>;
};

function noteRequest({ name: step, request }: Step, pointer: string, notes: Notes): void {
  const { host } = notes.host;
  if (request.auth) {
    const at = `${pointer}/auth/credential`;
    noteCredential(notes, request.auth.credential, { step, in: 'auth', field: null, host, pointer: at });
  }
  for (const { text, in: place, pointer: at } of requestTexts(request, pointer)) {
    const references = templateReferences(text);
    if (references.length === 0) continue;
    for (const { root, path } of references) {
      const [service, field = null] = path;
      if (root !== 'workspace' || service === undefined) continue;
      noteCredential(notes, service, { step, in: place, field, host, pointer: at });
    }
    const read = [...new Set(references.flatMap((reference) => notes.origins.of(reference)))];
    notes.manifest.data.push({ step, host, in: place, pointer: at, references: read });
  }
}

function noteCredential(
  { credentials }: Notes,
  service: string,
  sent: ManifestCredential['sent'][number],
): void {
  const known = credentials.get(service) ?? { service_name: service, fields: [], hosts: [], sent: [] };
  credentials.set(service, known);
  if (!known.hosts.includes(sent.host)) known.hosts.push(sent.host);
  if (sent.field !== null && !known.fields.includes(sent.field)) known.fields.push(sent.field);
  const again = known.sent.some(({ pointer, field }) => pointer === sent.pointer && field === sent.field);
  if (!again) known.sent.push(sent);
}
