import type { ComponentText } from '../descriptions.ts';

const NOTES = 'What a reader should know or do; empty when there is nothing.';

/** What components are. */
export const CURL_TEXTS: Readonly<Record<string, ComponentText>> = {
  ImportCurl: {
    description: 'A curl command to read.',
    fields: { command: 'As it stands in a POSIX shell, on one line or several.' },
  },
  ImportedCurl: {
    description: 'A step that makes the call of a command.',
    fields: {
      step: 'The step, as a connector takes it.',
      credential: 'What to store for it; null when the command authenticates with nothing.',
      notes: NOTES,
    },
  },
  ImportedStep: {
    description: 'A step with one request.',
    fields: {
      name: 'Made of the path; change it as you like.',
      request: 'The request.',
      timeout_ms: 'How long it may take, in milliseconds, if the command says so.',
    },
  },
  ImportedCredential: {
    description: 'A credential to store, without its values.',
    fields: {
      type: 'How it is sent.',
      placement: 'Where an API key goes.',
      allowed_hosts: 'The host of the command; empty when a variable decides.',
      field_names: 'The fields that it has.',
    },
  },
  ExportCurl: { description: 'A request to write as a command.', fields: { request: 'As in a step.' } },
  ExportedCurl: {
    description: 'A curl command.',
    fields: { command: 'For a POSIX shell, over several lines.', notes: NOTES },
  },
};
