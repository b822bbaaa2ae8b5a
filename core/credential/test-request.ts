import { checkDefinition } from '../connector/check/index.ts';
import { isRequestStep, type RequestStep } from '../connector/request-step.ts';
import { ConnectorDefinition } from '../connector/schema.ts';
import type { UrlPolicy } from '../egress/url.ts';
import { type FieldError, Problem } from '../problem/problem.ts';
import type { CredentialType } from './schema.ts';
import type { TestCredential } from './test-schema.ts';

const AT = '/steps/0/request';

/** The test as a connector of one step, so that it is checked and sent by what checks and sends steps. */
function definitionOf(
  credential: { type: CredentialType; service_name: string },
  { method, url, headers }: TestCredential,
): ConnectorDefinition {
  return ConnectorDefinition.parse({
    // Closed and empty: a test has no input to read.
    input_schema: { type: 'object', properties: {}, additionalProperties: false },
    steps: [
      {
        name: 'test',
        request: {
          method,
          url,
          ...(headers === undefined ? {} : { headers }),
          // A custom credential is sent by templates; auth then names whose base_url the URL goes on from.
          ...(credential.type === 'custom' && !url.startsWith('/')
            ? {}
            : { auth: { credential: credential.service_name } }),
        },
      },
    ],
  });
}

export function testStep(
  credential: Parameters<typeof definitionOf>[0],
  request: TestCredential,
): RequestStep {
  const [step] = definitionOf(credential, request).steps;
  if (step === undefined || !isRequestStep(step))
    throw new TypeError('the definition of a test has one request');
  return step;
}

/** Refuses, with pointers, a test that could not be sent, or that would not try this credential. */
export function requireSoundTest(
  credential: Parameters<typeof definitionOf>[0],
  request: TestCredential,
  policy: UrlPolicy,
): void {
  const checked = checkDefinition(definitionOf(credential, request), policy);
  const errors = checked.errors.map(({ pointer, detail }) => ({ pointer: pointer.replace(AT, ''), detail }));
  for (const [service, pointers] of checked.credentialPointers) {
    if (service === credential.service_name) continue;
    errors.push(...pointers.map((pointer) => otherCredential(pointer.replace(AT, ''), service)));
  }
  if (errors.length === 0 && !checked.credentialServices.includes(credential.service_name)) {
    errors.push({
      pointer: '/headers',
      detail: `a custom credential is tried by its fields: {{workspace.${credential.service_name}.<field>}}`,
    });
  }
  if (errors.length > 0) throw new Problem('validation_failed', 'The test cannot be sent.', errors);
}

function otherCredential(pointer: string, service: string): FieldError {
  return { pointer, detail: `names ${service}: a test uses the credential that it is for, and no other` };
}
