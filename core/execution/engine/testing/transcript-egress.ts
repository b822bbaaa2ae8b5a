import * as z from 'zod';
import { hostIsBound } from '../../../egress/host-binding.ts';
import {
  type EgressFailureCode,
  type EgressRequest,
  type EgressResult,
  egressFailure,
  type HeaderPair,
} from '../../../egress/port.ts';
import { followRedirect, type Hop, redirectLocation } from '../../../egress/redirect.ts';
import { JsonValue } from '../../../json/json.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One call and what comes back, as a reference page writes it. */
export const Exchange = z.strictObject({
  /** Method and URL. */
  call: z.string(),
  sent: z
    .strictObject({
      /** Some of the headers, by lower-case name; null for one that must not be there. */
      headers: z.record(z.string(), z.string().nullable()).optional(),
      /** Text as it was sent; anything else is compared as JSON. */
      body: JsonValue.optional(),
      base64: z.string().optional(),
    })
    .optional(),
  /** When the call is made, since the execution was started. */
  at_ms: z.int().optional(),
  /** As many calls in a row. */
  times: z.int().min(1).default(1),
  status: z.int().default(200),
  headers: z.record(z.string(), z.string()).default({}),
  /** Text as it stands, anything else as JSON. */
  body: JsonValue.optional(),
  base64: z.string().optional(),
  takes_ms: z.int().default(0),
  /** What happens in place of an answer, after `takes_ms`. */
  event: z.enum(['hangs', 'connection reset', 'process dies', 'execution is cancelled']).optional(),
});
export type Exchange = z.infer<typeof Exchange>;

export type TranscriptEvents = { processDies: () => void; cancel: () => void };

export interface Transcript {
  answer(request: EgressRequest): Promise<EgressResult>;
  /** Calls that were not as they are written, and those that nobody made. */
  problems(): string[];
}

const MAX_REDIRECTS = 5;

/**
 * Plays the services' part. Follows redirects, bounds answers and binds credentials by the same rules as the door does,
 * each hop being a call of its own.
 */
export function transcript(
  exchanges: readonly Exchange[],
  time: VirtualTime,
  events: TranscriptEvents,
): Transcript {
  const expected = exchanges.flatMap((exchange) => new Array<Exchange>(exchange.times).fill(exchange));
  const problems: string[] = [];
  const began = time.now();
  let made = 0;

  function exchangeOf(hop: Hop): Exchange | undefined {
    const call = `${hop.method} ${hop.url.href}`;
    const exchange = expected[made];
    made += 1;
    if (exchange?.call !== call) {
      problems.push(`call ${made} is ${call} and should be ${exchange?.call ?? 'none'}`);
      return undefined;
    }
    const at = time.now() - began;
    if (exchange.at_ms !== undefined && at !== exchange.at_ms)
      problems.push(`${call} is made after ${at} ms and should be after ${exchange.at_ms}`);
    problems.push(...differences(exchange, hop).map((what) => `${call}: ${what}`));
    return exchange;
  }

  async function answer(request: EgressRequest): Promise<EgressResult> {
    let hop: Hop = {
      method: request.method,
      url: new URL(request.url),
      headers: request.headers.map(([name, value]) => [name.toLowerCase(), value]),
      body: request.body,
    };
    for (let redirects = 0; ; redirects += 1) {
      if (request.credentialHosts !== null && !hostIsBound(hop.url, request.credentialHosts))
        return failed('blocked_host_binding', redirects > 0);
      const exchange = exchangeOf(hop);
      if (!exchange) return failed('connect_failed');
      if (exchange.event === 'process dies') events.processDies();
      await time.sleep(exchange.takes_ms, request.signal);
      if (exchange.event === 'connection reset') return failed('connect_reset');
      if (exchange.event === 'execution is cancelled') events.cancel();
      if (exchange.event !== undefined) await time.sleep(request.timeoutMs, request.signal);
      if (request.signal.aborted) return failed('aborted');
      if (exchange.event !== undefined) return failed('headers_timeout');
      const { status } = exchange;
      const { headers, body } = answerOf(exchange);
      const location = redirectLocation(status, headers);
      const most = request.followRedirects ?? MAX_REDIRECTS;
      const next = location === null || most === 0 ? null : followRedirect(hop, status, location, request);
      if (next === null) {
        if (body.byteLength > request.maxResponseBytes) return failed('response_too_large');
        const timings = { firstByteMs: 1, totalMs: 1 };
        return { ok: true, response: { status, headers, body, url: hop.url.href, timings } };
      }
      if (redirects >= most) return failed('too_many_redirects');
      hop = next;
    }
  }

  return {
    answer,
    problems: () => [...problems, ...expected.slice(made).map(({ call }) => `${call} is not made`)],
  };
}

function failed(code: EgressFailureCode, requestSent = true): EgressResult {
  return { ok: false, failure: egressFailure(code, `The door reports ${code}.`, requestSent) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function answerOf({ headers, body, base64 }: Exchange): { headers: HeaderPair[]; body: Uint8Array } {
  const pairs = Object.entries(headers).map(([name, value]): HeaderPair => [name.toLowerCase(), value]);
  if (base64 !== undefined) return { headers: pairs, body: Uint8Array.from(atob(base64), charCode) };
  if (body === undefined) return { headers: pairs, body: new Uint8Array() };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  if (!pairs.some(([name]) => name === 'content-type')) pairs.push(['content-type', type]);
  return { headers: pairs, body: encoder.encode(text) };
}

const charCode = (character: string) => character.charCodeAt(0);

function differences({ sent }: Exchange, hop: Hop): string[] {
  const found: string[] = [];
  const compare = (what: string, is: string, should: string) => {
    if (is !== should) found.push(`${what} is ${is} and should be ${should}`);
  };
  const headers = new Map(hop.headers.map(([name, value]) => [name, value]));
  for (const [name, value] of Object.entries(sent?.headers ?? {}))
    compare(`the header ${name}`, String(headers.get(name) ?? null), String(value));
  const bytes = typeof hop.body === 'string' ? encoder.encode(hop.body) : (hop.body ?? new Uint8Array());
  if (sent?.base64 !== undefined) compare('the body', btoa(String.fromCharCode(...bytes)), sent.base64);
  if (sent?.body === undefined) return found;
  const text = decoder.decode(bytes);
  const should = typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body);
  compare('the body', text, should);
  return found;
}
