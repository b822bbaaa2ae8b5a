import type { Step } from '../../connector/schema.ts';
import { hostIsBound } from '../../egress/host-binding.ts';
import type { EgressRequest, HeaderPair } from '../../egress/port.ts';
import type { Evaluator, ExpressionContext } from '../../expression/index.ts';
import type { RandomBytes } from '../../ids.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { REDACTED } from '../../redaction/index.ts';
import type { CredentialUse } from './credential-use.ts';
import { basicToken, type OpenCredential, type OpenCredentials } from './credentials.ts';
import { MAX_RESPONSE_BYTES } from './limits.ts';
import { renderBody } from './render-body.ts';
import { renderUrl, withQuery } from './render-url.ts';
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
  step: Step;
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
  const auth = request.auth ? authOf(credentialNamed(input, request.auth.credential)) : NO_AUTH;
  const query = (await inField('query', () => evaluator.value(request.query ?? {})(context))) as JsonObject;
  const base = await inField('url', () => renderUrl(request.url, evaluator, context));
  const url = withQuery(base, { ...query, ...auth.query });
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
      maxResponseBytes: MAX_RESPONSE_BYTES,
      credentialHosts: credentialHosts(url, input),
      credentialHeaders: [
        ...input.use.headers,
        ...Object.keys(auth.headers).map((name) => name.toLowerCase()),
      ],
      credentialQuery: [...input.use.query, ...Object.keys(auth.query)],
    },
    shown: {
      method: request.method,
      url: await shownUrl(input, base, query, auth),
      headers: shownHeaders(pairs, [...input.use.headers, ...Object.keys(auth.headers)]),
      ...(body.recorded === undefined ? {} : { body: body.recorded }),
    },
  };
}

async function shownUrl(input: BuildInput, base: string, query: JsonObject, auth: Auth): Promise<string> {
  const { use, evaluator, step } = input;
  const shownBase =
    use.shownUrl === step.request.url ? base : await renderUrl(use.shownUrl, evaluator, input.context);
  const hidden = [...use.query, ...Object.keys(auth.query)].map((name) => [name, REDACTED] as const);
  const inQuery = hidden.filter(([name]) => Object.hasOwn(query, name) || Object.hasOwn(auth.query, name));
  const url = withQuery(shownBase, { ...query, ...Object.fromEntries(inQuery) });
  return inQuery.length === 0 ? url : url.replaceAll(encodeURIComponent(REDACTED), REDACTED);
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
function authOf({ type, fields, placement, service_name }: OpenCredential): Auth {
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
