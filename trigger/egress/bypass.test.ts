/**
 * Ways around the door, all at once: a real listener, the canary, waits on loopback, and whatever the door lets
 * through ends there. Requirement → test.
 *
 * | requirement (design 9) | test |
 * |---|---|
 * | the canary can be reached: an empty result below means something | "the canary" |
 * | hostile URLs in every notation, as URL and as redirect | "hostile URLs" |
 * | 10,000 special-purpose addresses, as literal, DNS answer and redirect | "generated addresses" |
 * | the checked address is the connected one, over 1,000 lookups | "names that change" |
 * | public URLs still pass | "public URLs" |
 */
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileUrls, NAMES } from '../../core/egress/testing/hostile-urls.ts';
import { PUBLIC_ANSWER, PUBLIC_URLS } from '../../core/egress/testing/public-urls.ts';
import { specialAddresses } from '../../core/egress/testing/special-addresses.ts';
import type { Resolve } from './connector.ts';
import { createEgress, type EgressPorts } from './create-egress.ts';
import {
  internetAt,
  listenOnLoopback,
  outcome,
  recordingDial,
  requestTo,
  resolveTo,
  startHttp,
  startRedirects,
} from './testing.ts';

/** Listens on 127.0.0.1 and, where the machine has it, on ::1, at one port. */
let canary: Awaited<ReturnType<typeof listenOnLoopback>>;
/** A public service that redirects to wherever its path says. */
let redirects: Awaited<ReturnType<typeof startRedirects>>;
beforeAll(async () => {
  canary = await listenOnLoopback();
  redirects = await startRedirects();
});
afterAll(async () => {
  await canary.close();
  await redirects.close();
});

/** The canary's port is an allowed one, so that it is never the port that saves the day. */
const production = () => ({ allowLoopback: false, allowedPorts: [canary.port], connectTimeoutMs: 500 });

const answersOf = (name: string): readonly string[] => NAMES[name] ?? [PUBLIC_ANSWER];
const resolveByTable: Resolve = (name) => resolveTo(...answersOf(name))(name);

/** Whatever address is chosen, its socket goes to the canary. */
const everywhereIsCanary = (dialled: string[] = []): EgressPorts => ({
  resolve: resolveByTable,
  dial: internetAt(canary.port, dialled),
});

/** The public answer is the redirecting service; every other address is the canary. */
function internetThatRedirects(resolve: Resolve, dialled: string[] = []): EgressPorts {
  return {
    resolve,
    dial: (lookup) => {
      const toCanary = internetAt(canary.port, dialled)(lookup);
      const toService = internetAt(redirects.port, dialled)(lookup);
      return (target, callback) =>
        (target.hostname === 'start.example.com' ? toService : toCanary)(target, callback);
    },
  };
}

describe('the canary', () => {
  it.each(['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'])(
    'is reached at %s by the development setting: it listens',
    async (host) => {
      const before = canary.connections();
      const egress = createEgress({ allowLoopback: true }, { resolve: resolveTo('127.0.0.1') });
      expect(outcome(await egress.send(requestTo(`http://${host}:${canary.port}/`)))).toBe(200);
      await egress.close();
      expect(canary.connections()).toBe(before + 1);
    },
  );

  it('is reached over IPv6 where the machine has it', async ({ skip }) => {
    if (!canary.hasV6) skip();
    const before = canary.connections();
    const egress = createEgress({ allowLoopback: true });
    expect(outcome(await egress.send(requestTo(`http://[::1]:${canary.port}/`)))).toBe(200);
    await egress.close();
    expect(canary.connections()).toBe(before + 1);
  });

  it.each(['8.8.8.8', '[2606:4700:4700::1111]', 'api.example.com'])(
    'is reached at %s when it stands in for the internet: the arrangement leads there',
    async (host) => {
      const before = canary.connections();
      const egress = createEgress(production(), everywhereIsCanary());
      expect(outcome(await egress.send(requestTo(`http://${host}:${canary.port}/`)))).toBe(200);
      await egress.close();
      expect(canary.connections()).toBe(before + 1);
    },
  );

  it.each(['http://8.8.8.8:PORT/', '//api.example.com:PORT/x'])(
    'is reached by a redirect to %s: redirects are followed',
    async (location) => {
      const before = canary.connections();
      const egress = createEgress(production(), internetThatRedirects(resolveByTable));
      const url = redirects.urlTo(location.replace('PORT', String(canary.port)));
      expect(outcome(await egress.send(requestTo(url)))).toBe(200);
      await egress.close();
      expect(canary.connections()).toBe(before + 1);
    },
  );
});

