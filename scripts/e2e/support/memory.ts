import { readFileSync } from 'node:fs';
import { descendants } from './processes.ts';

const SAMPLE_MS = 250;
const KIB = 1024;

export interface MemoryWatch {
  /** The most resident memory that each process has had since it started, bytes, by pid. */
  stop(): Map<number, number>;
}

/** Watches the processes below `pid` while they come and go. The kernel keeps the peak (VmHWM), which no sample can miss. */
export function watchMemory(pid: () => number | undefined): MemoryWatch {
  const peaks = new Map<number, number>();
  const look = () => {
    const parent = pid();
    for (const child of parent === undefined ? [] : descendants(parent)) {
      const peak = peakBytes(child.pid);
      if (peak > 0) peaks.set(child.pid, peak);
    }
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      look();
      clearInterval(timer);
      return peaks;
    },
  };
}

function peakBytes(pid: number): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * KIB;
  } catch {
    return 0; // The process is gone.
  }
}
