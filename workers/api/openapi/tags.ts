/** The sections of the reference page, in their order. */
export const TAGS = {
  Account: 'The caller: who they are, and what they belong to.',
  Workspaces: 'Workspaces keep customers apart. Members have a role: `owner`, `admin`, `editor` or `viewer`.',
  Members: 'Who belongs to a workspace, and with which role.',
  Credentials:
    'Secret fields for services that connectors call. They are sealed when they come in, bound to the hosts they may be sent to, and never told again.',
  Connectors: 'Programs of HTTP calls, with a version for every change.',
  Templates:
    'The marketplace: connectors to install, each with a manifest of what it can do. SaaS admins curate it.',
  Executions: 'Durable runs of connectors, with every step that was made.',
  'Dead letters': 'Executions that failed or timed out, and that nobody has redriven or dismissed.',
  Batches: 'One connector over many inputs: their executions with counts, results, and one cancel for all.',
  Circuits: 'Services that fail, and whether calls are made to them.',
  'API keys': 'Keys with which servers call the API for a workspace.',
  'Audit log': 'Who changed what. Secrets are never in it.',
  Transfer: "A workspace's connectors as one document.",
  Administration: 'For SaaS admins, who operate the platform.',
  Service: 'The service itself.',
} as const;
export type TagName = keyof typeof TAGS;
