import { hasOnly, isForm, type Provider } from '../stand-in.ts';

export const SLACK_SECRET = { token: 'stand-in-slack-token' };

/** https://docs.slack.dev/reference/methods/chat.postMessage: refusals have status 200 too, and ok: false. */
export const slack: Provider = {
  hosts: ['slack.com'],
  answer(seen) {
    const refuse = (error: string) => ({ status: 200, body: { ok: false, error } });
    if (seen.path !== '/api/chat.postMessage') return refuse('unknown_method');
    if (seen.method !== 'POST') return refuse('invalid_post_type');
    if (!isForm(seen)) return refuse('invalid_form_data');
    const { authorization } = seen.headers;
    if (authorization === undefined) return refuse('not_authed');
    if (authorization !== `Bearer ${SLACK_SECRET.token}`) return refuse('invalid_auth');
    const form = new URLSearchParams(seen.body);
    if (!hasOnly(form.keys(), ['channel', 'text'], ['thread_ts', 'unfurl_links']))
      return refuse('invalid_arguments');
    if (form.get('channel') !== 'C0123456789') return refuse('channel_not_found');
    const text = form.get('text') ?? '';
    if (text === '') return refuse('no_text');
    const thread = form.get('thread_ts');
    const message = {
      type: 'message',
      text,
      ts: '1503435956.000247',
      ...(thread ? { thread_ts: thread } : {}),
    };
    return { status: 200, body: { ok: true, channel: 'C0123456789', ts: message.ts, message } };
  },
};
