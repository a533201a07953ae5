/**
 * `exec`: runs a script and collects what it prints, with the limits and the ends of waiting that a caller
 * wants.
 */
import { Sig } from '../../subsystems/unix/signals.ts';
import { onAbort, settlesWithin } from './abort.ts';
import type { Host } from './host.ts';
import type { Child, Ending } from './launch.ts';
import { LimitError } from './limits.ts';
import { feed, type InputData, readDescriptor } from './streams.ts';

/** What one run printed and how it ended. */
export interface Collected {
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Exit code; 128 + n after signal n; 124 when `timeoutMs` passed. */
  exitCode: number;
  /** 'SIGKILL' and the like when a signal ended it, else null. */
  signal: string | null;
  timedOut: boolean;
  durationMs: number;
}

export interface CollectOptions {
  stdin?: InputData | undefined;
  signal?: AbortSignal | undefined;
  timeoutMs: number;
  outputBytesMax: number;
}

export const TIMED_OUT_CODE = 124;
/** After SIGTERM a program has this long to end by itself; then SIGKILL. */
export const KILL_GRACE_MS = 500;

/** SIGTERM to the child's process group, then SIGKILL when it goes on. */
export async function endGroup(host: Host, child: { pid: number; ended: Promise<Ending> }): Promise<void> {
  await host.signal(child.pid, Sig.TERM);
  await host.signal(child.pid, Sig.CONT);
  if (!(await settlesWithin(child.ended, KILL_GRACE_MS))) await host.signal(child.pid, Sig.KILL);
  await child.ended;
  // The leader is gone; what it left behind in its group goes too.
  await host.signal(child.pid, Sig.KILL);
}

/** Why a run is stopped before its end: the first reason counts. */
class Stop {
  readonly happened: Promise<void>;
  reason: unknown;
  private done = false;
  private resolve: () => void = () => {};

  constructor() {
    this.happened = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  get isSet(): boolean {
    return this.done;
  }

  set(reason: unknown): void {
    if (this.done) return;
    this.done = true;
    this.reason = reason;
    this.resolve();
  }
}

/** Collects both outputs under one common limit; what has come so far can be had at any time. */
class Collector {
  readonly stdout: Uint8Array[] = [];
  readonly stderr: Uint8Array[] = [];
  private readonly host: Host;
  private readonly bytesMax: number;
  private readonly stop: Stop;
  private total = 0;

  constructor(host: Host, bytesMax: number, stop: Stop) {
    this.host = host;
    this.bytesMax = bytesMax;
    this.stop = stop;
  }

  async drain(fd: number, into: Uint8Array[]): Promise<void> {
    for await (const chunk of readDescriptor(this.host, fd)) {
      this.total += chunk.length;
      if (this.total > this.bytesMax) {
        this.stop.set(new LimitError('outputBytesMax', this.bytesMax));
        return;
      }
      into.push(chunk);
    }
  }
}

const timedOut = Symbol('timed out');

/**
 * Waits for the child's end and the end of its output (which processes that it left behind may still hold
 * open). Rejects with the signal's reason when aborted, with LimitError beyond `outputBytesMax`; the child's
 * process group is dead by then.
 */
export async function collect(host: Host, child: Child, options: CollectOptions): Promise<Collected> {
  const startedMs = performance.now();
  const stop = new Stop();
  const timer = Number.isFinite(options.timeoutMs)
    ? setTimeout(() => stop.set(timedOut), options.timeoutMs)
    : undefined;
  const forget = onAbort(options.signal, () => stop.set(options.signal?.reason));
  const collector = new Collector(child.io, options.outputBytesMax, stop);
  const drained = Promise.all([
    collector.drain(child.stdout, collector.stdout),
    child.stderr === undefined ? undefined : collector.drain(child.stderr, collector.stderr),
  ]);
  feed(child.io, child.stdin, options.stdin).catch((error: unknown) => stop.set(error));
  try {
    await Promise.race([Promise.all([child.ended, drained]), stop.happened]);
    if (stop.isSet) {
      await endGroup(host, child);
      await settlesWithin(drained, KILL_GRACE_MS);
      if (stop.reason !== timedOut) throw stop.reason;
    }
    const ending = stop.isSet ? { exitCode: TIMED_OUT_CODE, signal: null } : await child.ended;
    return {
      stdout: Buffer.concat(collector.stdout),
      stderr: Buffer.concat(collector.stderr),
      ...ending,
      timedOut: stop.isSet,
      durationMs: performance.now() - startedMs,
    };
  } finally {
    clearTimeout(timer);
    forget();
  }
}
