import { expect, test } from 'vitest';
import type { Connector } from '../connector/schema.ts';
import { programOf } from './program.ts';
import { define } from './testing.ts';

test('the definition in a connector has all of its fields, and nothing else', () => {
  const definition = define({
    input_schema: { type: 'object' },
    coerce_input: true,
    steps: [{ name: 'a', steps: [{ name: 'b', transform: { x: 1 } }] }],
    output: '{{steps.b.x}}',
    contact_mapping: { match: ['x'], fields: { x: '1' } },
  });
  const connector: Connector = {
    ...definition,
    id: '01890000-0000-7000-8000-000000000001',
    workspace_id: '01890000-0000-7000-8000-000000000002',
    name: 'C',
    description: '',
    version: 1,
    revision: 1,
    template_id: null,
    template_version: null,
    success_count: 0,
    failure_count: 0,
    last_executed_at: null,
    created_at: '',
    updated_at: '',
  };
  expect(programOf(connector)).toEqual(definition);
});
