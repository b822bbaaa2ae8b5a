/**
 * Calls a URL several times at once and tells the parent how it ended and how much memory that took. A process of its
 * own, since what a test runner holds would hide it.
 */
import { createEgress } from './create-egress.ts';
import { outcome, requestTo } from './testing.ts';

const [url = '', calls = '1', maxResponseBytes = '0', timeoutMs = '0'] = process.argv.slice(2);
let mostBytes = process.memoryUsage.rss();
const baseBytes = mostBytes;
const timer = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage.rss())), 5);
const egress = createEgress({ allowLoopback: true });
const limits = { maxResponseBytes: Number(maxResponseBytes), timeoutMs: Number(timeoutMs) };
const results = await Promise.all(
  Array.from({ length: Number(calls) }, async () => outcome(await egress.send(requestTo(url, limits)))),
);
await egress.close();
clearInterval(timer);
// The kernel's own peak, which no timer can miss; kibibytes.
mostBytes = Math.max(mostBytes, process.resourceUsage().maxRSS * 1024);
process.stdout.write(JSON.stringify({ outcomes: [...new Set(results)], baseBytes, mostBytes }));
