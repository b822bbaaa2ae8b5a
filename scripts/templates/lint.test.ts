import { describe, expect, it } from 'vitest';
import { checkDefinition } from '../../core/connector/check/index.ts';
import { lintDefinition } from '../../core/connector/lint/lint-definition.ts';
import { ConnectorDefinition } from '../../core/connector/schema.ts';
import { enrichLead, publicRepository, publicWeather, validatePhone } from '../demo/connectors.ts';
import { officialTemplates } from './official.ts';

/** A POST whose service has no idempotency key, and that is therefore sent once: its author knows. */
const SENT_ONCE = [
  'airtable-record',
  'github-issue',
  'google-sheets-append-row',
  'jira-issue',
  'lead-to-slack',
  'notion-page',
  'sendgrid-email',
  'slack-message',
  'twilio-sms',
];
/** A second answer costs a second time, and nothing else. */
const REPEATED = ['openai-response'];

describe('an official template gets no hint that is not right', () => {
  it.each(officialTemplates())('$slug', ({ slug, definition }) => {
    const codes = lintDefinition(definition).map(({ code }) => code);
    const known = [
      ...(REPEATED.includes(slug) ? ['repeated_write'] : []),
      ...(SENT_ONCE.includes(slug) ? ['write_sent_once'] : []),
    ];
    expect(codes).toEqual(known);
  });
});

const EXAMPLES = {
  enrichLead: enrichLead('http://127.0.0.1:4010'),
  validatePhone: validatePhone('http://127.0.0.1:4010'),
  publicRepository: publicRepository(),
  publicWeather: publicWeather(),
};

describe('a connector of the demo gets no hint', () => {
  it.each(Object.entries(EXAMPLES))('%s', (_, { connector }) => {
    const { name: _name, description: _description, ...definition } = { description: '', ...connector };
    const parsed = ConnectorDefinition.parse(definition);
    expect(checkDefinition(parsed, { allowLoopback: true }).errors).toEqual([]);
    expect(lintDefinition(parsed)).toEqual([]);
  });
});
