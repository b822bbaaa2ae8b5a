import { Hono } from 'hono';
import * as z from 'zod';
import { addMember } from '../../../core/workspace/add-member.ts';
import { changeMember } from '../../../core/workspace/change-member.ts';
import { createWorkspace } from '../../../core/workspace/create.ts';
import { deleteWorkspace } from '../../../core/workspace/delete.ts';
import { getWorkspace } from '../../../core/workspace/get.ts';
import { listWorkspaces } from '../../../core/workspace/list.ts';
import { listMembers } from '../../../core/workspace/list-members.ts';
import { removeMember } from '../../../core/workspace/remove-member.ts';
import { AddMember, ChangeMember, CreateWorkspace, UpdateWorkspace } from '../../../core/workspace/schema.ts';
import { updateWorkspace } from '../../../core/workspace/update.ts';
import type { AppEnv } from '../app-env.ts';
import { expectedRevision, tagged } from '../http/etag.ts';
import { jsonBody } from '../http/json-body.ts';
import { pageBody } from '../http/page-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

export const MemberPath = Id.extend({ user_id: z.uuid() });

/** Here the path names the workspace, and the header has no say. */
export const workspaceRoutes = new Hono<AppEnv>()
  .get('/', query(PageQuery), async (c) => {
    const page = await listWorkspaces(c.var.call, pageRequest(c.req.valid('query')));
    return c.json(pageBody(page));
  })
  .post('/', jsonBody(CreateWorkspace), async (c) => {
    const workspace = await createWorkspace(c.var.call, c.req.valid('json'));
    return c.json({ data: tagged(c, workspace) }, 201, { Location: `/api/v1/workspaces/${workspace.id}` });
  })
  .get('/:id', path(Id), async (c) => {
    const workspace = await getWorkspace({ ...c.var.call, workspaceId: c.req.valid('param').id });
    return c.json({ data: tagged(c, workspace) });
  })
  .patch('/:id', path(Id), jsonBody(UpdateWorkspace), async (c) => {
    const call = { ...c.var.call, workspaceId: c.req.valid('param').id };
    const workspace = await updateWorkspace(call, c.req.valid('json'), expectedRevision(c));
    return c.json({ data: tagged(c, workspace) });
  })
  .delete('/:id', path(Id), async (c) => {
    await deleteWorkspace({ ...c.var.call, workspaceId: c.req.valid('param').id }, expectedRevision(c));
    return c.body(null, 204);
  })
  .get('/:id/members', path(Id), query(PageQuery), async (c) => {
    const call = { ...c.var.call, workspaceId: c.req.valid('param').id };
    return c.json(pageBody(await listMembers(call, pageRequest(c.req.valid('query')))));
  })
  .post('/:id/members', path(Id), jsonBody(AddMember), async (c) => {
    const { id } = c.req.valid('param');
    const member = await addMember({ ...c.var.call, workspaceId: id }, c.req.valid('json'));
    return c.json({ data: tagged(c, member) }, 201, {
      Location: `/api/v1/workspaces/${id}/members/${member.user_id}`,
    });
  })
  .patch('/:id/members/:user_id', path(MemberPath), jsonBody(ChangeMember), async (c) => {
    const { id, user_id } = c.req.valid('param');
    const call = { ...c.var.call, workspaceId: id };
    const member = await changeMember(call, user_id, c.req.valid('json'), expectedRevision(c));
    return c.json({ data: tagged(c, member) });
  })
  .delete('/:id/members/:user_id', path(MemberPath), async (c) => {
    const { id, user_id } = c.req.valid('param');
    await removeMember({ ...c.var.call, workspaceId: id }, user_id, expectedRevision(c));
    return c.body(null, 204);
  });
