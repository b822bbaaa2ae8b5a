/** Who calls. */
export type Actor = UserActor | ApiKeyActor;

export interface UserActor {
  readonly type: 'user';
  readonly userId: string;
  readonly email: string | null;
  /** The access token itself, to act with in the database. */
  readonly token: string;
}

export interface ApiKeyActor {
  readonly type: 'api_key';
  /** As the key itself says. Whether its secret is right, and the key still good, the database finds out. */
  readonly apiKeyId: string;
  /** SHA-256 of the secret, in hex. */
  readonly secretHash: string;
  /** A short-lived token for the database that names both. */
  readonly token: string;
}

/**
 * What requests of one caller are counted by. For a key with its secret: else whoever knows a key's id could use up the
 * quota of its owner.
 */
export function callerOf(actor: Actor): string {
  return actor.type === 'user' ? `user:${actor.userId}` : `key:${actor.apiKeyId}:${actor.secretHash}`;
}
