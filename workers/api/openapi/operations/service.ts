import { Health, Readiness } from '../../routes/health.ts';
import type { Operation } from '../operation.ts';

/** Probes of platforms look for them at the root; callers of the API find them below its base, too. */
const ROOTS = [
  { base: '', suffix: '' },
  { base: '/api/v1', suffix: 'V1' },
];

export const serviceOperations: Operation[] = ROOTS.flatMap(({ base, suffix }): Operation[] => [
  {
    operationId: `getHealth${suffix}`,
    method: 'get',
    path: `${base}/health`,
    tag: 'Service',
    summary: 'Is the API alive',
    description: 'Asks nobody: an answer means that the API runs.',
    access: 'public',
    apiKeys: false,
    responses: { 200: { description: 'Alive.', schema: Health, example: { status: 'ok' } } },
  },
  {
    operationId: `getReadiness${suffix}`,
    method: 'get',
    path: `${base}/ready`,
    tag: 'Service',
    summary: 'Is the API ready',
    description: 'Asks the services behind the API whether they answer.',
    access: 'public',
    apiKeys: false,
    responses: {
      200: {
        description: 'Ready.',
        schema: Readiness,
        example: { status: 'ready', checks: { database: true, trigger: true } },
      },
    },
    problems: ['unavailable'],
  },
]);
