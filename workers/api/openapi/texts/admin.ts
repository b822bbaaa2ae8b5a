import type { ComponentText } from '../descriptions.ts';

/** What components are. */
export const ADMIN_TEXTS: Readonly<Record<string, ComponentText>> = {
  AddSaasAdmin: { description: 'A user to make a SaaS admin.' },
  AdminExecution: {
    description: 'How an execution of any workspace went. What was in it belongs to the workspace.',
    fields: {
      workspace_name: 'Its name.',
      connector_name: 'Its name.',
      status: 'Where it stands.',
      error_class: 'The kind of failure; null when there was none.',
      error_code: 'The failure, for programs; null when there was none.',
      duration_ms: 'From start to end, in milliseconds; null before the end.',
    },
  },
  AdminStats: {
    description: "The platform's figures of a range of time.",
    fields: {
      from: 'The start of the range, a full hour.',
      to: 'The end of the range, which is not part of it.',
      bucket: 'What a point of the series stands for.',
      totals: 'Of the whole range.',
      series: 'A point for every bucket, also for those in which nothing ended.',
      at: 'The start of the bucket (UTC).',
      workspaces:
        'In totals: that exist now, above 10,000 an estimate. In a point: with executions that ended in it.',
      connectors: 'That exist now; above 10,000 an estimate.',
      templates: 'That are published now.',
      executions: 'That ended in the range.',
      succeeded: 'That succeeded.',
      failed: 'That failed.',
      cancelled: 'That were cancelled.',
      timed_out: 'That took too long.',
      success_rate: 'Of those that ended by themselves, 0 to 1; null when there were none.',
      average_duration_ms: 'The arithmetic mean, in milliseconds; null when there were none.',
    },
  },
  FailureCount: {
    description: 'How often something failed.',
    fields: {
      key: 'The class, code or host, or the id of the connector or template.',
      name: 'Of the connector or template; null for others.',
      failures: 'How often.',
    },
  },
  KeyRotation: {
    description: 'How far credentials have come to the newest encryption key.',
    fields: {
      newest_key_id: 'What new credentials are sealed with.',
      up_to_date: 'Whether every credential is under the newest key.',
      outdated: 'Credentials that are not.',
      keys: 'Every key that is configured or in use.',
      key_id: 'Names the key; no secret.',
      credentials: 'Credentials under this key.',
      configured:
        'Whether the API holds this key; what is sealed with one that it does not hold cannot be read.',
    },
  },
  SaasAdmin: { description: 'A user who operates the platform.' },
  SlowConnector: {
    description: 'A connector and how long its executions took.',
    fields: {
      connector_name: 'Its name.',
      workspace_name: 'Its name.',
      executions: 'That ended in the range.',
      average_duration_ms: 'The arithmetic mean, in milliseconds.',
      max_duration_ms: 'The longest, in milliseconds.',
    },
  },
  WorkspaceUsage: {
    description: 'A workspace and what it used in a range of time.',
    fields: {
      members: 'Now.',
      connectors: 'Now; at most 10,000 are counted.',
      credentials: 'Now.',
      executions: 'That ended in the range.',
      failures: 'That failed in the range.',
    },
  },
};
