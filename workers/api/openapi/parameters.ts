import { encodeCursor } from '../../../core/page/cursor.ts';
import { EXAMPLE_IDS } from './example-ids.ts';
import type { ParameterText } from './operation.ts';

const uuid = (description: string, example: string): ParameterText => ({ description, example });

export const WORKSPACE_ID = uuid('The workspace.', EXAMPLE_IDS.workspace);
export const CONNECTOR_ID = uuid('The connector.', EXAMPLE_IDS.connector);
export const EXECUTION_ID = uuid('The execution.', EXAMPLE_IDS.execution);
export const FAILED_EXECUTION_ID = uuid('The execution.', EXAMPLE_IDS.failedExecution);
export const CIRCUIT_ID = uuid('The circuit.', EXAMPLE_IDS.circuit);
export const MEMBER_ID = uuid('The user who is a member.', EXAMPLE_IDS.member);
export const API_KEY_ID = uuid('The API key.', EXAMPLE_IDS.apiKey);
export const SERVICE_NAME: ParameterText = {
  description: 'The service that the credential is for.',
  example: 'numverify',
};

/** Of every list that has pages. */
export const PAGE = {
  limit: {
    description: 'How many items a page has at most.',
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    example: 20,
  },
  cursor: {
    description: 'The `next_cursor` of the page before.',
    schema: { type: 'string', maxLength: 200 },
    example: encodeCursor(EXAMPLE_IDS.connector),
  },
} as const satisfies Record<string, ParameterText>;
