import { Method, type StepBody, StepRequest } from '../connector/schema.ts';
import { MAX_STEP_TIMEOUT_MS } from '../connector/step-schema.ts';
import { OWNED_BY_THE_DOOR } from '../egress/headers.ts';
import { checkHostPattern } from '../egress/host-binding.ts';
import type { Json } from '../json/json.ts';
import { createRedactor, type Redactor } from '../redaction/index.ts';
import { serviceName, stepName } from './names.ts';
import { type CurlCall, readOptions } from './options.ts';
import { dataBody, fieldsOf, multipart, pairsOf } from './read-body.ts';
import { type Pair, type ReadUrl, readUrl } from './read-url.ts';
import { CurlRefused } from './refused.ts';
import { ImportedCurl } from './schema.ts';
import { type Found, secretHeaders, secretQuery, secretsInBody, secretUser } from './secrets.ts';
import { shellWords } from './shell-words.ts';
import { Shield } from './shield.ts';
import { asInput, variablesIn } from './variables.ts';

const MAX_REDIRECTS = 10;

/**
 * A curl command as a step. What authenticates is taken out of it and replaced by `auth`, or where there is more than one
 * secret, by the fields of a custom credential; its values stand in no part of the answer. Throws `CurlRefused`.
 */
export function importCurl(command: string): ImportedCurl {
  const notes: string[] = [];
  const call = readCommand(command, notes);
  const shield = new Shield();
  const url = readTarget(call, shield, notes);
  const headers = headersOf(call, notes);
  const user = call.user ?? url.user;
  const found: Found[] = user === undefined ? [] : [secretUser(user, headers)];
  const query = [...url.query, ...dataInQuery(call, shield)];
  const body = bodyOf(call, headers, shield, notes);
  const method = methodOf(call, body);
  found.push(...secretHeaders(headers), ...secretQuery(query), ...(body ? secretsInBody(body) : []));

  const host = hostOf(url.rest);
  const redactor = createRedactor(found.flatMap(({ values }) => values));
  const credential = found.length === 0 ? null : credentialFor(found, host, redactor, notes);
  const written = mapTexts(
    {
      method,
      url: ownBase(url.rest, credential?.service_name),
      ...queryOf(query),
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      ...(body === undefined ? {} : { body }),
    },
    (text) => shield.show(text),
  );
  const inputs = new Set(variablesIn(JSON.stringify(written)).map((name) => name.toLowerCase()));
  if (inputs.size > 0)
    notes.push(`Variables of the shell became fields of the input: ${[...inputs].join(', ')}.`);
  const safe = redactor.byValue(written);
  if (JSON.stringify(safe) !== JSON.stringify(written))
    notes.push('A secret of the command stood in other places too, where it is written [redacted].');
  const request = StepRequest.safeParse({
    ...mapTexts(safe, asInput),
    ...(credential === null || credential.type === 'custom'
      ? {}
      : { auth: { credential: credential.service_name } }),
    ...redirectsOf(call),
  });
  if (!request.success)
    throw new CurlRefused('The command holds a name or a text that is too long for a step.');
  return ImportedCurl.parse({
    step: { name: stepName(request.data.url, method), request: request.data, ...timeoutOf(call, notes) },
    credential,
    notes,
  });
}

function readCommand(command: string, notes: string[]): CurlCall {
  const { words, piped } = shellWords(command);
  const [program = '', ...rest] = words;
  if (!/^(?:.*\/)?curl$/.test(program)) throw new CurlRefused('The command must start with curl.');
  if (piped) notes.push('What the answer was piped into is left out.');
  return readOptions(rest);
}

function readTarget(call: CurlCall, shield: Shield, notes: string[]): ReadUrl {
  const [text, ...more] = call.urls;
  if (text === undefined || text === '') throw new CurlRefused('The command names no URL.');
  if (more.length > 0)
    throw new CurlRefused('The command names several URLs: give one. A text with spaces stands in quotes.');
  const url = readUrl(shield.hide(text), call.globs);
  if (url.schemeAdded)
    notes.push('The URL has no scheme; curl takes http:// then. Write https:// if the service has it.');
  return url;
}

/** Each name once (RFC 9110 section 5.3), in the order of the command. */
function headersOf(call: CurlCall, notes: string[]): Pair[] {
  const headers = new Map<string, Pair>();
  const add = (name: string, value: string) => {
    const known = headers.get(name.toLowerCase());
    if (known) known[1] += `${name.toLowerCase() === 'cookie' ? '; ' : ', '}${value}`;
    else headers.set(name.toLowerCase(), [name, value]);
  };
  for (const line of call.headers) {
    const parts = /^([^:;\s]+)(?::[ \t]*(.*)|;)\s*$/s.exec(line);
    const name = parts?.[1];
    if (name === undefined) throw new CurlRefused('-H: write "Name: value".');
    // `Name:` takes one of curl's own away, and `Name;` sends one without a value.
    if (parts?.[2] === '') continue;
    const lower = name.toLowerCase();
    if (OWNED_BY_THE_DOOR.has(lower) || lower === 'accept-encoding') {
      if (lower === 'host') notes.push('The header Host is left out: it is that of the URL.');
      continue;
    }
    add(name, parts?.[2]?.trimEnd() ?? '');
  }
  if (call.bearer !== undefined) add('Authorization', `Bearer ${call.bearer}`);
  if (call.json && !headers.has('accept')) add('Accept', 'application/json');
  return [...headers.values()];
}

function dataInQuery(call: CurlCall, shield: Shield): Pair[] {
  if (!call.get || call.data.length === 0) return [];
  const pairs = pairsOf(call.data, shield);
  if (pairs === undefined) throw new CurlRefused('-G: write name=value.');
  return pairs;
}

