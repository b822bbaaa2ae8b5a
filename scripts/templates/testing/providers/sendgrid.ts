import { fieldsOf, hasOnly, isJson, isText, jsonOf, listOf, type Provider } from '../stand-in.ts';

export const SENDGRID_SECRET = { token: 'stand-in-sendgrid-key' };

/** https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send: accepted mail gives 202 and no body. */
export const sendgrid: Provider = {
  hosts: ['api.sendgrid.com'],
  answer(seen) {
    const refuse = (status: number, message: string, field: string | null = null) => ({
      status,
      body: { errors: [{ message, field, help: null }] },
    });
    if (seen.headers.authorization !== `Bearer ${SENDGRID_SECRET.token}`)
      return refuse(401, 'The provided authorization grant is invalid, expired, or revoked');
    if (seen.method !== 'POST' || seen.path !== '/v3/mail/send') return refuse(404, 'not found');
    const mail = jsonOf(seen);
    if (!isJson(seen)) return refuse(415, 'Content-Type should be application/json.');
    if (!hasOnly(Object.keys(mail), ['personalizations', 'from', 'subject', 'content']))
      return refuse(400, 'Bad Request');
    const to = listOf(mail.personalizations).flatMap((block) => listOf(fieldsOf(block).to).map(fieldsOf));
    if (to.length !== 1 || !isText(to[0]?.email))
      return refuse(400, 'The to array is required.', 'personalizations.0.to');
    const from = fieldsOf(mail.from);
    if (!hasOnly(Object.keys(from), ['email'], ['name']))
      return refuse(400, 'The from object is invalid.', 'from');
    if (from.email !== 'hello@example.com')
      return refuse(403, 'The from address does not match a verified Sender Identity.', 'from');
    const parts = listOf(mail.content).map(fieldsOf);
    if (parts.length === 0 || !parts.every(({ value }) => isText(value)))
      return refuse(400, 'The content value must be a string at least one character in length.', 'content');
    const types = parts.map(({ type }) => type).join();
    // Text first, then HTML, as the documentation of content asks.
    if (types !== 'text/plain' && types !== 'text/plain,text/html')
      return refuse(400, 'Wrong order.', 'content');
    return { status: 202, headers: { 'x-message-id': '14c5d75ce93.dfd.64b469' } };
  },
};
