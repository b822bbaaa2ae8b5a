import {
  type Fields,
  fieldsOf,
  hasOnly,
  isJson,
  isText,
  jsonOf,
  listOf,
  type Provider,
} from '../stand-in.ts';

export const NOTION_SECRET = { token: 'stand-in-notion-secret' };
const PARENTS: Fields = {
  page_id: '59833787-2cf9-4fdf-8782-e53db20768a5',
  data_source_id: 'd9824bdc-8445-4327-be8b-5b47500af6ce',
};

/** https://developers.notion.com/reference/post-page, https://developers.notion.com/reference/status-codes */
export const notion: Provider = {
  hosts: ['api.notion.com'],
  answer(seen) {
    const refuse = (status: number, code: string, message: string) => ({
      status,
      body: { object: 'error', status, code, message },
    });
    if (seen.headers.authorization !== `Bearer ${NOTION_SECRET.token}`)
      return refuse(401, 'unauthorized', 'API token is invalid.');
    if (seen.headers['notion-version'] !== '2025-09-03')
      return refuse(400, 'missing_version', 'Notion-Version header should be defined.');
    if (seen.method !== 'POST' || seen.path !== '/v1/pages')
      return refuse(400, 'invalid_request_url', 'Invalid request URL.');
    const page = jsonOf(seen);
    if (!isJson(seen) || !hasOnly(Object.keys(page), ['parent', 'properties', 'children']))
      return refuse(400, 'invalid_json', 'Error parsing JSON body.');
    const { type, ...parent } = fieldsOf(page.parent);
    if (!isText(type) || !hasOnly(Object.keys(parent), [type]) || !(type in PARENTS))
      return refuse(400, 'validation_error', 'body.parent should be defined.');
    if (parent[type] !== PARENTS[type])
      return refuse(
        404,
        'object_not_found',
        `Could not find ${type}: ${parent[type]}. Make sure that it is shared with your integration.`,
      );
    const title = listOf(fieldsOf(fieldsOf(page.properties).title).title);
    if (title.length !== 1 || !title.every(isRichText))
      return refuse(400, 'validation_error', 'Title is not valid.');
    const children = listOf(page.children);
    if (!Array.isArray(page.children) || children.length > 100 || !children.every(isParagraph))
      return refuse(400, 'validation_error', 'body.children is not valid.');
    return {
      status: 200,
      body: {
        object: 'page',
        id: 'be633bf1-dfa0-436d-b259-571129a590e5',
        created_time: '2026-01-02T03:04:00.000Z',
        url: 'https://www.notion.so/Meeting-with-Ada-be633bf1dfa0436db259571129a590e5',
      },
    };
  },
};

function isRichText(value: unknown): boolean {
  const { type, text } = fieldsOf(value);
  const { content } = fieldsOf(text);
  return type === 'text' && isText(content) && content.length <= 2000;
}

function isParagraph(value: unknown): boolean {
  const { object, type, paragraph } = fieldsOf(value);
  return (
    object === 'block' && type === 'paragraph' && listOf(fieldsOf(paragraph).rich_text).every(isRichText)
  );
}
