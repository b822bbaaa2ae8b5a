import { fieldsOf, hasOnly, isJson, isText, jsonOf, listOf, type Provider } from '../stand-in.ts';

export const JIRA_SECRET = { username: 'ada@example.com', password: 'stand-in-jira-token' };
const AUTHORIZATION = `Basic ${btoa(`${JIRA_SECRET.username}:${JIRA_SECRET.password}`)}`;

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-post */
export const jira: Provider = {
  hosts: ['your-site.atlassian.net'],
  answer(seen) {
    const refuse = (status: number, errors: Record<string, string>, errorMessages: string[] = []) => ({
      status,
      body: { errorMessages, errors },
    });
    if (seen.headers.authorization !== AUTHORIZATION)
      return refuse(401, {}, [
        'You are not authenticated. Authentication required to perform this operation.',
      ]);
    if (seen.method !== 'POST' || seen.path !== '/rest/api/3/issue') return { status: 404 };
    const issue = jsonOf(seen);
    const fields = fieldsOf(issue.fields);
    if (!isJson(seen) || !hasOnly(Object.keys(issue), ['fields']))
      return refuse(400, {}, ['Invalid request payload.']);
    if (!hasOnly(Object.keys(fields), ['project', 'issuetype', 'summary', 'description']))
      return refuse(400, { fields: 'unexpected or missing fields' });
    if (fieldsOf(fields.project).key !== 'OPS') return refuse(400, { project: 'valid project is required' });
    const type = fieldsOf(fields.issuetype).name;
    if (type !== 'Task' && type !== 'Bug') return refuse(400, { issuetype: 'Specify a valid issue type' });
    if (!isText(fields.summary)) return refuse(400, { summary: 'You must specify a summary of the issue.' });
    if (!isDocument(fields.description))
      return refuse(400, {
        description: 'Operation value must be an Atlassian Document (see the Atlassian Document Format)',
      });
    const self = 'https://your-site.atlassian.net/rest/api/3/issue/10000';
    return { status: 201, body: { id: '10000', key: 'OPS-24', self } };
  },
};

/** A document of paragraphs of text. A text node must not be empty. */
function isDocument(value: unknown): boolean {
  const { type, version, content } = fieldsOf(value);
  return type === 'doc' && version === 1 && Array.isArray(content) && content.every(isParagraph);
}

function isParagraph(value: unknown): boolean {
  const { type, content } = fieldsOf(value);
  return (
    type === 'paragraph' &&
    listOf(content).length === 1 &&
    listOf(content).every((node) => fieldsOf(node).type === 'text' && isText(fieldsOf(node).text))
  );
}
