import { type Fields, fieldsOf, hasOnly, isJson, jsonOf, type Provider, type Seen } from '../stand-in.ts';

export const HUBSPOT_SECRET = { token: 'stand-in-hubspot-token' };

const PROPERTIES = ['email', 'firstname', 'lastname', 'phone', 'company', 'jobtitle', 'lifecyclestage'];
/** Known to the stand-in; everybody else is new. */
const GRACE = 'grace@example.com';
const CONTACTS = '/crm/v3/objects/contacts';

/** https://developers.hubspot.com/docs/guides/api/crm/objects/contacts: update by e-mail address, and create. */
export const hubspot: Provider = {
  hosts: ['api.hubapi.com'],
  answer(seen) {
    if (seen.headers.authorization !== `Bearer ${HUBSPOT_SECRET.token}`)
      return refuse(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.');
    const [, email] = new RegExp(`^${CONTACTS}/([^/]+)$`).exec(seen.path) ?? [];
    if (seen.method === 'PATCH' && email !== undefined) return update(seen, decodeURIComponent(email));
    if (seen.method === 'POST' && seen.path === CONTACTS) return create(seen);
    return refuse(405, 'METHOD_NOT_ALLOWED', 'HTTP 405 Method Not Allowed');
  },
};

function update(seen: Seen, email: string) {
  if (!hasOnly(seen.query.keys(), ['idProperty']) || seen.query.get('idProperty') !== 'email')
    return refuse(400, 'VALIDATION_ERROR', 'idProperty must be email');
  if (email !== GRACE) return refuse(404, 'OBJECT_NOT_FOUND', 'resource not found');
  const properties = propertiesIn(seen);
  if ('body' in properties) return properties;
  if (Object.keys(properties.given).length === 0)
    return refuse(400, 'VALIDATION_ERROR', 'No properties found to update');
  return { status: 200, body: { id: '512', properties: properties.given, archived: false } };
}

function create(seen: Seen) {
  const properties = propertiesIn(seen);
  if ('body' in properties) return properties;
  if (properties.given.email === undefined) return refuse(400, 'VALIDATION_ERROR', 'email is missing');
  if (properties.given.email === GRACE)
    return refuse(409, 'CONFLICT', 'Contact already exists. Existing ID: 512');
  return { status: 201, body: { id: '33451', properties: properties.given, archived: false } };
}

function propertiesIn(seen: Seen): { given: Fields } | ReturnType<typeof refuse> {
  const body = jsonOf(seen);
  const given = fieldsOf(body.properties);
  const texts = Object.values(given).every((value) => typeof value === 'string');
  if (!isJson(seen) || !hasOnly(Object.keys(body), ['properties']) || !texts)
    return refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON');
  const unknown = Object.keys(given).find((name) => !PROPERTIES.includes(name));
  if (unknown !== undefined)
    return refuse(400, 'VALIDATION_ERROR', `Property values were not valid: "${unknown}" does not exist`);
  return { given };
}

const refuse = (status: number, category: string, message: string) => ({
  status,
  body: { status: 'error', message, correlationId: '00000000-0000-0000-0000-000000000000', category },
});
