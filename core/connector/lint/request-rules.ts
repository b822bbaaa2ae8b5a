import { templateReferences } from '../../expression/parse.ts';
import { pointerTo } from '../../json/json.ts';
import { findSecrets } from '../../template/secrets.ts';
import type { ConnectorDefinition, Step, StepRequest } from '../schema.ts';
import { everyStep } from '../walk.ts';
import type { Hint } from './hint.ts';
import { mayDouble } from './methods.ts';

type Rule = (definition: ConnectorDefinition) => Iterable<Hint>;

/** Calls that write, and what happens to them when an answer is lost. */
export const writes: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    if (!mayDouble(step) || step.idempotency_key || sendsOwnKey(step)) continue;
    const { retry, request } = step;
    if (retry === undefined || retry.max_attempts === 1) {
      yield {
        code: 'write_sent_once',
        severity: 'info',
        pointer,
        message: `the ${request?.method} of ${step.name} is sent once: when its answer is lost, nobody knows whether it was carried out`,
        advice:
          'If the service knows the header Idempotency-Key, set idempotency_key: the call is then repeated safely.',
      };
    } else if (!retriesRefusalsOnly(retry.on)) {
      yield {
        code: 'repeated_write',
        severity: 'warning',
        pointer: `${pointer}/retry`,
        message: `the ${request?.method} of ${step.name} may be carried out more than once: it is sent again when its answer is lost`,
        advice:
          'Set idempotency_key if the service knows that header, or retry only what was refused: {"on": {"statuses": [429]}}.',
      };
    }
  }
};

/** Headers by which services tell a repetition, besides the one that `idempotency_key` sends. */
const OWN_KEY = /^(?:x-)?(?:idempotency-key|idempotency-token|request-id|client-request-id)$/i;

function sendsOwnKey({ request }: Step): boolean {
  return Object.keys(request?.headers ?? {}).some((name) => OWN_KEY.test(name));
}

/** Statuses with which a service says that it did not begin (RFC 6585 section 4; RFC 9110 section 15.6.4). */
const REFUSALS: ReadonlySet<unknown> = new Set([425, 429, 503]);

function retriesRefusalsOnly(on: NonNullable<Step['retry']>['on']): boolean {
  if (on === undefined || on.when !== undefined) return false;
  const statuses = on.statuses ?? [];
  const classes = on.classes ?? [];
  return statuses.every((status) => REFUSALS.has(status)) && classes.every((name) => name === 'rate_limit');
}

/** Calls that everybody on the way can read. */
export const plainHttp: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    const { url = '' } = step.request ?? {};
    if (!/^http:\/\//i.test(url) || LOOPBACK.test(url)) continue;
    yield {
      code: 'plain_http',
      severity: 'warning',
      pointer: `${pointer}/request/url`,
      message: `${step.name} calls over http://: whoever is on the way reads and changes what is sent`,
      advice: 'Write https://.',
    };
  }
};

/** The machine itself, which development settings allow. */
const LOOPBACK = /^http:\/\/(?:127\.\d+\.\d+\.\d+|\[::1\]|(?:[a-z0-9-]+\.)*localhost)(?:[:/?#]|$)/i;

/** Credentials in a URL, which ends up in the logs of every server on the way. */
export const secretsInUrls: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    if (step.request === undefined) continue;
    for (const [text, at] of urlTexts(step.request, `${pointer}/request`)) {
      if (!templateReferences(text).some(({ root }) => root === 'workspace')) continue;
      yield {
        code: 'secret_in_url',
        severity: 'warning',
        pointer: at,
        message: `${step.name} sends a credential in its URL, which servers and proxies write to their logs`,
        advice: 'Send it in a header, or by auth, if the service takes it there.',
      };
    }
  }
};

function* urlTexts({ url, query = {} }: StepRequest, pointer: string): Iterable<[text: string, at: string]> {
  yield [url, `${pointer}/url`];
  const values: [value: unknown, at: string][] = Array.isArray(query)
    ? query.map(([, value], index) => [value, `${pointer}/query/${index}/1`])
    : Object.entries(query).map(([name, value]) => [value, pointerTo(`${pointer}/query`, name)]);
  for (const [value, at] of values) for (const text of textsIn(value)) yield [text, at];
}

function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const child of Object.values(value)) yield* textsIn(child);
}

/** Secrets that are written down. */
export const fixedSecrets: Rule = function* (definition) {
  for (const { pointer, detail } of findSecrets(definition)) {
    const [message = detail, advice] = detail.split(/: (?=refer )/);
    yield {
      code: 'fixed_secret',
      severity: 'warning',
      pointer,
      message,
      ...(advice === undefined ? {} : { advice: `${advice[0]?.toUpperCase()}${advice.slice(1)}.` }),
    };
  }
};

/** Two things that both write the header Authorization. */
export const authBesideHeader: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    const { auth, headers = {} } = step.request ?? {};
    const header = Object.keys(headers).find((name) => name.toLowerCase() === 'authorization');
    if (auth === undefined || header === undefined) continue;
    yield {
      code: 'auth_beside_header',
      severity: 'warning',
      pointer: `${pointer}/request/headers/${header}`,
      message: `${step.name} has auth and a header ${header}: most credentials write that header themselves`,
      advice: 'Keep one of the two.',
    };
  }
};

/** Numbers of items that the number of pages never lets through. */
export const unreachableLimits: Rule = function* ({ steps }) {
  for (const { step, pointer } of everyStep(steps)) {
    const { pagination } = step;
    if (!pagination || !('page_size' in pagination) || pagination.page_size === undefined) continue;
    const most = pagination.page_size * pagination.max_pages;
    if (pagination.max_items === DEFAULT_MAX_ITEMS || most >= pagination.max_items) continue;
    yield {
      code: 'unreachable_limit',
      severity: 'warning',
      pointer: `${pointer}/pagination/max_items`,
      message: `${pagination.max_pages} pages of ${pagination.page_size} items are ${most}: max_items is never reached`,
      advice: 'Raise max_pages, or lower max_items.',
    };
  }
};

/** As in the schema, where nobody said anything. */
const DEFAULT_MAX_ITEMS = 10_000;
