import { hasOnly, isJson, isText, jsonOf, listOf, type Provider } from '../stand-in.ts';

export const GITHUB_SECRET = { token: 'stand-in-github-token' };

/** https://docs.github.com/en/rest/issues/issues#create-an-issue */
export const github: Provider = {
  hosts: ['api.github.com'],
  answer(seen) {
    const refuse = (status: number, message: string) => ({
      status,
      body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
    });
    const { headers } = seen;
    if (!headers['user-agent']) return refuse(403, 'Request forbidden by administrative rules.');
    if (headers.authorization !== `Bearer ${GITHUB_SECRET.token}`) return refuse(401, 'Bad credentials');
    if (headers.accept !== 'application/vnd.github+json') return refuse(415, 'Unsupported media type');
    if (headers['x-github-api-version'] !== '2022-11-28') return refuse(400, 'Unsupported API version');
    if (seen.method !== 'POST' || seen.path !== '/repos/octocat/hello-world/issues')
      return refuse(404, 'Not Found');
    const issue = jsonOf(seen);
    if (!isJson(seen) || !hasOnly(Object.keys(issue), ['title'], ['body', 'labels', 'assignees']))
      return refuse(400, 'Problems parsing JSON');
    const names = [issue.labels, issue.assignees];
    if (!isText(issue.title) || !names.every((list) => Array.isArray(list) && list.every(isText)))
      return refuse(422, 'Validation Failed');
    return {
      status: 201,
      headers: { location: 'https://api.github.com/repos/octocat/hello-world/issues/1347' },
      body: {
        id: 1,
        number: 1347,
        state: 'open',
        title: issue.title,
        labels: listOf(issue.labels).map((name) => ({ name })),
        html_url: 'https://github.com/octocat/hello-world/issues/1347',
      },
    };
  },
};
