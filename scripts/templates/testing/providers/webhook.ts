import { isJson, type Provider } from '../stand-in.ts';

export const WEBHOOK_SECRET = { token: 'stand-in-webhook-token' };

/** A receiver of webhooks with an open and a protected address. */
export const webhook: Provider = {
  hosts: ['hooks.example.com'],
  answer(seen) {
    const { headers, method, path } = seen;
    if (method !== 'POST' || (path !== '/leads' && path !== '/protected')) return { status: 404 };
    if (path === '/protected' && headers['x-webhook-token'] !== WEBHOOK_SECRET.token) return { status: 401 };
    if (!isJson(seen)) return { status: 415 };
    if (!headers['idempotency-key']) return { status: 400, body: { error: 'Idempotency-Key is missing' } };
    return { status: 200, body: { received: true } };
  },
};
