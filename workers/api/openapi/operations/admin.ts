import {
  AddSaasAdmin,
  AdminExecution,
  AdminStats,
  FailureCount,
  KeyRotation,
  SaasAdmin,
  SlowConnector,
  WorkspaceUsage,
} from '../../../../core/admin/schema.ts';
import type { JsonObject } from '../../../../core/json/json.ts';
import { FailureQuery, RecentQuery, StatsQuery, TopQuery, UsageQuery, UserPath } from '../../routes/admin.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, NO_CONTENT, type Operation, page, single } from '../operation.ts';
import { PAGE } from '../parameters.ts';
import { EXECUTION_FILTERS } from './executions.ts';

const FROM = '2026-01-14T00:00:00Z';
const TO = '2026-01-15T00:00:00Z';
const RANGE = {
  from: {
    description:
      'The start of the range, at most 366 days before its end; 24 hours before it unless it is named.',
    example: FROM,
    along: { to: TO },
  },
  to: { description: 'The end of the range; now unless it is named.', example: TO },
};

const keys: JsonObject = {
  newest_key_id: '2026',
  up_to_date: false,
  outdated: 12,
  keys: [
    { key_id: '2026', credentials: 488, configured: true },
    { key_id: '2025', credentials: 12, configured: true },
  ],
};
const saasAdmin: JsonObject = { user_id: EXAMPLE_IDS.saasAdmin, created_at: EXAMPLE_TIME };
const ended: JsonObject = { succeeded: 980, failed: 15, cancelled: 4, timed_out: 1 };
const common = { tag: 'Administration', access: 'saas_admin', apiKeys: false } as const;

