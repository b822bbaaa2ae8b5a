import type { Secrets } from '../run-template.ts';
import type { Provider } from '../stand-in.ts';
import { AIRTABLE_SECRET, airtable } from './airtable.ts';
import { GITHUB_SECRET, github } from './github.ts';
import { GOOGLE_SHEETS_SECRET, googleSheets } from './google-sheets.ts';
import { HUBSPOT_SECRET, hubspot } from './hubspot.ts';
import { JIRA_SECRET, jira } from './jira.ts';
import { NOTION_SECRET, notion } from './notion.ts';
import { NUMVERIFY_SECRET, numverify } from './numverify.ts';
import { OPENAI_SECRET, openai } from './openai.ts';
import { PEOPLE_DATA_LABS_SECRET, peopleDataLabs } from './people-data-labs.ts';
import { SENDGRID_SECRET, sendgrid } from './sendgrid.ts';
import { SLACK_SECRET, slack } from './slack.ts';
import { STRIPE_SECRET, stripe } from './stripe.ts';
import { TWILIO_SECRET, twilio } from './twilio.ts';
import { WEBHOOK_SECRET, webhook } from './webhook.ts';

export const PROVIDERS: readonly Provider[] = [
  airtable,
  github,
  googleSheets,
  hubspot,
  jira,
  notion,
  numverify,
  openai,
  peopleDataLabs,
  sendgrid,
  slack,
  stripe,
  twilio,
  webhook,
];

/** What the stand-ins accept, by service. */
export const SECRETS: Secrets = {
  airtable: AIRTABLE_SECRET,
  github: GITHUB_SECRET,
  google_sheets: GOOGLE_SHEETS_SECRET,
  hubspot: HUBSPOT_SECRET,
  jira: JIRA_SECRET,
  notion: NOTION_SECRET,
  numverify: NUMVERIFY_SECRET,
  openai: OPENAI_SECRET,
  people_data_labs: PEOPLE_DATA_LABS_SECRET,
  sendgrid: SENDGRID_SECRET,
  slack: SLACK_SECRET,
  stripe: STRIPE_SECRET,
  twilio: TWILIO_SECRET,
  webhook: WEBHOOK_SECRET,
};
