import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const CIRCUITS_TEXTS: Readonly<Record<string, ComponentText>> = {
  Circuit: {
    description: 'What stands between a workspace and a service that fails.',
    fields: {
      credential_id: 'The credential of the calls; null for calls without one.',
      service_name: 'The service of the credential; null for calls without one.',
      host: 'The host, with its port unless it is the usual one.',
      state: 'Whether calls are made.',
      failures: 'Failures in a row.',
      last_failure_at: 'When the service last failed.',
      opened_at: 'When calls stopped; null while they pass.',
      retry_at: 'When a call is made to see whether the service is back; null while calls pass.',
    },
  },
  CircuitStatus: {
    description:
      '`closed`: calls pass. `open`: no call is made. `half_open`: the next call shows whether the service is back.',
  },
};
