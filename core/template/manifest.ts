import type { ConnectorDefinition, Method, Step, StepRequest } from '../connector/schema.ts';
import { everyStep } from '../connector/walk.ts';
import { expressionReferences, templateReferences } from '../expression/parse.ts';
import { pointerTo } from '../json/json.ts';
import { type HostTemplate, hostTemplate } from './host-template.ts';
import { Origins } from './origins.ts';
import { requestTexts } from './request-texts.ts';
import type { Manifest, ManifestCredential, ManifestHost } from './schema.ts';

/** RFC 9110 section 9.2.1: methods that ask for nothing to be changed. */
const SAFE: ReadonlySet<Method> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * What a definition does, from its text alone: hosts, credentials, the data that goes where, methods that write. Every
 * step counts, wherever it stands.
 *
 * @param definition that {@link checkDefinition} has found sound; otherwise throws `TemplateError` where it does not parse
 */
export function manifestOf(definition: ConnectorDefinition): Manifest {
  const all = [...everyStep(definition.steps)];
  const notes: Notes = {
    origins: new Origins(definition),
    hosts: new Map(),
    credentials: new Map(),
    data: [],
    writes: [],
  };
  const conditions: Manifest['conditions'] = [];
  for (const { step, pointer } of all) {
    const { name, condition, request } = step;
    if (condition !== undefined) conditions.push({ step: name, condition });
    for (const { when } of step.switch?.cases ?? []) conditions.push({ step: name, condition: when });
    if (request) noteRequest(step, request, pointerTo(pointer, 'request'), notes);
  }
  return {
    steps: all.length,
    hosts: [...notes.hosts.values()],
    credentials: [...notes.credentials.values()],
    data: notes.data,
    writes: notes.writes,
    conditions,
    contact_fields: Object.keys(definition.contact_mapping?.fields ?? {}),
  };
}

type Notes = {
  readonly origins: Origins;
  readonly hosts: Map<string, ManifestHost>;
  readonly credentials: Map<string, ManifestCredential>;
  readonly data: Manifest['data'];
  readonly writes: Manifest['writes'];
};

function noteRequest(step: Step, request: StepRequest, pointer: string, notes: Notes): void {
  // What goes to the first page's host goes to that of the next one as well.
  const targets = [hostTemplate(request.url, request.auth?.credential), ...nextHost(step)];
  for (const target of targets) {
    noteHost(notes, target, step.name);
    if (!SAFE.has(request.method)) {
      notes.writes.push({ step: step.name, method: request.method, host: target.host });
    }
    noteContent(step.name, request, pointer, target.host, notes);
  }
}

/** Where the next page is may be the answer's to say. */
function nextHost({ pagination }: Step): HostTemplate[] {
  if (pagination?.type !== 'next_url' && pagination?.type !== 'link_header') return [];
  const next = pagination.type === 'next_url' ? pagination.next : 'headers.link';
  return [{ kind: 'any', host: `{{${next}}}`, chosen_by: expressionReferences(next) }];
}

function noteHost({ hosts, origins }: Notes, { kind, host, chosen_by }: HostTemplate, step: string): void {
  const key = `${kind} ${host}`;
  const known = hosts.get(key) ?? { kind, host, chosen_by: [], steps: [] };
  hosts.set(key, known);
  known.chosen_by = [...new Set([...known.chosen_by, ...origins.of(chosen_by, step)])];
  known.steps.push(step);
}

function noteContent(step: string, request: StepRequest, pointer: string, host: string, notes: Notes): void {
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
    const read = notes.origins.of(references, step);
    notes.data.push({ step, host, in: place, pointer: at, references: read });
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
  const again = known.sent.some(
    ({ pointer, field, host }) => pointer === sent.pointer && field === sent.field && host === sent.host,
  );
  if (!again) known.sent.push(sent);
}
