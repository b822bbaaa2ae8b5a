import type { Role } from '../../core/workspace/schema.ts';
import { connectorBody, credentialBody, executeBody, type Fixture } from './fixture.ts';

export interface RouteCase {
  /** As registered: method and pattern. */
  readonly route: string;
  /** The least role that may call it, `saas_admin` where a workspace's role does not count, null where every user may. */
  readonly role: Role | 'saas_admin' | null;
  /** Database round trips when all goes well, with a workspace named. */
  readonly roundTrips: number;
  /** Which id in the path belongs to a workspace, if any: another's must not be found. */
  readonly names?: 'workspace' | 'connector' | 'execution' | 'member';
  path(ids: Pick<Fixture, 'workspace' | 'connector' | 'execution' | 'service' | 'viewer'>): string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

const V1 = '/api/v1';
const fixed = (path: string) => () => V1 + path;

/** Every route that needs a token. The security tests run over all of them, so that a new one inherits them. */
export const ROUTES: readonly RouteCase[] = [
  { route: 'GET /me', role: null, roundTrips: 1, path: fixed('/me') },
  { route: 'GET /workspaces', role: null, roundTrips: 1, path: fixed('/workspaces') },
  {
    route: 'POST /workspaces',
    role: null,
    roundTrips: 1,
    path: fixed('/workspaces'),
    json: { name: 'Another' },
  },
  {
    route: 'GET /workspaces/:id',
    role: 'viewer',
    roundTrips: 1,
    names: 'workspace',
    path: (ids) => `${V1}/workspaces/${ids.workspace}`,
  },
  {
    route: 'GET /workspaces/:id/members',
    role: 'viewer',
    roundTrips: 1,
    names: 'workspace',
    path: (ids) => `${V1}/workspaces/${ids.workspace}/members`,
  },
  {
    route: 'POST /workspaces/:id/members',
    role: 'admin',
    roundTrips: 1,
    names: 'workspace',
    path: (ids) => `${V1}/workspaces/${ids.workspace}/members`,
    json: { user_id: '018f0000-0000-7000-8000-00000000abcd', role: 'viewer' },
  },
  {
    route: 'PATCH /workspaces/:id/members/:user_id',
    role: 'admin',
    roundTrips: 1,
    names: 'member',
    path: (ids) => `${V1}/workspaces/${ids.workspace}/members/${ids.viewer.id}`,
    json: { role: 'viewer' },
  },
  {
    route: 'DELETE /workspaces/:id/members/:user_id',
    role: 'admin',
    roundTrips: 1,
    names: 'member',
    path: (ids) => `${V1}/workspaces/${ids.workspace}/members/${ids.viewer.id}`,
  },
  {
    route: 'GET /workspace/credentials',
    role: 'viewer',
    roundTrips: 1,
    path: fixed('/workspace/credentials'),
  },
  {
    route: 'POST /workspace/credentials',
    role: 'editor',
    roundTrips: 1,
    path: fixed('/workspace/credentials'),
    json: credentialBody,
  },
  {
    route: 'GET /workspace/credentials/check/:service_name',
    role: 'viewer',
    roundTrips: 1,
    path: (ids) => `${V1}/workspace/credentials/check/${ids.service}`,
  },
  {
    route: 'GET /workspace/credentials/:service_name',
    role: 'viewer',
    roundTrips: 1,
    path: (ids) => `${V1}/workspace/credentials/${ids.service}`,
  },
  {
    route: 'PATCH /workspace/credentials/:service_name',
    role: 'editor',
    roundTrips: 2,
    path: (ids) => `${V1}/workspace/credentials/${ids.service}`,
    json: { fields: { api_key: 'rotated' }, expires_at: '2030-01-01T00:00:00Z' },
  },
  {
    route: 'POST /workspace/credentials/:service_name/test',
    role: 'editor',
    // One to read the credential; with a longer wait, one for each look at how it went.
    roundTrips: 1,
    path: (ids) => `${V1}/workspace/credentials/${ids.service}/test`,
    json: { url: 'https://api.example.com/status' },
    headers: { prefer: 'wait=0' },
  },
  {
    route: 'DELETE /workspace/credentials/:service_name',
    role: 'editor',
    roundTrips: 1,
    path: (ids) => `${V1}/workspace/credentials/${ids.service}?force=true`,
  },
  { route: 'GET /connectors', role: 'viewer', roundTrips: 1, path: fixed('/connectors') },
  {
    route: 'POST /connectors',
    role: 'editor',
    roundTrips: 1,
    path: fixed('/connectors'),
    json: connectorBody,
  },
  {
    route: 'GET /connectors/:id',
    role: 'viewer',
    roundTrips: 1,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}`,
  },
  {
    route: 'PATCH /connectors/:id',
    role: 'editor',
    roundTrips: 2,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}`,
    json: { name: 'Renamed' },
  },
  {
    route: 'DELETE /connectors/:id',
    role: 'editor',
    roundTrips: 1,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}`,
  },
  {
    route: 'GET /connectors/:id/stats',
    role: 'viewer',
    roundTrips: 1,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}/stats`,
  },
  {
    route: 'GET /connectors/:id/executions',
    role: 'viewer',
    roundTrips: 1,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}/executions`,
  },
  {
    route: 'POST /connectors/:id/execute',
    role: 'editor',
    roundTrips: 2,
    names: 'connector',
    path: (ids) => `${V1}/connectors/${ids.connector}/execute`,
    json: executeBody,
  },
  { route: 'GET /executions', role: 'viewer', roundTrips: 1, path: fixed('/executions') },
  {
    route: 'GET /executions/:id',
    role: 'viewer',
    roundTrips: 1,
    names: 'execution',
    path: (ids) => `${V1}/executions/${ids.execution}`,
  },
  {
    route: 'POST /executions/:id/cancel',
    role: 'editor',
    roundTrips: 1,
    names: 'execution',
    path: (ids) => `${V1}/executions/${ids.execution}/cancel`,
  },
  { route: 'GET /admin/stats', role: 'saas_admin', roundTrips: 1, path: fixed('/admin/stats') },
  { route: 'GET /admin/workspaces', role: 'saas_admin', roundTrips: 1, path: fixed('/admin/workspaces') },
  {
    route: 'GET /admin/executions/recent',
    role: 'saas_admin',
    roundTrips: 1,
    path: fixed('/admin/executions/recent'),
  },
  { route: 'GET /admin/failures', role: 'saas_admin', roundTrips: 1, path: fixed('/admin/failures') },
  {
    route: 'GET /admin/connectors/slowest',
    role: 'saas_admin',
    roundTrips: 1,
    path: fixed('/admin/connectors/slowest'),
  },
  {
    route: 'GET /admin/credential-keys',
    role: 'saas_admin',
    roundTrips: 1,
    path: fixed('/admin/credential-keys'),
  },
  { route: 'GET /admin/saas-admins', role: 'saas_admin', roundTrips: 1, path: fixed('/admin/saas-admins') },
  {
    route: 'POST /admin/credential-keys/rotate',
    role: 'saas_admin',
    roundTrips: 1,
    path: fixed('/admin/credential-keys/rotate'),
  },
  {
    route: 'POST /admin/saas-admins',
    role: 'saas_admin',
    roundTrips: 1,
    path: fixed('/admin/saas-admins'),
    json: { user_id: '018f0000-0000-7000-8000-00000000abcd' },
  },
  {
    route: 'DELETE /admin/saas-admins/:user_id',
    role: 'saas_admin',
    roundTrips: 1,
    path: (ids) => `${V1}/admin/saas-admins/${ids.viewer.id}`,
  },
];

export const methodOf = ({ route }: RouteCase) => route.split(' ')[0] ?? '';
/** What {@link call} takes. */
export const targetOf = (entry: RouteCase, ids: Parameters<RouteCase['path']>[0]) =>
  `${methodOf(entry)} ${entry.path(ids)}`;
