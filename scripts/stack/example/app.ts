import { Hono } from 'hono';

/** The keys that the example services ask for. They guard nothing: example data only. */
export const EXAMPLE_KEYS = {
  phone: 'example-phone-key',
  company: 'example-company-token',
  notes: 'example-notes-key',
};

const COUNTRIES: Readonly<Record<string, { country_code: string; country_name: string }>> = {
  '+49': { country_code: 'DE', country_name: 'Germany' },
  '+44': { country_code: 'GB', country_name: 'United Kingdom' },
  '+1': { country_code: 'US', country_name: 'United States' },
};

export type ExampleOptions = {
  /** Every answer takes this long, as a service elsewhere would. */
  latencyMs: number;
};

/**
 * Three small services to build a connector with: phone validation (API key in the query), company data (bearer token,
 * and busy the first time it is asked about a company), and notes (API key in a header).
 */
export function exampleApp({ latencyMs }: ExampleOptions): Hono {
  const app = new Hono();
  const asked = new Map<string, number>();
  const notes = new Map<string, { id: number; text: string }>();

  app.use(async (_c, next) => {
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    await next();
  });

  app.get('/phone/validate', (c) => {
    if (c.req.query('access_key') !== EXAMPLE_KEYS.phone) return c.json({ error: 'invalid access_key' }, 401);
    const number = (c.req.query('number') ?? '').replace(/[^\d+]/g, '');
    const prefix = Object.keys(COUNTRIES).find((known) => number.startsWith(known));
    const country = prefix === undefined ? { country_code: null, country_name: null } : COUNTRIES[prefix];
    return c.json({
      valid: prefix !== undefined && number.length >= 9,
      number,
      ...country,
      line_type: 'mobile',
    });
  });

  app.get('/companies/:domain', (c) => {
    if (c.req.header('authorization') !== `Bearer ${EXAMPLE_KEYS.company}`)
      return c.json({ error: 'invalid token' }, 401);
    const domain = c.req.param('domain');
    const times = (asked.get(domain) ?? 0) + 1;
    asked.set(domain, times);
    if (times % 2 === 1) return c.json({ error: 'busy, try again' }, 503);
    const [name = domain] = domain.split('.');
    return c.json({
      domain,
      name: `${name.charAt(0).toUpperCase()}${name.slice(1)} Inc.`,
      employees: 42,
      industry: 'Examples',
    });
  });

  app.post('/notes', async (c) => {
    if (c.req.header('x-api-key') !== EXAMPLE_KEYS.notes) return c.json({ error: 'invalid key' }, 401);
    const body: unknown = await c.req.json();
    const text = typeof body === 'object' && body !== null && 'text' in body ? String(body.text) : '';
    // The same Idempotency-Key gets the same note, as a good service does.
    const key = c.req.header('idempotency-key') ?? crypto.randomUUID();
    const note = notes.get(key) ?? { id: notes.size + 1, text };
    notes.set(key, note);
    return c.json(note, 201);
  });
  app.get('/notes', (c) => c.json([...notes.values()]));
  return app;
}
