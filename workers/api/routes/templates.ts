import { Hono } from 'hono';
import * as z from 'zod';
import { Problem } from '../../../core/problem/problem.ts';
import { changeMark } from '../../../core/template/change-mark.ts';
import { createTemplate } from '../../../core/template/create.ts';
import { decodeTemplateCursor, decodeVersionCursor, TemplateSort } from '../../../core/template/cursor.ts';
import { deleteTemplate } from '../../../core/template/delete.ts';
import { getTemplate } from '../../../core/template/get.ts';
import { getTemplateUpdate } from '../../../core/template/get-update.ts';
import { installTemplate } from '../../../core/template/install.ts';
import { listTemplates } from '../../../core/template/list.ts';
import { listTemplateVersions } from '../../../core/template/list-versions.ts';
import { publishTemplate } from '../../../core/template/publish.ts';
import { rateTemplate } from '../../../core/template/rate.ts';
import {
  CreateTemplate,
  FeatureTemplate,
  InstallTemplate,
  OfficialTemplate,
  RateTemplate,
  TemplateCategory,
  TemplateProvider,
  UpdateTemplate,
  UpgradeConnector,
} from '../../../core/template/schema.ts';
import { updateTemplate } from '../../../core/template/update.ts';
import { upgradeConnector } from '../../../core/template/upgrade.ts';
import type { AppEnv } from '../app-env.ts';
import { expectedRevision, tagged } from '../http/etag.ts';
import { jsonBody } from '../http/json-body.ts';
import { Id, PageQuery, pageRequest, path, query } from '../http/params.ts';

/** Templates have a readable name as well; upper case is for ids only. */
export const TemplatePath = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/i, 'must be the id or the slug of a template'),
});

const Flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const CursorText = z.string().min(1).max(500);

export const TemplateListQuery = PageQuery.extend({
  /** Good for the sort that it was made in. */
  cursor: CursorText.optional(),
  sort: TemplateSort.default('newest'),
  search: z.string().trim().min(1).max(200).optional(),
  category: TemplateCategory.optional(),
  provider: TemplateProvider.optional(),
  official: Flag.optional(),
  featured: Flag.optional(),
  status: z.enum(['draft', 'published', 'all']).optional(),
});
export const TemplateVersionsQuery = PageQuery.extend({ cursor: CursorText.optional() });
export const TemplateVersionQuery = z.object({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
    .transform(Number)
    .optional(),
});

/** The marketplace. Everybody signed in may browse; the database's functions ask for the roles of the rest. */
export const templateRoutes = new Hono<AppEnv>()
  .get('/', query(TemplateListQuery), async (c) => {
    const { cursor, limit, ...filter } = c.req.valid('query');
    const after = cursorIn(cursor, (text) => decodeTemplateCursor(text, filter.sort));
    const { items, next } = await listTemplates(c.var.call, { ...filter, ...pageRequest({ limit }), after });
    return c.json({ data: items, next_cursor: next });
  })
  .post('/', jsonBody(CreateTemplate), async (c) => {
    const template = await createTemplate(c.var.call, c.req.valid('json'));
    return c.json({ data: tagged(c, template) }, 201, {
      Location: `/api/v1/connector-templates/${template.id}`,
    });
  })
  .get('/:id', path(TemplatePath), query(TemplateVersionQuery), async (c) => {
    const { version = null } = c.req.valid('query');
    const template = await getTemplate(c.var.call, c.req.valid('param').id, version);
    return c.json({ data: tagged(c, template) });
  })
  .patch('/:id', path(Id), jsonBody(UpdateTemplate), async (c) => {
    const { id } = c.req.valid('param');
    const template = await updateTemplate(c.var.call, id, c.req.valid('json'), expectedRevision(c));
    return c.json({ data: tagged(c, template) });
  })
  .delete('/:id', path(Id), async (c) => {
    await deleteTemplate(c.var.call, c.req.valid('param').id);
    return c.body(null, 204);
  })
  .get('/:id/versions', path(Id), query(TemplateVersionsQuery), async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const after = cursorIn(cursor, decodeVersionCursor);
    const { id } = c.req.valid('param');
    const { items, next } = await listTemplateVersions(c.var.call, id, { ...pageRequest({ limit }), after });
    return c.json({ data: items, next_cursor: next });
  })
  .post('/:id/install', path(Id), jsonBody(InstallTemplate), async (c) => {
    const install = await installTemplate(c.var.call, c.req.valid('param').id, c.req.valid('json'));
    return c.json({ data: install }, 201, { Location: `/api/v1/connectors/${install.connector.id}` });
  })
  .post('/:id/rate', path(Id), jsonBody(RateTemplate), async (c) => {
    const template = await rateTemplate(c.var.call, c.req.valid('param').id, c.req.valid('json'));
    return c.json({ data: template });
  })
  .post('/:id/publish', path(Id), async (c) => {
    const template = await publishTemplate(c.var.call, c.req.valid('param').id, expectedRevision(c));
    return c.json({ data: tagged(c, template) });
  })
  .post('/:id/unpublish', path(Id), async (c) => {
    const { id } = c.req.valid('param');
    const template = await changeMark(c.var.call, id, { status: 'draft' }, expectedRevision(c));
    return c.json({ data: tagged(c, template) });
  });

/** What SaaS admins say of a template. */
export const templateAdminRoutes = new Hono<AppEnv>()
  .patch('/:id/feature', path(Id), jsonBody(FeatureTemplate), async (c) => {
    const mark = { is_featured: c.req.valid('json').featured };
    const template = await changeMark(c.var.call, c.req.valid('param').id, mark, expectedRevision(c));
    return c.json({ data: tagged(c, template) });
  })
  .patch('/:id/official', path(Id), jsonBody(OfficialTemplate), async (c) => {
    const mark = { is_official: c.req.valid('json').official };
    const template = await changeMark(c.var.call, c.req.valid('param').id, mark, expectedRevision(c));
    return c.json({ data: tagged(c, template) });
  });

/** A connector and the template that it was installed from. */
export const connectorTemplateRoutes = new Hono<AppEnv>()
  .get('/:id/template-update', path(Id), async (c) => {
    const update = await getTemplateUpdate(c.var.call, c.req.valid('param').id);
    return c.json({ data: update });
  })
  .post('/:id/upgrade', path(Id), jsonBody(UpgradeConnector), async (c) => {
    const { id } = c.req.valid('param');
    const connector = await upgradeConnector(c.var.call, id, c.req.valid('json'), expectedRevision(c));
    return c.json({ data: tagged(c, connector) });
  });

function cursorIn<Position>(
  text: string | undefined,
  decode: (text: string) => Position | null,
): Position | null {
  if (text === undefined) return null;
  const position = decode(text);
  if (position !== null) return position;
  throw new Problem('invalid_request', 'The query of the request is not valid.', [
    { pointer: '#query/cursor', detail: 'is not a cursor of this list in this order' },
  ]);
}