export const adminOperations: Operation[] = [
  {
    ...common,
    operationId: 'getAdminStats',
    method: 'get',
    path: '/api/v1/admin/stats',
    summary: "Read the platform's figures",
    description: 'Totals of a range of time, and a series of them by hour or by day.',
    query: described(StatsQuery, {
      ...RANGE,
      bucket: {
        description: 'One point of the series; a range by hours has 31 days at most.',
        example: 'day',
      },
    }),
    responses: {
      200: {
        description: 'The figures.',
        schema: single(AdminStats),
        example: {
          data: {
            from: FROM,
            to: TO,
            bucket: 'day',
            totals: {
              workspaces: 120,
              connectors: 640,
              templates: 14,
              executions: 1000,
              ...ended,
              success_rate: 0.984,
              average_duration_ms: 210.5,
            },
            series: [{ at: FROM, ...ended, workspaces: 80 }],
          },
        },
      },
    },
  },
  {
    ...common,
    operationId: 'listWorkspaceUsage',
    method: 'get',
    path: '/api/v1/admin/workspaces',
    summary: 'List what workspaces use',
    description: 'All workspaces, newest first, with their use in a range of time.',
    query: described(UsageQuery, { ...PAGE, ...RANGE }),
    responses: {
      200: {
        description: 'A page of workspaces.',
        schema: page(WorkspaceUsage),
        example: {
          data: [
            {
              id: EXAMPLE_IDS.workspace,
              name: 'Acme',
              created_at: EXAMPLE_TIME,
              members: 4,
              connectors: 7,
              credentials: 3,
              executions: 1000,
              failures: 16,
            },
          ],
          next_cursor: null,
        },
      },
    },
  },
  {
    ...common,
    operationId: 'listRecentExecutions',
    method: 'get',
    path: '/api/v1/admin/executions/recent',
    summary: 'List recent executions',
    description: 'Of all workspaces, newest first, without what was in them.',
    query: described(RecentQuery, { ...PAGE, status: EXECUTION_FILTERS.status }),
    responses: {
      200: {
        description: 'A page of executions.',
        schema: page(AdminExecution),
        example: {
          data: [
            {
              id: EXAMPLE_IDS.execution,
              workspace_id: EXAMPLE_IDS.workspace,
              workspace_name: 'Acme',
              connector_id: EXAMPLE_IDS.connector,
              connector_name: 'Enrich a lead',
              status: 'failed',
              error_class: 'upstream',
              error_code: 'http_500',
              created_at: EXAMPLE_TIME,
              duration_ms: 118,
            },
          ],
          next_cursor: null,
        },
      },
    },
  },
  {
    ...common,
    operationId: 'countFailures',
    method: 'get',
    path: '/api/v1/admin/failures',
    summary: 'Count failures',
    description:
      'By class, code, host, connector or template, the most frequent first. There are no further pages.',
    query: described(FailureQuery, {
      ...RANGE,
      limit: PAGE.limit,
      by: { description: 'What to count by.', example: 'host' },
    }),
    responses: {
      200: {
        description: 'The counts.',
        schema: page(FailureCount),
        example: { data: [{ key: 'api.example.com', name: null, failures: 12 }], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'listSlowestConnectors',
    method: 'get',
    path: '/api/v1/admin/connectors/slowest',
    summary: 'List the slowest connectors',
    description: 'Of all workspaces, by the average of a range of time. There are no further pages.',
    query: described(TopQuery, { ...RANGE, limit: PAGE.limit }),
    responses: {
      200: {
        description: 'The connectors.',
        schema: page(SlowConnector),
        example: {
          data: [
            {
              connector_id: EXAMPLE_IDS.connector,
              connector_name: 'Enrich a lead',
              workspace_id: EXAMPLE_IDS.workspace,
              workspace_name: 'Acme',
              executions: 40,
              average_duration_ms: 4100.5,
              max_duration_ms: 29_000,
            },
          ],
          next_cursor: null,
        },
      },
    },
  },
  {
    ...common,
    operationId: 'getKeyRotation',
    method: 'get',
    path: '/api/v1/admin/credential-keys',
    summary: 'Read how far key rotation has come',
    description: 'How many credentials are sealed with which encryption key.',
    responses: { 200: { description: 'The status.', schema: single(KeyRotation), example: { data: keys } } },
  },
  {
    ...common,
    operationId: 'startKeyRotation',
    method: 'post',
    path: '/api/v1/admin/credential-keys/rotate',
    summary: 'Start key rotation',
    description:
      'A task seals all credentials with the newest key, in the background and with no failed read. It also runs by itself, every hour.',
    responses: {
      202: {
        description: 'It is started; the status before it.',
        schema: single(KeyRotation),
        headers: ['Location'],
        example: { data: keys },
      },
    },
  },
  {
    ...common,
    operationId: 'listSaasAdmins',
    method: 'get',
    path: '/api/v1/admin/saas-admins',
    summary: 'List SaaS admins',
    description: 'All of them, on one page.',
    responses: {
      200: {
        description: 'The SaaS admins.',
        schema: page(SaasAdmin),
        example: { data: [saasAdmin], next_cursor: null },
      },
    },
  },
  {
    ...common,
    operationId: 'addSaasAdmin',
    method: 'post',
    path: '/api/v1/admin/saas-admins',
    summary: 'Add a SaaS admin',
    description: 'One who is a SaaS admin already stays one.',
    body: {
      schema: AddSaasAdmin,
      examples: { user: { summary: 'A user', value: { user_id: EXAMPLE_IDS.guest } } },
    },
    responses: {
      201: {
        description: 'The SaaS admin.',
        schema: single(SaasAdmin),
        example: { data: { ...saasAdmin, user_id: EXAMPLE_IDS.guest } },
      },
    },
    problems: ['unknown_user'],
  },
  {
    ...common,
    operationId: 'removeSaasAdmin',
    method: 'delete',
    path: '/api/v1/admin/saas-admins/{user_id}',
    summary: 'Remove a SaaS admin',
    description: 'The platform keeps at least one.',
    params: described(UserPath, {
      user_id: { description: 'The SaaS admin.', example: EXAMPLE_IDS.saasAdmin },
    }),
    responses: { 204: NO_CONTENT },
    problems: ['admin_not_found', 'last_admin'],
  },
];
