import { hasOnly, isForm, type Provider, type Seen } from '../stand-in.ts';

export const STRIPE_SECRET = { token: 'stand-in-stripe-key' };

const ADA = {
  id: 'cus_NffrFeUfNV2Hib',
  object: 'customer',
  created: 1_680_886_328,
  currency: 'gbp',
  delinquent: false,
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  phone: null,
};

/** https://docs.stripe.com/api/customers/list and /create, https://docs.stripe.com/api/idempotent_requests */
export const stripe: Provider = {
  hosts: ['api.stripe.com'],
  answer(seen) {
    if (seen.headers.authorization !== `Bearer ${STRIPE_SECRET.token}`)
      return refuse(401, 'Invalid API Key provided');
    if (seen.headers['stripe-version'] !== '2024-06-20') return refuse(400, 'Invalid Stripe API version');
    if (seen.path !== '/v1/customers')
      return refuse(404, `Unrecognized request URL (${seen.method}: ${seen.path}).`);
    if (seen.method === 'GET') return list(seen);
    return seen.method === 'POST' ? create(seen) : refuse(404, 'Unrecognized request URL');
  },
};

function list({ query }: Seen) {
  if (!hasOnly(query.keys(), ['email', 'limit'])) return refuse(400, 'Received unknown parameter');
  const limit = Number(query.get('limit'));
  if (!(limit >= 1 && limit <= 100)) return refuse(400, 'Invalid limit');
  const data = query.get('email') === ADA.email ? [ADA] : [];
  return { status: 200, body: { object: 'list', url: '/v1/customers', has_more: false, data } };
}

function create(seen: Seen) {
  const form = new URLSearchParams(seen.body);
  const key = seen.headers['idempotency-key'];
  if (!isForm(seen) || !hasOnly(form.keys(), ['email'], ['name', 'phone', 'description']))
    return refuse(400, 'Received unknown parameter');
  if (typeof key !== 'string' || key.length > 255)
    return refuse(400, 'The stand-in wants an Idempotency-Key');
  const customer = { ...ADA, id: 'cus_Pk3NewCustomer', email: form.get('email'), name: form.get('name') };
  return { status: 200, headers: { 'idempotency-key': key }, body: customer };
}

const refuse = (status: number, message: string) => ({
  status,
  body: { error: { type: 'invalid_request_error', message } },
});
