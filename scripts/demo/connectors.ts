import type * as z from 'zod';
import type { CreateConnector } from '../../core/connector/schema.ts';
import type { StoreCredential } from '../../core/credential/schema.ts';
import { EXAMPLE_KEYS } from '../stack/example/app.ts';

type Connector = z.input<typeof CreateConnector>;
export type Example = { connector: Connector; input: Record<string, string>; credentials: StoreCredential[] };

/** Three steps over the example API: validate a phone number, enrich the company, keep a note; the person becomes a contact. */
export function enrichLead(exampleUrl: string): Example {
  const allowed_hosts = [new URL(exampleUrl).host];
  return {
    credentials: [
      {
        service_name: 'example_phone',
        type: 'api_key',
        fields: { api_key: EXAMPLE_KEYS.phone },
        placement: { in: 'query', name: 'access_key' },
        allowed_hosts,
      },
      {
        service_name: 'example_company',
        type: 'bearer',
        fields: { token: EXAMPLE_KEYS.company },
        allowed_hosts,
      },
      {
        service_name: 'example_notes',
        type: 'api_key',
        fields: { api_key: EXAMPLE_KEYS.notes },
        placement: { in: 'header', name: 'X-Api-Key' },
        allowed_hosts,
      },
    ],
    connector: {
      name: 'Enrich a lead',
      description: 'Validates a phone number, looks the company up and keeps a note.',
      input_schema: {
        type: 'object',
        required: ['phone', 'email'],
        properties: { phone: { type: 'string' }, email: { type: 'string', format: 'email' } },
        additionalProperties: false,
      },
      steps: [
        {
          name: 'phone',
          request: {
            url: `${exampleUrl}/phone/validate`,
            query: { number: '{{input.phone}}' },
            auth: { credential: 'example_phone' },
          },
          response: { map: { country: 'body.country_code', valid: 'body.valid' } },
        },
        {
          name: 'company',
          condition: 'steps.phone.valid',
          request: {
            url: `${exampleUrl}/companies/{{$substringAfter(input.email, "@")}}`,
            auth: { credential: 'example_company' },
          },
          response: { map: { name: 'body.name', employees: 'body.employees' } },
          retry: { max_attempts: 3, base_ms: 200, max_ms: 1000 },
        },
        {
          name: 'note',
          request: {
            method: 'POST',
            url: `${exampleUrl}/notes`,
            auth: { credential: 'example_notes' },
            body: {
              type: 'json',
              content: { text: '{{input.email}} of {{steps.company.name}} ({{steps.phone.country}})' },
            },
          },
          response: { map: { id: 'body.id' } },
          idempotency_key: true,
        },
      ],
      output: {
        country: '{{steps.phone.country}}',
        company: '{{steps.company.name}}',
        employees: '{{steps.company.employees}}',
        note_id: '{{steps.note.id}}',
      },
      contact_mapping: {
        match: ['email'],
        fields: {
          email: '{{input.email}}',
          phone: '{{input.phone}}',
          company: '{{steps.company.name}}',
          country: '{{steps.phone.country}}',
        },
      },
    },
    input: { phone: '+49 30 123456', email: 'ada@example.com' },
  };
}

/** One step, one API key. */
export function validatePhone(exampleUrl: string): Example {
  const { connector, credentials, input } = enrichLead(exampleUrl);
  return {
    connector: {
      name: 'Validate a phone number',
      steps: connector.steps.slice(0, 1),
      output: { valid: '{{steps.phone.valid}}', country: '{{steps.phone.country}}' },
    },
    credentials: credentials.slice(0, 1),
    input,
  };
}

/** One step, no key: https://docs.github.com/en/rest/repos/repos#get-a-repository */
export function publicRepository(): Example {
  return {
    connector: {
      name: 'Look a repository up',
      steps: [
        {
          name: 'repository',
          request: {
            url: 'https://api.github.com/repos/{{input.owner}}/{{input.name}}',
            headers: { Accept: 'application/vnd.github+json' },
          },
          response: { map: { stars: 'body.stargazers_count', licence: 'body.license.spdx_id' } },
        },
      ],
      output: { stars: '{{steps.repository.stars}}', licence: '{{steps.repository.licence}}' },
    },
    credentials: [],
    input: { owner: 'honojs', name: 'hono' },
  };
}

/** Two steps, no key: https://open-meteo.com/en/docs/geocoding-api and https://open-meteo.com/en/docs */
export function publicWeather(): Example {
  return {
    connector: {
      name: 'Weather in a city',
      steps: [
        {
          name: 'place',
          request: {
            url: 'https://geocoding-api.open-meteo.com/v1/search',
            query: { name: '{{input.city}}', count: 1 },
          },
          response: {
            map: {
              latitude: 'body.results[0].latitude',
              longitude: 'body.results[0].longitude',
              name: 'body.results[0].name',
            },
          },
        },
        {
          name: 'weather',
          request: {
            url: 'https://api.open-meteo.com/v1/forecast',
            query: {
              latitude: '{{steps.place.latitude}}',
              longitude: '{{steps.place.longitude}}',
              current: 'temperature_2m,wind_speed_10m',
            },
          },
          response: {
            map: { celsius: 'body.current.temperature_2m', wind_kmh: 'body.current.wind_speed_10m' },
          },
        },
      ],
      output: {
        place: '{{steps.place.name}}',
        celsius: '{{steps.weather.celsius}}',
        wind_kmh: '{{steps.weather.wind_kmh}}',
      },
    },
    credentials: [],
    input: { city: 'Berlin' },
  };
}
