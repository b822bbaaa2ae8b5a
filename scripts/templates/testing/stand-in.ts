import http from 'node:http';
import { listen } from '../../../trigger/egress/testing.ts';

/** A request as a stand-in sees it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined for no body. */
  readonly body?: unknown;
}

/** One provider, as its documentation describes it: what it accepts, and what it answers to anything else. */
export interface Provider {
  readonly hosts: readonly string[];
  answer(seen: Seen): Answer;
}

export interface StandIn {
  readonly port: number;
  readonly seen: readonly (Seen & { host: string })[];
  /** Answers the next requests in place of the provider, one each: for failures that no input brings about. */
  interrupt(...answers: Answer[]): void;
  close(): Promise<void>;
}

/** A server on loopback that plays all given providers, told apart by the Host header. */
export async function startStandIn(providers: readonly Provider[]): Promise<StandIn> {
  const seen: (Seen & { host: string })[] = [];
  const interruptions: Answer[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const host = request.headers.host ?? '';
      const { pathname, searchParams } = new URL(request.url ?? '/', `https://${host}`);
      const arrived = {
        host,
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(arrived);
      const provider = providers.find(({ hosts }) => hosts.includes(host));
      const answer = interruptions.shift() ?? provider?.answer(arrived) ?? { status: 421 };
      const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
      response.writeHead(answer.status, {
        ...(body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...answer.headers,
      });
      response.end(body);
    });
  });
  return {
    ...(await listen(server)),
    seen,
    interrupt: (...answers) => void interruptions.push(...answers),
  };
}

/** Whether exactly these names are there, apart from optional ones: a stand-in is stricter than the provider. */
export function hasOnly(
  names: Iterable<string>,
  required: readonly string[],
  optional: readonly string[] = [],
): boolean {
  const given = new Set(names);
  return (
    required.every((name) => given.has(name)) &&
    [...given].every((name) => required.includes(name) || optional.includes(name))
  );
}

export function isJson({ headers }: Seen): boolean {
  return headers['content-type'] === 'application/json';
}

export function isForm({ headers }: Seen): boolean {
  return headers['content-type'] === 'application/x-www-form-urlencoded';
}

export type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** The body as a JSON object; one without fields when it is none. */
export function jsonOf({ body }: Seen): Fields {
  try {
    return fieldsOf(JSON.parse(body));
  } catch {
    return {};
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
