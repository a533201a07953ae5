/** How busy a site is: for /proc and sysinfo(2). */
import { freemem, totalmem } from 'node:os';
import type { Manager } from './manager.ts';

/** CPU time of the processes of this site, their ended children included, ms. */
export function busyMs(pm: Manager): number {
  let sum = pm.unclaimedMs;
  for (const { usage } of pm.processes.values()) {
    sum += usage.userMs + usage.systemMs + usage.childUserMs + usage.childSystemMs;
  }
  return sum;
}

/** Processes that ran at a time, on average since the site began. */
export function loadOf(pm: Manager): number {
  return busyMs(pm) / Math.max(1, pm.upMs);
}

/** Memory that the site's processes share with whatever else the host runs. */
export function memoryOf(): { totalBytes: number; freeBytes: number } {
  return { totalBytes: totalmem(), freeBytes: freemem() };
}
