/**
 * The id of a sub-connector's execution: a UUIDv7 (RFC 9562 section 5.7) with its parent's time, whose other bits follow
 * from the parent and the place of the step. The same place always has the same id.
 */
export async function childExecutionId(
  parentId: string,
  place: string,
  sha256: (text: string) => Promise<string>,
): Promise<string> {
  const hash = await sha256(`${parentId} ${place}`);
  const time = parentId.slice(0, 13);
  const variant = '89ab'[Number.parseInt(hash.slice(3, 4), 16) % 4];
  return `${time}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
