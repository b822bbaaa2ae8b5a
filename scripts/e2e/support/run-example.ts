import { randomBytes } from 'node:crypto';
import { type Api, apiClient, data } from '../../demo/api.ts';
import type { Example } from '../../demo/connectors.ts';
import { followExecution } from '../../demo/run-connector.ts';
import { bold, green, red, Spinner } from '../../demo/terminal.ts';
import { timelinePrinter } from '../../demo/timeline.ts';
import { type Deployment, deployment, USAGE, UsageError } from './deployment.ts';

/**
 * Runs an example against a deployment and exits: 0 when it succeeded, 1 when it did not, 2 when it was called wrongly.
 * `choose` picks the example, by whether there is an example API to call.
 */
export async function main(title: string, choose: (upstream: string | undefined) => Example): Promise<never> {
  try {
    const where = await deployment(process.argv.slice(2));
    console.log(`${bold(title)} against ${where.url}`);
    process.exit((await runExample(where, choose(where.upstream))) ? 0 : 1);
  } catch (error) {
    console.error(red(error instanceof Error ? error.message : String(error)));
    if (error instanceof UsageError) console.error(USAGE);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

/** Stores credentials, creates the connector, executes it, and deletes what it made, whatever happened between. */
async function runExample(where: Deployment, example: Example): Promise<boolean> {
  const api = apiClient(where.url, where.token, where.workspaceId);
  const { connector, credentials, input } = underOwnNames(example);
  const made = { services: [] as string[], connectors: [] as string[] };
  const spinner = new Spinner();
  try {
    for (const credential of credentials) {
      await data(api.api.v1.workspace.credentials.$post({ json: credential }));
      made.services.push(credential.service_name);
      console.log(`  stored credential ${credential.service_name}`);
    }
    const { id } = await data(api.api.v1.connectors.$post({ json: connector }));
    made.connectors.push(id);
    console.log(`  created connector "${connector.name}", ${connector.steps.length} step(s)`);
    const accepted = await data(
      api.api.v1.connectors[':id'].execute.$post({ param: { id }, json: { input } }),
    );
    console.log(`  accepted execution ${accepted.id}`);
    const execution = await followExecution(api, accepted.id, timelinePrinter(spinner));
    spinner.stop();
    const succeeded = execution.status === 'succeeded';
    console.log(`Status   ${succeeded ? green(execution.status) : red(execution.status)}`);
    console.log(`Output   ${JSON.stringify(execution.output)}`);
    if (execution.error) console.log(`Error    ${execution.error.code}: ${execution.error.message}`);
    return succeeded;
  } finally {
    spinner.stop();
    await remove(api, made);
  }
}

/**
 * Names of their own for the credentials: storing one under a name in use would replace what its owner stored, and
 * deleting it would lose it. No contact mapping: a contact could be somebody's, and cannot be taken back.
 */
function underOwnNames({ connector, credentials, input }: Example): Example {
  const suffix = randomBytes(4).toString('hex');
  const named = (service: string) => `e2e_${suffix}_${service}`;
  const { contact_mapping: _contact, ...rest } = connector;
  return {
    input,
    credentials: credentials.map((one) => ({ ...one, service_name: named(one.service_name) })),
    connector: {
      ...rest,
      name: `${connector.name} (end-to-end test ${suffix})`,
      steps: connector.steps.map((step) => {
        const { request } = step;
        return request?.auth
          ? { ...step, request: { ...request, auth: { credential: named(request.auth.credential) } } }
          : step;
      }),
    },
  };
}

/** Connectors before the credentials that they use. */
async function remove(api: Api, made: { services: string[]; connectors: string[] }): Promise<void> {
  const deletions = [
    ...made.connectors.map((id) => () => api.api.v1.connectors[':id'].$delete({ param: { id } })),
    ...made.services.map(
      (service_name) => () =>
        api.api.v1.workspace.credentials[':service_name'].$delete({ param: { service_name }, query: {} }),
    ),
  ];
  let deleted = 0;
  for (const remove of deletions) {
    const { ok, status } = await remove();
    if (ok) deleted += 1;
    else console.error(red(`  something could not be deleted: the API answered ${status}`));
  }
  if (deleted > 0) console.log(`  deleted what this made (${deleted})`);
}
