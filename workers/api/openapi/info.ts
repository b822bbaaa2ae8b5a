import type { JsonObject } from '../../../core/json/json.ts';

const DESCRIPTION = `Patchbay lets a product give its customers **connectors**: small programs of HTTP calls to other
services, run safely with the customer's own stored credentials.

## Get a token
Every call but \`/health\` and \`/ready\` needs \`Authorization: Bearer <token>\`.

A person's token comes from Supabase Auth:

\`\`\`sh
curl "$SUPABASE_URL/auth/v1/token?grant_type=password" \\
  -H "apikey: $SUPABASE_PUBLISHABLE_KEY" -H "Content-Type: application/json" \\
  -d '{ "email": "you@example.com", "password": "..." }'
\`\`\`

The answer's \`access_token\` is the token; it lives for an hour. On the local stack, \`npm start\` prints a demo login,
and \`npm run token\` prints a token for it.

A server uses an **API key** (\`pbk_...\`) in the same header. An admin of the workspace makes it; it is shown once.

## First steps
1. \`POST /api/v1/workspaces\` makes a workspace. Name it in \`X-Workspace-Id\` if you have several.
2. \`GET /api/v1/connector-templates\` shows what there is to install. Each template has a manifest of what it can do.
3. \`POST /api/v1/connector-templates/{id}/install\` makes a connector of it, and says which credentials it needs;
   \`POST /api/v1/connectors\` makes one of your own.
4. \`POST /api/v1/workspace/credentials\` stores a credential.
5. \`POST /api/v1/connectors/{id}/execute\` runs the connector; with \`Prefer: wait=10\` the answer is the result.
   \`GET /api/v1/executions/{id}\` shows every step of it.

SaaS admins make templates (\`POST /api/v1/connector-templates\`), publish and unpublish them, and feature them
(\`PATCH /api/v1/admin/templates/{id}/feature\`).

On this page: choose **Authorize**, paste the token under \`user\` (or an API key under \`apiKey\`), then **Execute** any call.
Nothing leaves this origin. The document itself is [/openapi.json](/openapi.json).

## Conventions
- Single objects come as \`{ "data": ... }\`, lists as \`{ "data": [...], "next_cursor": ... }\`. A page has 20 items unless
  \`limit\` asks for 1 to 100; \`cursor\` takes the \`next_cursor\` of the page before.
- Every POST takes an \`Idempotency-Key\`: sent again with the same key, it is answered like the first time and done once.
- What has an \`ETag\` can be changed with \`If-Match\`, so that nobody's change is lost, and read with \`If-None-Match\`.
- Errors are \`application/problem+json\` (RFC 9457): go by \`code\`, and look at \`errors\` for the fields that are wrong.
- Unknown fields in bodies are refused. A body may have 1 MiB and 32 levels.
- What belongs to another workspace is answered like what does not exist: 404.
- A caller has so many requests in ten seconds, as \`RateLimit-Policy\` says. Beyond them the answer is 429; come back
  after \`Retry-After\` seconds.
- Every answer has an \`X-Request-Id\`. Send one of your own to find your calls in logs.`;

export const INFO: JsonObject = {
  title: 'Patchbay API',
  version: '1.0.0',
  summary: 'Connectors for your customers: built, run and watched over HTTP.',
  description: DESCRIPTION,
  license: { name: 'MIT', identifier: 'MIT' },
  contact: { name: 'Patchbay' },
};

export const SERVERS: JsonObject[] = [{ url: '/', description: 'The server that this page came from.' }];

export const SECURITY_SCHEMES: JsonObject = {
  user: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'The access token of a person, from `POST {SUPABASE_URL}/auth/v1/token?grant_type=password`.',
  },
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'pbk_...',
    description:
      'An API key of a workspace, for servers. Its scope is `read`, `execute`, `write` or `admin`, each including those before.',
  },
};