describe('hostile URLs', () => {
  // Rows are made before the listener has its port.
  const rows = hostileUrls(0).map(([idea, url], index) => [idea, url, index] as const);
  const row = (index: number) => hostileUrls(canary.port)[index] ?? (['', '', 'invalid_url'] as const);

  it('are 150 or more, each once', () => {
    expect(rows.length).toBeGreaterThanOrEqual(150);
    expect(new Set(rows.map(([, url]) => url)).size).toBe(rows.length);
  });

  it.each(rows)('%s: %j reaches nothing', async (_idea, _url, index) => {
    const before = canary.connections();
    const [, url, code] = row(index);
    // By the system's own sockets, with every name leading to this machine ...
    const names = { resolve: resolveTo('127.0.0.1', ...(canary.hasV6 ? ['::1'] : [])) };
    const real = createEgress(production(), names);
    const result = await real.send(requestTo(url));
    await real.close();
    expect(result).toMatchObject({ ok: false, failure: { class: 'egress_blocked', requestSent: false } });
    // ... and where any address at all that is dialled, public ones too, is the canary.
    const dialled: string[] = [];
    const landing = createEgress(production(), everywhereIsCanary(dialled));
    expect(outcome(await landing.send(requestTo(url)))).toBe(code);
    await landing.close();
    expect(dialled).toEqual([]);
    expect(canary.connections()).toBe(before);
  });

  it('reach nothing when a public service redirects to them', async () => {
    const before = canary.connections();
    const dialled: string[] = [];
    const egress = createEgress(production(), internetThatRedirects(resolveByTable, dialled));
    const outcomes: (string | number)[] = [];
    for (const [, url, code] of hostileUrls(canary.port)) {
      // A header cannot hold these; that they are refused elsewhere is no test of redirects.
      if (/[\r\n\0]/.test(url)) continue;
      for (const status of [301, 302, 303, 307, 308]) {
        const result = await egress.send(requestTo(redirects.urlTo(url, status)));
        expect(result.ok, `${status} to ${url}`).toBe(false);
        if (!result.ok) expect(result.failure.requestSent).toBe(true);
        outcomes.push(outcome(result) === code ? 'as directly' : outcome(result));
      }
    }
    await egress.close();
    expect(outcomes.filter((one) => one === 'as directly').length).toBeGreaterThan(1_000);
    expect(new Set(dialled)).toEqual(new Set([PUBLIC_ANSWER]));
    expect(canary.connections()).toBe(before);
  });
});

describe('generated addresses', () => {
  const ADDRESSES = specialAddresses(10_000);

  it('10,000 literals and DNS answers reach nothing', async () => {
    const before = canary.connections();
    const dialled: string[] = [];
    let answers: readonly string[] = [];
    const resolve: Resolve = (name) => resolveTo(...answers)(name);
    const egress = createEgress(production(), { resolve, dial: internetAt(canary.port, dialled) });
    for (const [index, { host, answer }] of ADDRESSES.entries()) {
      const literal = await egress.send(requestTo(`http://${host}:${canary.port}/`));
      expect(outcome(literal), host).toBe('blocked_address');
      // Alone, or hidden before or behind public answers.
      answers = [[answer], [PUBLIC_ANSWER, answer], [answer, PUBLIC_ANSWER]][index % 3] ?? [];
      const named = await egress.send(requestTo(`http://api.example.com:${canary.port}/`));
      expect(outcome(named), answer).toBe('blocked_address');
    }
    await egress.close();
    expect(dialled).toEqual([]);
    expect(canary.connections()).toBe(before);
  }, 60_000);

  it('1,000 of them reach nothing by redirect', async () => {
    const before = canary.connections();
    const dialled: string[] = [];
    const egress = createEgress(production(), internetThatRedirects(resolveByTable, dialled));
    for (const { host } of ADDRESSES.slice(0, 1_000)) {
      const result = await egress.send(requestTo(redirects.urlTo(`http://${host}:${canary.port}/`)));
      expect(result).toMatchObject({ ok: false, failure: { requestSent: true } });
      // Bytes of a header are no characters: full-width digits arrive as something that is no URL.
      expect(['blocked_address', 'invalid_response']).toContain(outcome(result));
    }
    await egress.close();
    expect(new Set(dialled)).toEqual(new Set([PUBLIC_ANSWER]));
    expect(canary.connections()).toBe(before);
  });
});

