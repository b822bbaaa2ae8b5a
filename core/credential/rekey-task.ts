/** The scheduled task that seals credentials anew after a key was added to the ring. */
export const CREDENTIAL_REKEY_TASK_ID = 'credential-rekey';
