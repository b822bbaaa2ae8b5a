/**
 * Runs `work` and leaves `process.exitCode` as it was. PGlite sets it when it starts (99) and when it closes (0), so that
 * a test runner would report success for tests that failed, and a command failure for success.
 */
export async function keepingExitCode<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = process.exitCode;
  try {
    return await work();
  } finally {
    process.exitCode = before;
  }
}
