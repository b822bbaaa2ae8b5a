import { hasOnly, isForm, type Provider } from '../stand-in.ts';

export const TWILIO_SECRET = { username: 'stand-in-twilio-sid', password: 'stand-in-twilio-secret' };
const AUTHORIZATION = `Basic ${btoa(`${TWILIO_SECRET.username}:${TWILIO_SECRET.password}`)}`;
const ACCOUNT = 'AC00000000000000000000000000000000';

/** https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource */
export const twilio: Provider = {
  hosts: ['api.twilio.com'],
  answer(seen) {
    const refuse = (status: number, code: number, message: string) => ({
      status,
      body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
    });
    if (seen.headers.authorization !== AUTHORIZATION) return refuse(401, 20003, 'Authenticate');
    if (seen.method !== 'POST' || seen.path !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`)
      return refuse(404, 20404, 'The requested resource was not found');
    const form = new URLSearchParams(seen.body);
    if (!isForm(seen) || !hasOnly(form.keys(), ['To'], ['From', 'MessagingServiceSid', 'Body']))
      return refuse(400, 20001, 'Unknown parameters');
    const to = form.get('To') ?? '';
    // Twilio's magic number for an invalid one.
    if (!/^\+[1-9]\d{7,14}$/.test(to) || to === '+15005550001')
      return refuse(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
    const from = form.get('From');
    const service = form.get('MessagingServiceSid');
    if (!from && !service) return refuse(400, 21603, "A 'From' phone number is required.");
    if (!form.get('Body')) return refuse(400, 21602, 'Message body is required.');
    const sid = 'SM00000000000000000000000000000001';
    const status = service ? 'accepted' : 'queued';
    const body = form.get('Body');
    return {
      status: 201,
      body: {
        sid,
        account_sid: ACCOUNT,
        to,
        from,
        body,
        status,
        num_segments: '1',
        error_code: null,
        price: null,
      },
    };
  },
};
