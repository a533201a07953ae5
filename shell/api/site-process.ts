/**
 * A site in a process of its own, seen from whoever starts it: the order it gets, the messages it sends, its
 * end.
 *
 * A site process is told what to be over node's IPC channel. It dies with its parent (the channel closes)
 * unless it is ordered to stay. It leads a session of its own, so keys typed at the parent's terminal do not
 * signal it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JoinOrder } from './joined-site.ts';

export interface SiteOrder extends JoinOrder {
  /** Goes on when the parent is gone. */
  stays: boolean;
  /** Removed by whoever ends last without its parent. */
  directory: string;
  /** Where trace events go: a file, or '-' for standard error. */
  trace?: string;
}

/** What a site process says. */
export type SiteReport =
  | { kind: 'ready'; site: number; address: string; pid: number }
  | { kind: 'failed'; message: string };

/** How long a site process may take to be ready, ms. */
const READY_MS = 20_000;
/** How long it may take to end in good order, ms. */
const STOP_MS = 2000;

export class SiteError extends Error {}

/** The program of site processes, beside the bundle this code is in (or built from the sources it is in). */
function siteProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [here, dirname(here), join(here, '../../dist')].map((place) => join(place, 'site.cjs'));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new SiteError('the program of site processes is missing: npm run build');
  return found;
}

export class SiteProcess {
  readonly site: number;
  readonly process: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  private running = true;

  /** `log`: a descriptor for its standard output and error; default: ours for errors. */
  constructor(order: SiteOrder, log?: number) {
    this.site = order.site;
    this.process = spawn(process.execPath, [siteProgram()], {
      detached: true,
      stdio: ['ignore', log ?? 'ignore', log ?? 'inherit', 'ipc'],
      env: { ...process.env, CHORUS_SITE: String(order.site) },
    });
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.running = false;
        resolve();
      };
      this.process.once('exit', end);
      this.process.once('error', end);
    });
    this.process.send(order, () => {});
  }

  get alive(): boolean {
    return this.running;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Resolves when the site is up. Rejects with SiteError. */
  ready(signal?: AbortSignal): Promise<Extract<SiteReport, { kind: 'ready' }>> {
    return new Promise((resolve, reject) => {
      const fail = (text: string): void => settle(() => reject(new SiteError(`site ${this.site}: ${text}`)));
      const onMessage = (report: SiteReport): void => {
        if (report.kind === 'ready') settle(() => resolve(report));
        else fail(report.message);
      };
      const onExit = (code: number | null, sig: string | null): void =>
        fail(`ended early (${sig ?? `status ${code}`})`);
      const onAbort = (): void => settle(() => reject(signal?.reason));
      const timer = setTimeout(() => fail(`not ready after ${READY_MS} ms`), READY_MS);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.process.off('message', onMessage);
        this.process.off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        finish();
      };
      this.process.on('message', onMessage);
      this.process.once('exit', onExit);
      this.process.once('error', (error) => fail(error.message));
      signal?.addEventListener('abort', onAbort, { once: true });
      if (signal?.aborted) onAbort();
    });
  }

  /** Lets it live on without us. */
  release(): void {
    this.process.disconnect();
    this.process.unref();
  }

  /** Asks it to end, and makes it end. */
  async stop(): Promise<void> {
    if (!this.running) return;
    if (this.process.connected) this.process.send({ kind: 'stop' }, () => {});
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
