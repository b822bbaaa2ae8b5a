import { fieldsOf, hasOnly, isJson, isText, jsonOf, listOf, type Provider } from '../stand-in.ts';

export const HUBSPOT_SECRET = { token: 'stand-in-hubspot-token' };

const PROPERTIES = ['firstname', 'lastname', 'phone', 'company', 'jobtitle', 'lifecyclestage'];

/** https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/upsert-contacts */
export const hubspot: Provider = {
  hosts: ['api.hubapi.com'],
  answer(seen) {
    const refuse = (status: number, category: string, message: string) => ({
      status,
      body: { status: 'error', message, correlationId: '00000000-0000-0000-0000-000000000000', category },
    });
    if (seen.headers.authorization !== `Bearer ${HUBSPOT_SECRET.token}`)
      return refuse(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.');
    if (seen.method !== 'POST' || seen.path !== '/crm/v3/objects/contacts/batch/upsert')
      return refuse(404, 'OBJECT_NOT_FOUND', 'resource not found');
    const batch = jsonOf(seen);
    const [input, ...more] = listOf(batch.inputs).map(fieldsOf);
    if (!isJson(seen) || !hasOnly(Object.keys(batch), ['inputs']) || input === undefined || more.length > 0)
      return refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON');
    const properties = fieldsOf(input.properties);
    if (!hasOnly(Object.keys(input), ['id', 'idProperty', 'properties']) || input.idProperty !== 'email')
      return refuse(400, 'VALIDATION_ERROR', 'Invalid input JSON');
    if (!isText(input.id) || properties.email !== input.id)
      return refuse(400, 'VALIDATION_ERROR', 'email must be the id');
    const unknown = Object.keys(properties).find((name) => name !== 'email' && !PROPERTIES.includes(name));
    const result = {
      status: 'COMPLETE',
      startedAt: '2026-01-02T03:04:05Z',
      completedAt: '2026-01-02T03:04:05Z',
    };
    // Several inputs may fare differently, so that a refused one comes with status 207.
    if (unknown !== undefined) {
      const message = `Property values were not valid: "${unknown}" does not exist`;
      const errors = [{ status: 'error', category: 'VALIDATION_ERROR', message, context: {}, links: {} }];
      return { status: 207, body: { ...result, results: [], numErrors: 1, errors } };
    }
    const contact = { id: '33451', new: true, properties, archived: false };
    return { status: 200, body: { ...result, results: [contact] } };
  },
};