describe('names that change between two lookups', () => {
  const LOOKUPS = 1_000;

  it('are connected at the address that was checked, 1,000 times', async () => {
    const before = canary.connections();
    const internet = await startHttp((_request, response) => {
      response.setHeader('connection', 'close').end('ok');
    });
    const given: string[] = [];
    const dialled: string[] = [];
    const flips = specialAddresses(LOOKUPS);
    const egress = createEgress(production(), {
      resolve: async () => {
        const at = given.length;
        const address = at % 2 === 0 ? `93.184.${at >> 8}.${at & 255}` : (flips[at]?.answer ?? '127.0.0.1');
        given.push(address);
        return [{ address, family: net.isIP(address) }];
      },
      dial: internetAt(internet.port, dialled),
    });
    const outcomes: (string | number)[] = [];
    for (let call = 0; call < LOOKUPS; call += 1) {
      outcomes.push(outcome(await egress.send(requestTo(`http://rebind.example.com:${canary.port}/`))));
    }
    await egress.close();
    await internet.close();
    // One lookup for each connection: a second one would have been answered differently.
    expect(given).toHaveLength(LOOKUPS);
    expect(dialled).toEqual(given.filter((_, at) => at % 2 === 0));
    expect(outcomes).toEqual(
      Array.from({ length: LOOKUPS }, (_, at) => (at % 2 === 0 ? 200 : 'blocked_address')),
    );
    expect(canary.connections()).toBe(before);
  });

  it("are connected there by the system's own sockets as well", async () => {
    const before = canary.connections();
    const allowed = await startHttp((_request, response) => {
      response.setHeader('connection', 'close').end('ok');
    });
    let lookups = 0;
    // The other way round, since sockets of a test must stay on loopback: what flips is public.
    const egress = createEgress(
      { allowLoopback: true },
      {
        resolve: async () => {
          lookups += 1;
          return [{ address: lookups % 2 === 1 ? '127.0.0.1' : PUBLIC_ANSWER, family: 4 }];
        },
      },
    );
    const outcomes: (string | number)[] = [];
    for (let call = 0; call < LOOKUPS; call += 1) {
      outcomes.push(outcome(await egress.send(requestTo(`http://rebind.localhost:${allowed.port}/`))));
    }
    await egress.close();
    expect(lookups).toBe(LOOKUPS);
    expect(allowed.connections()).toBe(LOOKUPS / 2);
    expect(outcomes.filter((one) => one === 200)).toHaveLength(LOOKUPS / 2);
    expect(outcomes.filter((one) => one === 'blocked_address')).toHaveLength(LOOKUPS / 2);
    await allowed.close();
    expect(canary.connections()).toBe(before);
  });
});

describe('public URLs', () => {
  it('are 30 or more', () => expect(PUBLIC_URLS.length).toBeGreaterThanOrEqual(30));

  it.each(PUBLIC_URLS)('%s is connected at %s', async (url, address) => {
    const dialled: string[] = [];
    const ports = { resolve: resolveTo(PUBLIC_ANSWER), dial: recordingDial(dialled) };
    const egress = createEgress({ allowLoopback: false, allowedPorts: [8443] }, ports);
    const result = await egress.send(requestTo(url));
    await egress.close();
    expect(dialled).toEqual([address]);
    expect(outcome(result)).toBe('connect_refused');
  });
});
