import { readInput } from '../connector/read-input.ts';
import type { Connector, ConnectorDefinition } from '../connector/schema.ts';
import { withSoundDefinition } from '../connector/sound.ts';
import { StoredConnector, toStoredDefinition } from '../connector/stored.ts';
import { everyStep } from '../connector/walk.ts';
import type { CallContext } from '../context.ts';
import { pointerTo } from '../json/json.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import type { Accepted } from './accepted.ts';
import { getExecution } from './get.ts';
import { Execution } from './schema.ts';
import type { Mock, TestOptions } from './test-options.ts';
import type { TestConnector } from './test-schema.ts';

/**
 * Accepts a test run of a connector, as it is stored or as it is being written. It is an execution like any other, but
 * counts in no figures and writes no contact.
 *
 * @throws Problem validation_failed (422) when the definition, the input, or a step that is named does not fit
 */
export async function testConnector(ctx: CallContext, id: string, test: TestConnector): Promise<Accepted> {
  const connector = StoredConnector.parse(
    await ctx.db.call('get_connector', {
      p_workspace_id: ctx.workspaceId,
      p_connector_id: id,
      p_at_least: 'editor',
    }),
  );
  const definition = test.definition ?? connector;
  const { input, errors: invalid } = readInput(definition, test.input);
  const errors = [...invalid, ...unknownSteps(definition, test)];
  if (errors.length > 0)
    throw new Problem('validation_failed', 'The test does not fit the connector.', errors);

  const inWorkspace = { ...ctx, workspaceId: connector.workspace_id };
  const options: TestOptions = {
    mode: test.mode,
    ...(test.until === undefined ? {} : { until: test.until }),
    ...(test.only === undefined ? {} : { only: test.only }),
    steps: test.steps,
    mocks: test.mocks,
    pinned: await pinnedAnswers(inWorkspace, connector, test.pinned_execution_id),
  };
  const accept = (draft: object) =>
    ctx.db.call('accept_test_execution', {
      p_workspace_id: connector.workspace_id,
      p_connector_id: connector.id,
      p_version: connector.version,
      p_id: ctx.newId(),
      p_input: input,
      p_options: { ...options, ...draft },
    });
  const accepted = test.definition ? await withDraft(inWorkspace, test.definition, accept) : await accept({});
  return { execution: Execution.parse(accepted), workspaceId: connector.workspace_id, fence: 0 };
}

/** The errors of a draft point into the field that it came in. */
async function withDraft<Result>(
  ctx: CallContext,
  definition: ConnectorDefinition,
  accept: (draft: object) => Promise<Result>,
): Promise<Result> {
  try {
    return await withSoundDefinition(ctx, definition, (services) =>
      accept({ definition: toStoredDefinition(definition), credential_services: services }),
    );
  } catch (error) {
    if (!(error instanceof Problem) || error.errors.length === 0) throw error;
    const errors = error.errors.map(({ pointer, detail }) => ({ pointer: `/definition${pointer}`, detail }));
    throw new Problem(error.code, error.detail, errors);
  }
}

function unknownSteps(definition: Pick<Connector, 'steps'>, test: TestConnector): FieldError[] {
  const names = new Set([...everyStep(definition.steps)].map(({ step }) => step.name));
  const named: [pointer: string, name: string | undefined][] = [
    ['/until', test.until],
    ['/only', test.only],
    ...Object.keys(test.steps).map((name): [string, string] => [pointerTo('/steps', name), name]),
    ...Object.keys(test.mocks).map((name): [string, string] => [pointerTo('/mocks', name), name]),
  ];
  return named.flatMap(([pointer, name]) =>
    name === undefined || names.has(name) ? [] : [{ pointer, detail: 'the connector has no such step' }],
  );
}

/** What services answered in an execution, by step; of a loop or a list of pages, nothing. */
async function pinnedAnswers(
  ctx: CallContext,
  connector: Connector,
  executionId: string | undefined,
): Promise<Record<string, Mock>> {
  if (executionId === undefined) return {};
  const execution = await getExecution(ctx, executionId);
  if (execution.connector_id !== connector.id) {
    const detail = 'it is an execution of another connector';
    throw new Problem('validation_failed', 'The test does not fit the connector.', [
      { pointer: '/pinned_execution_id', detail },
    ]);
  }
  return Object.fromEntries(
    execution.steps.flatMap(({ name, response }) => (response ? [[name, response] as const] : [])),
  );
}
