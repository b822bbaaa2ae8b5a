import { parseKeyRing } from '../core/crypto/key-ring.ts';
import { createSealer, type Sealer } from '../core/crypto/seal.ts';
import type { Egress } from '../core/egress/port.ts';
import { nodeCrypto } from './crypto/node-crypto.ts';
import { createEgress } from './egress/create-egress.ts';
import type { TaskEnv } from './env.ts';

/** What opens and seals with the configured ring. */
export function taskSealer(env: TaskEnv): Sealer {
  return createSealer(parseKeyRing(env.PATCHBAY_ENCRYPTION_KEYS, 'PATCHBAY_ENCRYPTION_KEYS'), nodeCrypto);
}

/** The egress door under the configured policy. Its connections last as long as the process. */
export function taskEgress(env: TaskEnv): Egress {
  return createEgress({
    allowLoopback: env.PATCHBAY_ALLOW_LOOPBACK === 'true',
    allowedPorts: env.PATCHBAY_EGRESS_PORTS,
  });
}
