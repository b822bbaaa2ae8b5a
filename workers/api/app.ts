import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { DatabaseError } from '../../core/db/db.ts';
import { Problem } from '../../core/problem/problem.ts';
import type { AppEnv } from './app-env.ts';
import { ConfigError } from './env.ts';
import { conditionalGet } from './http/etag.ts';
import { problemOf, problemResponse } from './http/problem-response.ts';
import { consoleLog, redactedLog } from './log.ts';
import { accessLog } from './middleware/access-log.ts';
import { allowedOrigins } from './middleware/allowed-origins.ts';
import { authenticate } from './middleware/authenticate.ts';
import { idempotency } from './middleware/idempotency.ts';
import { pagePolicy } from './middleware/page-policy.ts';
import { rateLimit } from './middleware/rate-limit.ts';
import { withPorts } from './middleware/with-ports.ts';
import { workspace } from './middleware/workspace.ts';
import { portsFor, type Runtime } from './ports.ts';
import { adminRoutes } from './routes/admin.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditLogRoutes, platformAuditLogRoutes } from './routes/audit-log.ts';
import { batchRoutes, connectorBatchRoutes } from './routes/batches.ts';
import { circuitRoutes } from './routes/circuits.ts';
import { connectorRoutes } from './routes/connectors.ts';
import { credentialRoutes } from './routes/credentials.ts';
import { curlRoutes, executionCurlRoutes } from './routes/curl.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { docsRoutes } from './routes/docs.ts';
import { executeRoutes } from './routes/execute.ts';
import { executionEventRoutes } from './routes/execution-events.ts';
import { executionRoutes } from './routes/executions.ts';
import { healthRoutes, readyRoutes } from './routes/health.ts';
import { lintRoutes } from './routes/lint.ts';
import { meRoutes } from './routes/me.ts';
import { rerunRoutes } from './routes/rerun.ts';
import { connectorTemplateRoutes, templateAdminRoutes, templateRoutes } from './routes/templates.ts';
import { transferRoutes } from './routes/transfer.ts';
import { workspaceRoutes } from './routes/workspaces.ts';

/** Larger documents belong into files, not into definitions and inputs. */
const MAX_BODY_BYTES = 1024 * 1024;
/** A thousand connectors of some size; the Worker's 128 MB hold the text and what is parsed of it several times over. */
const MAX_IMPORT_BYTES = 8 * 1024 * 1024;
/** Ten thousand items of some size; they are read one by one, and never held as values all together. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
const BATCHES_OF_CONNECTOR = /^\/api\/v1\/connectors\/[^/]+\/batches$/;
const MAX_REQUEST_ID_CHARS = 128;

/** What needs a token. */
const AREAS = [
  'me',
  'workspaces',
  'workspace',
  'connectors',
  'connector-templates',
  'curl',
  'executions',
  'circuits',
  'batches',
  'dead-letters',
  'admin',
  'api-keys',
  'audit-log',
  'export',
  'import',
];

const workersRuntime: Runtime = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  log: consoleLog,
};

const limitBody = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem('body_too_large', `A body may have ${maxSize} bytes.`);
    },
  });

const limitBatch = limitBody(MAX_BATCH_BYTES);

/** The API as one Hono app; `runtime` replaces the world in tests. */
export function createApp(runtime: Runtime = workersRuntime) {
  const app = new Hono<AppEnv>();
  const { now } = runtime;
  // Before the bindings are read, nothing is known of their secrets but their shape.
  const log = redactedLog(runtime.log);

  app.onError((error, c) => {
    const problem = problemOf(error);
    // A configuration that cannot be served with has been logged already, when it was read.
    if (problem.status >= 500 && !(error instanceof Problem) && !(error instanceof ConfigError)) {
      const { log: logOfPorts = log } = c.var.ports?.runtime ?? {};
      logOfPorts('error', 'request_failed', { requestId: c.var.requestId, ...describe(error) });
    }
    return problemResponse(c, problem);
  });
  app.notFound((c) => problemResponse(c, new Problem('not_found', 'No route has this path.')));

  app.use(requestId({ limitLength: MAX_REQUEST_ID_CHARS }));
  app.use(accessLog({ log, now }));
  app.use('/docs/*', pagePolicy());
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: 'DENY',
    }),
  );
  // Answers are for one caller at one moment; no cache on the way may keep them.
  app.use(async function noStore(c, next) {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const allow = methods.join(', ');
        const response = problemResponse(c, new Problem('method_not_allowed', `Allowed here: ${allow}.`));
        response.headers.set('Allow', allow);
        return response;
      },
    }),
  );
  app.route('/', healthRoutes).route('/api/v1', healthRoutes).route('/', docsRoutes);

  app.use(withPorts({ portsFor: portsFor(runtime) }));
  app.use(allowedOrigins());
  app.use(conditionalGet());
  // In this order, so that nobody without a token makes the Worker read a body.
  for (const area of AREAS) {
    const limit = limitBody(area === 'import' ? MAX_IMPORT_BYTES : MAX_BODY_BYTES);
    app.use(`/api/v1/${area}/*`, authenticate(), rateLimit(), idempotency(), workspace(), (c, next) =>
      BATCHES_OF_CONNECTOR.test(c.req.path) ? limitBatch(c, next) : limit(c, next),
    );
  }

  return app
    .route('/', readyRoutes)
    .route('/api/v1', readyRoutes)
    .route('/api/v1/me', meRoutes)
    .route('/api/v1/workspaces', workspaceRoutes)
    .route('/api/v1/workspace/credentials', credentialRoutes)
    .route('/api/v1/connectors', connectorRoutes)
    .route('/api/v1/connectors', executeRoutes)
    .route('/api/v1/connectors', lintRoutes)
    .route('/api/v1/connectors', connectorTemplateRoutes)
    .route('/api/v1/connectors', connectorBatchRoutes)
    .route('/api/v1/batches', batchRoutes)
    .route('/api/v1/connector-templates', templateRoutes)
    .route('/api/v1/executions', executionRoutes)
    .route('/api/v1/executions', executionCurlRoutes)
    .route('/api/v1/curl', curlRoutes)
    .route('/api/v1/executions', rerunRoutes)
    .route('/api/v1/executions', executionEventRoutes)
    .route('/api/v1/dead-letters', deadLetterRoutes)
    .route('/api/v1/circuits', circuitRoutes)
    .route('/api/v1/api-keys', apiKeyRoutes)
    .route('/api/v1/audit-log', auditLogRoutes)
    .route('/api/v1/admin/audit-log', platformAuditLogRoutes)
    .route('/api/v1', transferRoutes)
    .route('/api/v1/admin/templates', templateAdminRoutes)
    .route('/api/v1/admin', adminRoutes);
}

/** SQLSTATE class 22 (PostgreSQL manual, appendix A). */
const DATA_EXCEPTION = /^22/;

/** For the log only. */
function describe(error: Error): Record<string, unknown> {
  const { name, message, stack } = error;
  if (!(error instanceof DatabaseError)) return { name, message, stack };
  // Data exceptions quote the value that they could not read.
  return { name, message: DATA_EXCEPTION.test(error.code) ? `${error.fn}: ${error.code}` : message };
}
