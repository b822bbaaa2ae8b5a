import { bench, EXECUTION_ID, get } from './bench.ts';
import { ledgerContract } from './ledger-contract.ts';

ledgerContract('in memory', async () => {
  const input = { n: 1 };
  const at = await bench({
    input,
    credentials: { crm: { type: 'bearer', fields: { token: 'secret-token' } } },
  });
  const { ledger, execution, time } = at;
  ledger.connectors.set(execution.connector_id, { definition: execution.definition, credentials: [] });
  return {
    ledger,
    executionId: EXECUTION_ID,
    missingId: '01890000-0000-7000-8000-0000000000ff',
    input,
    definition: { format: 1, steps: [get('only')] },
    services: ['crm'],
    async requestCancel() {
      execution.cancelRequested = true;
    },
    async expireLease() {
      time.skip(31_000);
    },
    async endWait() {
      time.skip(3_600_000);
    },
    async stored() {
      const { status, end } = execution;
      return { status, output: end?.output, error: end?.error ?? null };
    },
    async storedSteps() {
      const rows = structuredClone([...execution.steps]);
      rows.sort((a, b) => a.step_index - b.step_index || a.attempt - b.attempt);
      return rows.map(({ step_index, attempt, status, request, response, output, error }) => {
        return { step_index, attempt, status, request, response, output, error };
      });
    },
  };
});
