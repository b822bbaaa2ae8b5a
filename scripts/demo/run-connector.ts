import { Execution, FINAL_STATUSES } from '../../core/execution/schema.ts';
import { type Api, data } from './api.ts';
import type { enrichLead } from './connectors.ts';

const POLL_MS = 40;
const GIVE_UP_MS = 120_000;

/** Stores the credentials, creates the connector, executes it and follows it to its end. */
export async function runConnector(
  api: Api,
  { connector, credentials, input }: ReturnType<typeof enrichLead>,
  onChange: (execution: Execution) => void = () => {},
): Promise<Execution> {
  for (const credential of credentials)
    await data(api.api.v1.workspace.credentials.$post({ json: credential }));
  const { id } = await data(api.api.v1.connectors.$post({ json: connector }));
  const accepted = await data(api.api.v1.connectors[':id'].execute.$post({ param: { id }, json: { input } }));
  return followExecution(api, accepted.id, onChange);
}

export async function followExecution(
  api: Api,
  id: string,
  onChange: (execution: Execution) => void = () => {},
): Promise<Execution> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const execution = Execution.parse(await data(api.api.v1.executions[':id'].$get({ param: { id } })));
    onChange(execution);
    if (FINAL_STATUSES.has(execution.status)) return execution;
    if (performance.now() > deadline)
      throw new Error(`execution ${id} is still ${execution.status} after ${GIVE_UP_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
