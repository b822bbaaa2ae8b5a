import type { JsonObject } from '../../../../core/json/json.ts';
import {
  AddMember,
  ChangeMember,
  CreateWorkspace,
  Member,
  UpdateWorkspace,
  Workspace,
  WorkspaceSummary,
} from '../../../../core/workspace/schema.ts';
import { Id, PageQuery } from '../../http/params.ts';
import { MemberPath } from '../../routes/workspaces.ts';
import { EXAMPLE_IDS, EXAMPLE_TIME } from '../example-ids.ts';
import { described, NO_CONTENT, type Operation, page, single } from '../operation.ts';
import { MEMBER_ID, PAGE, WORKSPACE_ID } from '../parameters.ts';

export const workspaceSummaryExample: JsonObject = {
  id: EXAMPLE_IDS.workspace,
  name: 'Acme',
  role: 'owner',
  created_at: EXAMPLE_TIME,
};
const workspaceExample: JsonObject = { ...workspaceSummaryExample, revision: 1, retention_days: 90 };
const member: JsonObject = {
  user_id: EXAMPLE_IDS.member,
  role: 'viewer',
  revision: 1,
  created_at: EXAMPLE_TIME,
};
const guest: JsonObject = {
  user_id: EXAMPLE_IDS.guest,
  role: 'editor',
  revision: 1,
  created_at: EXAMPLE_TIME,
};

const ofWorkspace = described(Id, { id: WORKSPACE_ID });
const ofMember = described(MemberPath, { id: WORKSPACE_ID, user_id: MEMBER_ID });

export const workspaceOperations: Operation[] = [
  {
    operationId: 'listWorkspaces',
    method: 'get',
    path: '/api/v1/workspaces',
    tag: 'Workspaces',
    summary: 'List workspaces',
    description: 'The workspaces that the caller belongs to, newest first.',
    access: 'user',
    apiKeys: true,
    query: described(PageQuery, PAGE),
    responses: {
      200: {
        description: 'A page of workspaces.',
        schema: page(WorkspaceSummary),
        example: { data: [workspaceSummaryExample], next_cursor: null },
      },
    },
  },
  {
    operationId: 'createWorkspace',
    method: 'post',
    path: '/api/v1/workspaces',
    tag: 'Workspaces',
    summary: 'Create a workspace',
    description: 'The caller becomes its owner.',
    access: 'user',
    apiKeys: false,
    body: {
      schema: CreateWorkspace,
      examples: { named: { summary: 'A workspace', value: { name: 'Acme' } } },
    },
    responses: {
      201: {
        description: 'The new workspace.',
        schema: single(Workspace),
        headers: ['Location', 'ETag'],
        example: { data: workspaceExample },
      },
    },
  },
  {
    operationId: 'getWorkspace',
    method: 'get',
    path: '/api/v1/workspaces/{id}',
    tag: 'Workspaces',
    summary: 'Read a workspace',
    description: 'The workspace, with the role that the caller has in it.',
    access: 'viewer',
    apiKeys: true,
    params: ofWorkspace,
    responses: {
      200: {
        description: 'The workspace.',
        schema: single(Workspace),
        headers: ['ETag'],
        example: { data: workspaceExample },
      },
    },
  },
  {
    operationId: 'updateWorkspace',
    method: 'patch',
    path: '/api/v1/workspaces/{id}',
    tag: 'Workspaces',
    summary: 'Change a workspace',
    description: 'Its name, and how long it keeps executions that have ended. What is not named stays.',
    access: 'admin',
    apiKeys: true,
    headers: ['If-Match'],
    params: ofWorkspace,
    body: {
      schema: UpdateWorkspace,
      examples: {
        renamed: { summary: 'Another name', value: { name: 'Acme Inc.' } },
        retention: { summary: 'Executions are kept for a year', value: { retention_days: 365 } },
        forever: { summary: 'Executions are kept for ever', value: { retention_days: null } },
      },
    },
    responses: {
      200: {
        description: 'The workspace.',
        schema: single(Workspace),
        headers: ['ETag'],
        example: { data: { ...workspaceExample, name: 'Acme Inc.', revision: 2 } },
      },
    },
  },
  {
    operationId: 'deleteWorkspace',
    method: 'delete',
    path: '/api/v1/workspaces/{id}',
    tag: 'Workspaces',
    summary: 'Delete a workspace',
    description: 'With everything in it, for good.',
    access: 'owner',
    apiKeys: false,
    headers: ['If-Match'],
    params: ofWorkspace,
    responses: { 204: NO_CONTENT },
  },
  {
    operationId: 'listMembers',
    method: 'get',
    path: '/api/v1/workspaces/{id}/members',
    tag: 'Members',
    summary: 'List members',
    description: 'The members of a workspace.',
    access: 'viewer',
    apiKeys: true,
    params: ofWorkspace,
    query: described(PageQuery, PAGE),
    responses: {
      200: {
        description: 'A page of members.',
        schema: page(Member),
        example: { data: [member], next_cursor: null },
      },
    },
  },
  {
    operationId: 'addMember',
    method: 'post',
    path: '/api/v1/workspaces/{id}/members',
    tag: 'Members',
    summary: 'Add a member',
    description: 'Takes a user into the workspace. Only owners can make owners.',
    access: 'admin',
    apiKeys: true,
    params: ofWorkspace,
    body: {
      schema: AddMember,
      examples: {
        editor: { summary: 'A new editor', value: { user_id: EXAMPLE_IDS.guest, role: 'editor' } },
        again: {
          summary: 'Somebody who is a member already',
          value: { user_id: EXAMPLE_IDS.member, role: 'editor' },
          answers: 409,
        },
      },
    },
    responses: {
      201: {
        description: 'The new member.',
        schema: single(Member),
        headers: ['Location', 'ETag'],
        example: { data: guest },
      },
    },
    problems: ['member_exists', 'unknown_user'],
  },
  {
    operationId: 'changeMember',
    method: 'patch',
    path: '/api/v1/workspaces/{id}/members/{user_id}',
    tag: 'Members',
    summary: "Change a member's role",
    description: 'Only owners can make owners or change one. A workspace keeps at least one owner.',
    access: 'admin',
    apiKeys: true,
    headers: ['If-Match'],
    params: ofMember,
    body: {
      schema: ChangeMember,
      examples: { editor: { summary: 'Make them an editor', value: { role: 'editor' } } },
    },
    responses: {
      200: {
        description: 'The member.',
        schema: single(Member),
        headers: ['ETag'],
        example: { data: { ...member, role: 'editor', revision: 2 } },
      },
    },
    problems: ['member_not_found', 'last_owner'],
  },
  {
    operationId: 'removeMember',
    method: 'delete',
    path: '/api/v1/workspaces/{id}/members/{user_id}',
    tag: 'Members',
    summary: 'Remove a member',
    description: 'Everybody may leave, whatever their role, but the last owner.',
    access: 'admin',
    apiKeys: true,
    headers: ['If-Match'],
    params: ofMember,
    responses: { 204: NO_CONTENT },
    problems: ['member_not_found', 'last_owner'],
  },
];
