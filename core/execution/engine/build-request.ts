import { entriesOf, type FormPair, type FormValues } from '../../connector/form-pairs.ts';
import type { RequestStep } from '../../connector/request-step.ts';
import type { StepRequest } from '../../connector/schema.ts';
import { hostIsBound } from '../../egress/host-binding.ts';
import type { EgressRequest, HeaderPair } from '../../egress/port.ts';
import type { Evaluator, ExpressionContext } from '../../expression/index.ts';
import type { RandomBytes } from '../../ids.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { REDACTED } from '../../redaction/index.ts';
import type { CredentialUse } from './credential-use.ts';
import { basicToken, type OpenCredential, type OpenCredentials } from './credentials.ts';
import { renderedPairs } from './form-values.ts';
import { readsSecrets } from './hide-secrets.ts';
import { MAX_RESPONSE_BYTES } from './limits.ts';
import { renderBody } from './render-body.ts';
import { renderUrl, withPairs } from './render-url.ts';
import { inField, StepRenderError } from './step-failure.ts';

/**
 * A request ready for the egress door, and how it is to be shown: without what its templates make of a credential. What
 * came from elsewhere and equals a secret is still there: redact before recording.
 */
export type BuiltRequest = {
  egress: Omit<EgressRequest, 'timeoutMs' | 'signal'>;
  shown: { method: string; url: string; headers: Record<string, string>; body?: Json };
};

export type BuildInput = {
  step: RequestStep;
  use: CredentialUse;
  evaluator: Evaluator;
  context: ExpressionContext;
  credentials: OpenCredentials;
  randomBytes: RandomBytes;
  /** Sent as `Idempotency-Key` when the step asks for it; the same over all attempts. */
  idempotencyKey: string;
};

/** Renders a step's request and puts its credential where it belongs. Throws `StepRenderError`: nothing was sent. */
export async function buildRequest(input: BuildInput): Promise<BuiltRequest> {
  const { step, evaluator, context } = input;
  const { request } = step;
  const credential = request.auth && credentialNamed(input, request.auth.credential);
  const below = request.url.startsWith('/') ? baseUrlOf(credential) : undefined;
  const auth = credential ? authOf(credential, below) : NO_AUTH;
  const query = await inField('query', () => renderQuery(request, auth, input));
  const base = await inField('url', () => renderUrl(request.url, evaluator, context, below));
  const url = withPairs(base, query.sent);
  const body = await inField('body', () => renderBody(request.body, input));
  const headers = new Map<string, HeaderPair>();
  const set = (name: string, value: string) => headers.set(name.toLowerCase(), [name, value]);
  if (body.contentType !== null) set('Content-Type', body.contentType);
  if (step.idempotency_key) set('Idempotency-Key', input.idempotencyKey);
  for (const [name, template] of Object.entries(request.headers ?? {})) {
    set(
      name,
      String(await inField(`headers.${name}`, () => evaluator.template(template, 'header')(context))),
    );
  }
  // Last, so that no other header of the step can stand in for the credential.
  for (const [name, value] of Object.entries(auth.headers)) set(name, value);
  const pairs = [...headers.values()];
  return {
    egress: {
      method: request.method,
      url,
      headers: pairs,
      body: body.bytes,
      maxResponseBytes: Math.min(step.response?.max_bytes ?? MAX_RESPONSE_BYTES, MAX_RESPONSE_BYTES),
      ...(request.max_redirects === undefined ? {} : { followRedirects: request.max_redirects }),
      credentialHosts: credentialHosts(url, input),
      credentialHeaders: [
        ...input.use.headers,
        ...Object.keys(auth.headers).map((name) => name.toLowerCase()),
      ],
      credentialQuery: [...new Set([...query.secretNames, ...input.use.query])],
    },
    shown: {
      method: request.method,
      url: await shownUrl(input, base, query, below),
      headers: shownHeaders(pairs, [...input.use.headers, ...Object.keys(auth.headers)]),
      ...(body.recorded === undefined ? {} : { body: body.recorded }),
    },
  };
}

type Query = {
  sent: FormPair[];
  /** With one `[redacted]` in place of each entry that carries a credential. */
  shown: FormPair[];
  /** The names under which credentials travel. */
  secretNames: string[];
};

/** The pairs of the query, with the credential's own in place of those of the step that have its name. */
async function renderQuery(request: StepRequest, auth: Auth, input: BuildInput): Promise<Query> {
  const { evaluator, context, use } = input;
  const templates = entriesOf(request.query ?? {});
  const values = await valuesOf(request.query ?? {}, evaluator, context);
  const own = renderedPairs(values, 'query', request.query_lists);
  const reads = templates.map(([, template]) => use.query.length > 0 && readsSecrets(template));
  const secret = own.filter(({ entry }) => reads[entry]);
  const firstOf = new Map(secret.map(({ entry }) => [entry, secret.find((pair) => pair.entry === entry)]));
  const shown = own.flatMap((pair) => {
    if (!reads[pair.entry]) return [pair];
    const name = templates[pair.entry]?.[0] ?? pair.name;
    return firstOf.get(pair.entry) === pair ? [{ ...pair, name, values: [REDACTED] }] : [];
  });
  const keys = Object.entries(auth.query);
  return {
    sent: keys.reduce((pairs, [name, key]) => withPair(pairs, name, key), own),
    shown: keys.reduce((pairs, [name]) => withPair(pairs, name, REDACTED), shown),
    secretNames: [...secret.map(({ name }) => name), ...keys.map(([name]) => name)],
  };
}

