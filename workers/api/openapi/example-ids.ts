/**
 * The ids in the reference's examples. Tests put those of their own fixture in their place, and so can send every
 * example as it stands.
 */
export const EXAMPLE_IDS = {
  workspace: '0198c0de-0000-7000-8000-000000000001',
  connector: '0198c0de-0000-7000-8000-000000000002',
  execution: '0198c0de-0000-7000-8000-000000000003',
  /** One with a request in its ledger. */
  recordedExecution: '0198c0de-0000-7000-8000-000000000c01',
  /** One that failed, and that nobody has dealt with. */
  failedExecution: '0198c0de-0000-7000-8000-00000000000d',
  batch: '0198c0de-0000-7000-8000-00000000000e',
  credential: '0198c0de-0000-7000-8000-000000000004',
  template: '0198c0de-0000-7000-8000-00000000000a',
  /** A template that the workspace has installed, as a connector. */
  installedTemplate: '0198c0de-0000-7000-8000-00000000000b',
  installedConnector: '0198c0de-0000-7000-8000-00000000000c',
  circuit: '0198c0de-0000-7000-8000-000000000010',
  slug: 'phone-number-lookup',
  apiKey: '0198c0de-0000-7000-8000-000000000008',
  /** A SaaS admin besides the caller. */
  saasAdmin: '0198c0de-0000-4000-8000-000000000009',
  /** The caller. */
  user: '0198c0de-0000-4000-8000-000000000005',
  /** A viewer of the workspace. */
  member: '0198c0de-0000-4000-8000-000000000006',
  /** A user who is no member yet. */
  guest: '0198c0de-0000-4000-8000-000000000007',
} as const;
export type ExampleIds = { readonly [Name in keyof typeof EXAMPLE_IDS]: string };

/** When the examples happened. */
export const EXAMPLE_TIME = '2026-01-15T09:30:00.000000+00:00';
