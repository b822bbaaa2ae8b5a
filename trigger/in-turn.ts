/** Does each, a few at a time, and says how many failed: one that fails must not keep those behind it waiting. */
export async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<number> {
  const waiting = items.values();
  let failed = 0;
  const worker = async () => {
    for (const item of waiting) await act(item).catch(() => (failed += 1));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return failed;
}
