import { hasOnly, type Provider } from '../stand-in.ts';

export const NUMVERIFY_SECRET = { api_key: 'stand-in-numverify-key' };

/** https://numverify.com/documentation: every answer has status 200; a refusal says success: false. */
export const numverify: Provider = {
  hosts: ['apilayer.net'],
  answer({ method, path, query }) {
    const refuse = (code: number, type: string, info: string) => ({
      status: 200,
      body: { success: false, error: { code, type, info } },
    });
    if (path !== '/api/validate' || method !== 'GET')
      return refuse(103, 'invalid_api_function', 'This API Function does not exist.');
    if (query.get('access_key') !== NUMVERIFY_SECRET.api_key)
      return refuse(101, 'invalid_access_key', 'You have not supplied a valid API Access Key.');
    const number = (query.get('number') ?? '').replace(/\D/g, '');
    if (number === '') return refuse(210, 'no_phone_number_provided', 'Please specify a phone number.');
    if (!hasOnly(query.keys(), ['access_key', 'number'], ['country_code']))
      return refuse(310, 'unexpected_parameter', 'The stand-in takes documented parameters only.');
    const national = query.get('country_code') === 'US' && number === '4158586273';
    const valid = number === '14158586273' || national;
    const known = {
      local_format: '4158586273',
      international_format: '+14158586273',
      country_prefix: '+1',
      country_code: 'US',
      country_name: 'United States of America',
      location: 'Novato',
      carrier: 'AT&T Mobility LLC',
      line_type: 'mobile',
    };
    const unknown = Object.fromEntries(
      Object.keys(known).map((name) => [name, name === 'line_type' ? null : '']),
    );
    return { status: 200, body: { valid, number, ...(valid ? known : unknown) } };
  },
};
