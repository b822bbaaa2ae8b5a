import { checkDefinition } from '../connector/check/index.ts';
import type { ConnectorDefinition } from '../connector/schema.ts';
import type { UrlPolicy } from '../egress/url.ts';
import { Problem } from '../problem/problem.ts';
import { refuseSecrets } from './secrets.ts';
import type { SoundDefinition } from './stored.ts';

const OWN_CONNECTOR =
  'a connector is known in its own workspace only: a template holds the steps themselves instead of calling one';

/**
 * A definition that may be offered to others: it has no flaw and, with what is written about it, no secret. Credentials
 * need not exist: those who install it bring their own. No step may call another connector, which they would not have.
 *
 * @param texts what people read of the template, by field name
 */
export function requireSoundTemplate(
  definition: ConnectorDefinition,
  policy: UrlPolicy,
  texts: Readonly<Record<string, string>>,
): SoundDefinition {
  const { errors, credentialServices, connectorPointers } = checkDefinition(definition, policy);
  const calls = [...connectorPointers.values()].flat().map((pointer) => ({ pointer, detail: OWN_CONNECTOR }));
  if (errors.length + calls.length > 0) {
    const inBody = [...errors, ...calls].map(({ pointer, detail }) => ({
      pointer: `/definition${pointer}`,
      detail,
    }));
    throw new Problem('validation_failed', 'The template cannot run as it is.', inBody);
  }
  refuseSecrets(definition, texts);
  return { definition, credentialServices };
}
