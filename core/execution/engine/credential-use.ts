import { entriesOf, type FormValues } from '../../connector/form-pairs.ts';
import type { StepBody, StepRequest } from '../../connector/schema.ts';
import { parseExpression, parseTemplate, templateReferences } from '../../expression/parse.ts';
import { hideSecrets, readsSecrets } from './hide-secrets.ts';

/** Which credentials a request carries, and where they stand. Known from its text, before anything is rendered. */
export type CredentialUse = {
  services: ReadonlySet<string>;
  /** Lower-case names of headers, and names of query parameters, whose template reads a credential. */
  headers: readonly string[];
  query: readonly string[];
  /** Whether the body's templates read one. */
  body: boolean;
  /** The URL's template as it is shown: what reads a credential is hidden. */
  shownUrl: string;
  /** Sources of expressions that make something else of a credential: `$uppercase(workspace.crm.key)`. */
  derivations: readonly string[];
};

/** Only a request's parts may read credentials: no other template of a step is given any. */
export function credentialUse(request: StepRequest): CredentialUse {
  const carriers = (values: FormValues | undefined) =>
    entriesOf(values ?? {}).flatMap(([name, value]) => (readsSecrets(value) ? [name] : []));
  const texts = [...templatesOf(request)];
  const services = new Set(texts.flatMap(servicesIn));
  if (request.auth) services.add(request.auth.credential);
  return {
    services,
    headers: carriers(request.headers).map((name) => name.toLowerCase()),
    query: [...carriers(request.query), ...queryNamesInUrl(request.url)],
    body: readsSecrets(request.body),
    shownUrl: hideSecrets(request.url),
    derivations: texts.flatMap(derivationsIn),
  };
}

function* templatesOf({ url, query, headers, body }: StepRequest): Iterable<string> {
  yield url;
  yield* entriesOf(query ?? {}).flatMap(([, value]) => stringsIn(value));
  yield* stringsIn(headers ?? {});
  yield* stringsIn(body ?? ({ type: 'none' } satisfies StepBody));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** Services named as `workspace.<service>`. */
function servicesIn(template: string): string[] {
  return templateReferences(template).flatMap(({ root, path: [service] }) =>
    root === 'workspace' && service !== undefined ? [service] : [],
  );
}

function derivationsIn(template: string): string[] {
  return parseTemplate(template).pieces.flatMap((piece) =>
    piece.type === 'expression' &&
    readsSecrets(`{{${piece.source}}}`) &&
    parseExpression(piece.source).path === undefined
      ? [piece.source]
      : [],
  );
}

/** `?api_key={{workspace.crm.key}}` in the URL itself. */
function queryNamesInUrl(url: string): string[] {
  const { pieces } = parseTemplate(url);
  return pieces.flatMap((piece, index) => {
    const before = pieces[index - 1];
    if (piece.type === 'literal' || before?.type !== 'literal' || !readsSecrets(`{{${piece.source}}}`))
      return [];
    const name = /[?&]([^=&?#]+)=[^&#]*$/.exec(before.text)?.[1];
    return name === undefined ? [] : [name];
  });
}
