/**
 * The process of one site. It gets its order over the IPC channel, boots, reports, and serves until it is
 * told to stop, gets SIGTERM, or loses a parent that it does not outlive.
 */
import { rmSync } from 'node:fs';
import type { JoinedSite } from '../api/joined-site.ts';
import { joinNucleus } from '../api/joined-site.ts';
import type { SiteOrder, SiteReport } from '../api/site-process.ts';
import { programTable } from '../programs.ts';
import { EXIT } from './exit.ts';
import { openTrace } from './trace.ts';

/** A site that does not shut down in this time is ended. */
const SHUTDOWN_MS = 1500;

function report(message: SiteReport): void {
  if (process.connected) process.send?.(message, () => {});
}

async function serve(order: SiteOrder): Promise<void> {
  process.title = `chorus site ${order.site}`;
  const trace = openTrace(order.trace);
  const { nucleus, start } = await joinNucleus(order, programTable());
  trace.follow(nucleus);
  nucleus.onBug((error) => console.error(`site ${order.site}:`, error));
  const joined = await start();
  const stop = (): void => void leave(joined, 0);
  process.on('SIGTERM', stop);
  process.on('message', (message: { kind?: string }) => {
    if (message.kind === 'stop') stop();
  });
  report({ kind: 'ready', site: order.site, address: joined.address, pid: process.pid });
}

/** Ends in good order, but ends. */
async function leave(joined: JoinedSite, status: number): Promise<void> {
  setTimeout(() => process.exit(status), SHUTDOWN_MS).unref();
  try {
    await joined.close();
  } finally {
    process.exit(status);
  }
}

/** The parent is gone without a word: so are the sockets' other users. */
function orphaned(order: SiteOrder): void {
  if (order.stays) return;
  rmSync(order.directory, { recursive: true, force: true });
  process.exit(EXIT.failure);
}

process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.once('message', (order: SiteOrder) => {
  process.once('disconnect', () => orphaned(order));
  serve(order).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (!process.connected) process.exit(EXIT.failure);
    process.send?.({ kind: 'failed', message } satisfies SiteReport, () => process.exit(EXIT.failure));
  });
});
