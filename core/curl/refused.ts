/**
 * A command that cannot become a step. The message goes to the caller and quotes nothing of the command but options by
 * their names: any text in it may be a secret.
 */
export class CurlRefused extends Error {
  override readonly name = 'CurlRefused';
}
