import { AuditEntry } from '../../../../core/audit/schema.ts';
import { encodeCursor } from '../../../../core/page/cursor.ts';
import { AuditQuery } from '../../routes/audit-log.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, type Operation, page } from '../operation.ts';
import { PAGE } from '../parameters.ts';

const entries = {
  query: described(AuditQuery, {
    limit: PAGE.limit,
    cursor: { ...PAGE.cursor, example: encodeCursor('1001') },
    entity: { description: 'Only writes of this table.', example: 'connectors' },
    entity_id: { description: 'Only writes of this object.', example: EXAMPLE_IDS.connector },
  }),
  responses: {
    200: {
      description: 'A page of writes.',
      schema: page(AuditEntry),
      example: {
        data: [
          {
            id: 1001,
            actor_type: 'user',
            actor_id: EXAMPLE_IDS.user,
            action: 'update',
            entity: 'connectors',
            entity_id: EXAMPLE_IDS.connector,
            before: { name: 'Enrich a lead' },
            after: { name: 'Look up a phone number' },
            created_at: EXAMPLE_TIME,
          },
        ],
        next_cursor: null,
      },
    },
  },
} satisfies Partial<Operation>;

export const auditLogOperations: Operation[] = [
  {
    operationId: 'listAuditLog',
    method: 'get',
    path: '/api/v1/audit-log',
    tag: 'Audit log',
    summary: 'List what was changed',
    description: 'Every write in the workspace with the row before and after, newest first.',
    access: 'admin',
    apiKeys: true,
    headers: ['X-Workspace-Id'],
    ...entries,
  },
  {
    operationId: 'listPlatformAuditLog',
    method: 'get',
    path: '/api/v1/admin/audit-log',
    tag: 'Administration',
    summary: 'List what SaaS admins changed',
    description: 'Every write to templates and SaaS admins with the row before and after, newest first.',
    access: 'saas_admin',
    apiKeys: false,
    ...entries,
  },
];
