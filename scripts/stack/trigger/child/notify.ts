import type { ChildNotice } from './protocol.ts';

/** Sends a notice to the parent; without one (it died) the notice is dropped, as the process is about to end. */
export function notify(notice: ChildNotice): void {
  if (!process.connected) return;
  try {
    process.send?.(notice);
  } catch {
    // The channel closed between the check and the send.
  }
}