function bodyOf(call: CurlCall, headers: Pair[], shield: Shield, notes: string[]): StepBody | undefined {
  if (call.form.length > 0) {
    if (call.data.length > 0) throw new CurlRefused('-F and -d cannot stand together.');
    takeContentType(headers);
    return multipart(call.form, notes);
  }
  if (call.data.length === 0 || call.get) return undefined;
  const said = takeContentType(headers);
  const { body, contentType } = dataBody(
    call.data,
    said ?? (call.json ? 'application/json' : undefined),
    shield,
  );
  if (contentType !== undefined) headers.push(['Content-Type', contentType]);
  if (body.type === 'raw' && said === undefined && /^\s*[[{]/.test(body.content))
    notes.push(
      'The body looks like JSON, but curl sends it as a form: add -H "Content-Type: application/json".',
    );
  return body;
}

function takeContentType(headers: Pair[]): string | undefined {
  const at = headers.findIndex(([name]) => name.toLowerCase() === 'content-type');
  return at < 0 ? undefined : headers.splice(at, 1)[0]?.[1];
}

function methodOf(call: CurlCall, body: StepBody | undefined): Method {
  const usual = call.head ? 'HEAD' : body === undefined ? 'GET' : 'POST';
  const method = Method.safeParse((call.method ?? usual).toUpperCase());
  if (!method.success) throw new CurlRefused(`-X: one of ${Method.options.join(', ')} is needed.`);
  if (body !== undefined && (method.data === 'GET' || method.data === 'HEAD'))
    throw new CurlRefused(
      `A ${method.data} request has no body here: use POST, or -G to send the data in the URL.`,
    );
  return method.data;
}

function queryOf(query: Pair[]): Pick<StepRequest, 'query'> {
  if (query.length === 0) return {};
  const fields = query.some(([name]) => name === '') ? undefined : fieldsOf(query);
  return { query: fields ?? query };
}

function redirectsOf({ follow, maxRedirects }: CurlCall): Pick<StepRequest, 'max_redirects'> {
  if (!follow) return { max_redirects: 0 };
  if (maxRedirects === undefined) return {};
  return {
    max_redirects: maxRedirects < 0 ? MAX_REDIRECTS : Math.min(Math.floor(maxRedirects), MAX_REDIRECTS),
  };
}

function timeoutOf({ maxSeconds }: CurlCall, notes: string[]): { timeout_ms?: number } {
  // curl's 0 is no limit.
  if (maxSeconds === undefined || maxSeconds <= 0) return {};
  const ms = Math.ceil(maxSeconds * 1000);
  if (ms > MAX_STEP_TIMEOUT_MS) notes.push(`A step waits at most ${MAX_STEP_TIMEOUT_MS / 1000} seconds.`);
  return { timeout_ms: Math.min(ms, MAX_STEP_TIMEOUT_MS) };
}

/** Host and port as a credential is bound to them; undefined where an expression or a variable decides. */
function hostOf(url: string): string | undefined {
  const text = /[\ufdd0\ufdd2]|\{\{/.test(/^[a-z]+:\/\/[^/?]*/i.exec(url)?.[0] ?? '\ufdd0') ? undefined : url;
  if (text === undefined || !URL.canParse(text)) return undefined;
  const checked = checkHostPattern(new URL(text).host);
  return checked.ok ? checked.pattern : undefined;
}

function credentialFor(
  found: readonly Found[],
  boundTo: string | undefined,
  redactor: Redactor,
  notes: string[],
): ImportedCurl['credential'] {
  // A host that is a part of a secret is not told either.
  const host = boundTo !== undefined && redactor.text(boundTo) === boundTo ? boundTo : undefined;
  const service = serviceName(found, host ?? '');
  const allowed_hosts = host === undefined ? [] : [host];
  if (host === undefined)
    notes.push('Name the hosts that the credential may be sent to: the URL does not tell.');
  const storeAs = (what: string) =>
    `Store ${what} as the credential "${service}" with POST /api/v1/workspace/credentials`;
  const [only] = found;
  if (only?.auth && found.length === 1) {
    const field_names = { bearer: ['token'], basic: ['username', 'password'], api_key: ['api_key'] }[
      only.auth.type
    ];
    notes.push(
      `A secret was taken out of the command. ${storeAs('it')}, in fields: ${field_names.join(', ')}.`,
    );
    if (only.auth.placement?.in === 'header')
      notes.push(`The field api_key is the whole value of the header ${only.auth.placement.name}.`);
    return { service_name: service, ...only.auth, allowed_hosts, field_names };
  }
  const fields = new Set<string>();
  for (const secret of found) {
    let field = secret.field;
    for (let count = 2; fields.has(field); count += 1) field = `${secret.field}_${count}`;
    fields.add(field);
    secret.put(`{{workspace.${service}.${field}}}`);
  }
  notes.push(
    `Secrets were taken out of the command. ${storeAs('them')}, in fields: ${[...fields].join(', ')}.`,
  );
  if (fields.has('authorization'))
    notes.push(
      'The field authorization is the whole value of the header, as curl sends it: "Basic …" or "Bearer …".',
    );
  return { service_name: service, type: 'custom', allowed_hosts, field_names: [...fields] };
}

/** `"$CRM_BASE_URL"/v1` is what an export makes of `/v1`. */
function ownBase(url: string, service: string | undefined): string {
  const [base] = variablesIn(url);
  const own = service !== undefined && base?.toLowerCase() === `${service}_base_url`;
  return own ? url.replace(/^\ufdd0\w+\ufdd1(?=\/)/, '') : url;
}

function mapTexts<T>(value: T, map: (text: string) => string): T;
function mapTexts(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, map)]));
}
