import { hasOnly, type Provider, type Seen } from '../stand-in.ts';

export const PEOPLE_DATA_LABS_SECRET = { api_key: 'stand-in-pdl-key' };

/** Known to the stand-in; everybody else is not found. */
const PERSON = {
  full_name: 'Ada Lovelace',
  job_title: 'Analyst',
  job_company_name: 'Analytical Engines',
  job_company_website: 'analytical.example',
  location_name: 'London, England, United Kingdom',
  linkedin_url: 'linkedin.com/in/ada-example',
};
/** Found, with a name that tries to speak for the whole channel. */
const LOUD_PERSON = {
  ...PERSON,
  full_name: 'Mallory <!channel> & Sons',
  job_title: null,
  job_company_name: null,
};
const COMPANY = {
  name: 'Analytical Engines',
  industry: 'Computer Hardware',
  size: '11-50',
  employee_count: 42,
  founded: 1837,
  location: { name: 'London, England, United Kingdom', country: 'United Kingdom' },
  website: 'analytical.example',
  linkedin_url: 'linkedin.com/company/analytical-example',
  summary: null,
};

/** https://docs.peopledatalabs.com/docs/errors; a company's fields stand at the top, a person's in `data`. */
export const peopleDataLabs: Provider = {
  hosts: ['api.peopledatalabs.com'],
  answer(seen) {
    const { method, path, query, headers } = seen;
    if (headers['x-api-key'] !== PEOPLE_DATA_LABS_SECRET.api_key)
      return failure(401, 'authentication_error', 'Request contained a missing or invalid key');
    if (method !== 'GET') return failure(405, 'method_error', 'Request method is not allowed');
    if (path === '/v5/person/enrich') return person(seen);
    if (path !== '/v5/company/enrich') return failure(404, 'not_found', 'No such endpoint');
    if (!hasOnly(query.keys(), ['website', 'min_likelihood', 'titlecase']) || !isLikelihood(query))
      return failure(400, 'invalid_request_error', 'Request contained unexpected parameters');
    if (query.get('website') !== COMPANY.website) return NOT_FOUND;
    return { status: 200, body: { status: 200, ...COMPANY, likelihood: 6 } };
  },
};

function person({ query }: Seen) {
  if (!hasOnly(query.keys(), ['email', 'min_likelihood', 'titlecase']) || !isLikelihood(query))
    return failure(400, 'invalid_request_error', 'Request contained unexpected parameters');
  if (query.get('email') === 'mallory@example.com')
    return { status: 200, body: { status: 200, likelihood: 7, data: LOUD_PERSON } };
  if (query.get('email') !== 'ada@example.com' || Number(query.get('min_likelihood')) > 8) return NOT_FOUND;
  return { status: 200, body: { status: 200, likelihood: 8, data: PERSON } };
}

function isLikelihood(query: URLSearchParams): boolean {
  return /^([1-9]|10)$/.test(query.get('min_likelihood') ?? '') && query.get('titlecase') === 'true';
}

const failure = (status: number, type: string, message: string) => ({
  status,
  body: { status, error: { type, message } },
});
const NOT_FOUND = failure(404, 'not_found', 'No records were found matching your request');
