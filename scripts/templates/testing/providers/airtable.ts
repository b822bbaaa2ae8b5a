import { fieldsOf, hasOnly, isJson, jsonOf, type Provider } from '../stand-in.ts';

export const AIRTABLE_SECRET = { token: 'stand-in-airtable-token' };

/** https://airtable.com/developers/web/api/create-records and /errors */
export const airtable: Provider = {
  hosts: ['api.airtable.com'],
  answer(seen) {
    const refuse = (status: number, type: string, message: string) => ({
      status,
      body: { error: { type, message } },
    });
    if (seen.headers.authorization !== `Bearer ${AIRTABLE_SECRET.token}`)
      return refuse(401, 'AUTHENTICATION_REQUIRED', 'Authentication required');
    const table = /^\/v0\/appAbCdEfGhIjKlMn\/([^/]+)$/.exec(seen.path)?.[1];
    if (seen.method !== 'POST' || table === undefined) return { status: 404, body: { error: 'NOT_FOUND' } };
    if (!['Leads', 'New leads'].includes(decodeURIComponent(table)))
      return refuse(
        403,
        'INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND',
        'Invalid permissions, or the model was not found.',
      );
    const record = jsonOf(seen);
    const fits = hasOnly(Object.keys(record), ['fields', 'typecast']) && typeof record.typecast === 'boolean';
    if (!isJson(seen) || !fits) return refuse(422, 'INVALID_REQUEST_UNKNOWN', 'Invalid request');
    const fields = fieldsOf(record.fields);
    const unknown = Object.keys(fields).find((name) => !['Name', 'Status', 'Tags'].includes(name));
    if (unknown !== undefined) return refuse(422, 'UNKNOWN_FIELD_NAME', `Unknown field name: "${unknown}"`);
    return {
      status: 200,
      body: { id: 'rec560UJdUtocSouk', createdTime: '2026-01-02T03:04:05.000Z', fields },
    };
  },
};
