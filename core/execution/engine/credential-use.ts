import type { StepRequest } from '../../connector/schema.ts';
import { templateReferences } from '../../expression/parse.ts';

/** Which credentials a request carries, and where they stand. Known from its text, before anything is rendered. */
export type CredentialUse = {
  services: ReadonlySet<string>;
  /** Lower-case names of headers, and names of query parameters, that carry one. */
  headers: readonly string[];
  query: readonly string[];
};

export function credentialUse(request: StepRequest): CredentialUse {
  const services = new Set<string>();
  const found = (value: unknown): boolean => {
    const here = servicesIn(value);
    for (const service of here) services.add(service);
    return here.length > 0;
  };
  const carriers = (entries: Readonly<Record<string, unknown>> | undefined) =>
    Object.entries(entries ?? {}).flatMap(([name, value]) => (found(value) ? [name] : []));
  const headers = carriers(request.headers).map((name) => name.toLowerCase());
  const query = carriers(request.query);
  found(request.url);
  found(request.body);
  if (request.auth) services.add(request.auth.credential);
  return { services, headers, query };
}

/** Services named as `workspace.<service>` in any string of a JSON value. */
function servicesIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return templateReferences(value).flatMap(({ root, path: [service] }) =>
      root === 'workspace' && service !== undefined ? [service] : [],
    );
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(servicesIn);
}
