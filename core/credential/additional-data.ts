/** What a sealed credential is bound to: a row copied to another workspace, service or id fails to open. */
export function credentialAdditionalData(
  workspaceId: string,
  serviceName: string,
  credentialId: string,
): readonly string[] {
  return ['credential', workspaceId, serviceName, credentialId];
}
