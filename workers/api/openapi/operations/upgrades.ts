import { Connector } from '../../../../core/connector/schema.ts';
import { TemplateUpdate, UpgradeConnector } from '../../../../core/template/schema.ts';
import { Id } from '../../http/params.ts';
import { EXAMPLE_IDS } from '../example-ids.ts';
import { described, type Operation, single } from '../operation.ts';
import { CONNECTOR_ID } from '../parameters.ts';
import { connectorExample } from './connectors.ts';

const byId = described(Id, { id: { ...CONNECTOR_ID, example: EXAMPLE_IDS.installedConnector } });
const common = { tag: 'Templates', apiKeys: true, params: byId } as const;

/** Of a connector and the template that it was installed from. */
export const upgradeOperations: Operation[] = [
  {
    ...common,
    operationId: 'getTemplateUpdate',
    method: 'get',
    path: '/api/v1/connectors/{id}/template-update',
    summary: 'Is there an update',
    description:
      'What an upgrade of the connector to the newest version of its template would do: the difference, what the workspace changed itself, and where both changed the same.',
    access: 'viewer',
    headers: ['X-Workspace-Id'],
    responses: {
      200: {
        description: 'What an upgrade would do.',
        schema: single(TemplateUpdate),
        example: {
          data: {
            template_id: EXAMPLE_IDS.installedTemplate,
            update_available: true,
            from_version: 1,
            to_version: 2,
            changes: 'Waits longer for the answer.',
            diff: [
              {
                kind: 'changed',
                pointer: '/steps/0/timeout_ms',
                label: 'step lookup: timeout_ms',
                before: 30_000,
                after: 60_000,
              },
            ],
            own_changes: [],
            conflicts: [],
            credentials: [{ service_name: 'numverify', exists: true }],
          },
        },
      },
    },
    problems: ['connector_not_found', 'not_from_template'],
  },
  {
    ...common,
    operationId: 'upgradeConnector',
    method: 'post',
    path: '/api/v1/connectors/{id}/upgrade',
    summary: 'Upgrade a connector',
    description:
      "Takes over what is new in the newest version of the template, and keeps the workspace's own changes. One that is at the newest version stays as it is.",
    access: 'editor',
    headers: ['X-Workspace-Id', 'If-Match'],
    body: {
      schema: UpgradeConnector,
      examples: {
        plain: { summary: 'When both sides go together', value: {} },
        mine: { summary: "Keeping one's own where they do not", value: { resolve: 'mine' } },
      },
    },
    responses: {
      200: {
        description: 'The connector.',
        schema: single(Connector),
        headers: ['ETag'],
        example: {
          data: {
            ...connectorExample,
            template_id: EXAMPLE_IDS.installedTemplate,
            template_version: 2,
            version: 2,
            revision: 2,
          },
        },
      },
    },
    problems: ['connector_not_found', 'not_from_template', 'upgrade_conflict', 'version_conflict'],
  },
];