async function valuesOf(
  query: NonNullable<StepRequest['query']>,
  evaluator: Evaluator,
  context: ExpressionContext,
): Promise<FormValues> {
  if (!Array.isArray(query)) return (await evaluator.value(query)(context)) as JsonObject;
  // The names are no templates, as those of an object are none.
  return Promise.all(
    query.map(async ([name, value]) => [name, (await evaluator.value(value)(context)) as Json] as const),
  );
}

/** `name` once, where it first stood or else at the end. */
function withPair(pairs: readonly FormPair[], name: string, value: string): FormPair[] {
  const pair: FormPair = { name, values: [value], entry: -1 };
  const first = pairs.findIndex((other) => other.name === name);
  if (first < 0) return [...pairs, pair];
  return pairs.flatMap((other, index) => (index === first ? [pair] : other.name === name ? [] : [other]));
}

async function shownUrl(
  input: BuildInput,
  base: string,
  query: Query,
  below: string | undefined,
): Promise<string> {
  const { use, evaluator, step, context } = input;
  const shownBase =
    use.shownUrl === step.request.url ? base : await renderUrl(use.shownUrl, evaluator, context, below);
  const url = withPairs(shownBase, query.shown);
  return query.secretNames.length === 0 ? url : url.replaceAll(encodeURIComponent(REDACTED), REDACTED);
}

/** Where a URL that starts with "/" goes on from. */
function baseUrlOf(credential: OpenCredential | undefined): string | undefined {
  if (credential === undefined || credential.base_url !== null) return credential?.base_url ?? undefined;
  throw new StepRenderError(
    'template',
    'template_value',
    `url: it starts with "/", and the credential for ${credential.service_name} has no base_url.`,
  );
}

function shownHeaders(pairs: readonly HeaderPair[], hidden: readonly string[]): Record<string, string> {
  const names = new Set(hidden.map((name) => name.toLowerCase()));
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, names.has(name.toLowerCase()) ? REDACTED : value]),
  );
}

function credentialNamed(input: BuildInput, service: string): OpenCredential {
  const credential = input.credentials.get(service);
  if (credential) return credential;
  throw new StepRenderError(
    'authentication',
    'credential_missing',
    `No credential is stored for ${service}.`,
  );
}

type Auth = { headers: Record<string, string>; query: Record<string, string> };
const NO_AUTH: Auth = { headers: {}, query: {} };

/** How each type of credential is sent: RFC 6750 section 2.1, RFC 7617, or where its owner placed the API key. */
function authOf({ type, fields, placement, service_name }: OpenCredential, below?: string): Auth {
  switch (type) {
    case 'bearer':
      return {
        headers: { Authorization: headerValue(`Bearer ${fields.token ?? ''}`, service_name) },
        query: {},
      };
    case 'basic':
      return { headers: { Authorization: `Basic ${basicToken(fields)}` }, query: {} };
    case 'api_key': {
      const key = fields.api_key ?? '';
      if (placement?.in === 'query') return { headers: {}, query: { [placement.name]: key } };
      return { headers: { [placement?.name ?? 'X-Api-Key']: headerValue(key, service_name) }, query: {} };
    }
    case 'custom':
      // It has given the base URL; its fields stand where templates put them.
      if (below !== undefined) return NO_AUTH;
      throw new StepRenderError(
        'authentication',
        'credential_not_sendable',
        `${service_name} is a custom credential: use its fields as {{workspace.${service_name}.<field>}}.`,
      );
  }
}

/** Visible ASCII, spaces and Latin-1 (RFC 9110 section 5.5): anything else would be refused by HTTP or end the header. */
function headerValue(value: string, service: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new StepRenderError(
    'authentication',
    'credential_not_sendable',
    `The credential for ${service} cannot stand in a header.`,
  );
}

/** Where this request may go because of the credentials in it; null when it carries none. */
function credentialHosts(url: string, input: BuildInput): readonly string[] | null {
  const bound = [...input.use.services].map((service) => credentialNamed(input, service));
  if (bound.length === 0) return null;
  if (bound.length === 1 && bound[0]) return bound[0].allowed_hosts;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed) return [];
  const stranger = bound.find(({ allowed_hosts }) => !hostIsBound(parsed, allowed_hosts));
  if (stranger) {
    throw new StepRenderError(
      'egress_blocked',
      'blocked_host_binding',
      `The credential for ${stranger.service_name} may not be sent to ${parsed.host}.`,
    );
  }
  // Several credentials travel together only to the very host that all of them allow.
  return [parsed.host];
}
