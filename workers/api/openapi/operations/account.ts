import { Me } from '../../../../core/workspace/schema.ts';
import { EXAMPLE_IDS } from '../example-ids.ts';
import { type Operation, single } from '../operation.ts';
import { workspaceSummaryExample } from './workspaces.ts';

export const accountOperations: Operation[] = [
  {
    operationId: 'getMe',
    method: 'get',
    path: '/api/v1/me',
    tag: 'Account',
    summary: 'Read who is calling',
    description: 'The caller, with the workspaces they belong to and their role in each.',
    access: 'user',
    apiKeys: true,
    responses: {
      200: {
        description: 'The caller.',
        schema: single(Me),
        example: {
          data: {
            id: EXAMPLE_IDS.user,
            email: 'you@example.com',
            is_saas_admin: false,
            api_key: null,
            workspaces: [workspaceSummaryExample],
          },
        },
      },
    },
  },
];
