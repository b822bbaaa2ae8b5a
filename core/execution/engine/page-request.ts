import { ALWAYS_SENSITIVE } from '../../egress/redirect.ts';
import type { Json } from '../../json/json.ts';
import { REDACTED } from '../../redaction/index.ts';
import type { BuiltRequest } from './build-request.ts';
import { StepRenderError } from './step-failure.ts';

/** What the request for a page has that the step's own request has not. Values come from answers: they are no templates. */
export type PageRequest = {
  /** In place of the step's URL; absolute, or relative to it. */
  url?: string;
  query?: Readonly<Record<string, string>>;
  /** Fields at the top of a JSON or form body. */
  body?: Readonly<Record<string, string | number>>;
};

/**
 * The step's request, asking for one page. A link to another origin comes from the service, as a redirect does: stored
 * credentials go only where they are bound (the door sees to that) and never from https to http; of what the author wrote
 * into the request, headers that carry credentials stay behind. Throws `StepRenderError`.
 */
export function withPage(built: BuiltRequest, page: PageRequest): BuiltRequest {
  const secret = new Set(built.egress.credentialQuery ?? []);
  const own = new URL(built.egress.url);
  if (page.url !== undefined && !URL.canParse(page.url, own.href)) throw NO_URL;
  const url = page.url === undefined ? new URL(own) : new URL(page.url, own);
  const carriesCredential = built.egress.credentialHosts !== null;
  if (carriesCredential && own.protocol === 'https:' && url.protocol === 'http:') throw LEAVES_HTTPS;
  const staysBehind = (name: string) =>
    url.origin !== own.origin && !carriesCredential && ALWAYS_SENSITIVE.includes(name.toLowerCase());
  for (const [name, value] of Object.entries(page.query ?? {})) url.searchParams.set(name, value);
  // Services leave their callers' keys out of the links that they make.
  if (page.url !== undefined) {
    for (const name of secret) {
      const value = own.searchParams.get(name);
      if (value !== null && !url.searchParams.has(name) && url.origin === own.origin)
        url.searchParams.set(name, value);
    }
  }
  const shownUrl = new URL(url);
  for (const name of secret) if (shownUrl.searchParams.has(name)) shownUrl.searchParams.set(name, REDACTED);
  const isOwnUrl = page.url === undefined && page.query === undefined;
  return {
    egress: {
      ...built.egress,
      url: isOwnUrl ? built.egress.url : url.href,
      headers: built.egress.headers.filter(([name]) => !staysBehind(name)),
      body: page.body ? bodyWith(built, page.body) : built.egress.body,
    },
    shown: {
      ...built.shown,
      headers: Object.fromEntries(Object.entries(built.shown.headers).filter(([name]) => !staysBehind(name))),
      url: isOwnUrl ? built.shown.url : shownUrl.href.replaceAll(encodeURIComponent(REDACTED), REDACTED),
      ...(page.body ? { body: shownBodyWith(built.shown.body, page.body) } : {}),
    },
  };
}

type Fields = NonNullable<PageRequest['body']>;

function bodyWith({ egress }: BuiltRequest, fields: Fields): string {
  if (typeof egress.body !== 'string') throw noBody();
  const type = egress.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (/^application\/x-www-form-urlencoded/i.test(type)) {
    const form = new URLSearchParams(egress.body);
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
    return form.toString();
  }
  const json: unknown = JSON.parse(egress.body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw noBody();
  return JSON.stringify({ ...json, ...fields });
}

function shownBodyWith(body: Json | undefined, fields: Fields): Json {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? { ...body, ...fields }
    : { ...fields };
}

const NO_URL = new StepRenderError(
  'upstream',
  'invalid_next_page',
  'pagination: the link to the next page is no URL.',
);

const LEAVES_HTTPS = new StepRenderError(
  'egress_blocked',
  'blocked_scheme',
  'pagination: the link to the next page leaves https, and the credential would travel in clear text.',
);

function noBody(): StepRenderError {
  const message = 'pagination: the body is no JSON object and no form, so no page can be named in it.';
  return new StepRenderError('template', 'template_value', message);
}
