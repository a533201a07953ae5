/**
 * Pending signals of a process or of one thread: a set, and what is known of each (siginfo). A classic signal
 * is pending once, however often it is sent; real-time ones queue, up to SIGQUEUE_MAX of each. A timer's
 * signal has a place of its own: it waits for that one to be taken before it sends another.
 */
import type { SigInfo } from '../../subsystems/unix/siginfo.ts';
import { SignalSet } from '../../subsystems/unix/signal-set.ts';

/** First of the signals that queue. */
export const SIGRTMIN = 32;
/** Instances of one real-time signal that may be pending: EAGAIN. */
export const SIGQUEUE_MAX = 1024;

export class PendingSignals extends SignalSet {
  private infos: Map<number, SigInfo[]> | null = null;

  /** Makes `sig` pending. False when it cannot queue any more. */
  post(sig: number, info?: SigInfo): boolean {
    const again = this.has(sig);
    const placed = info?.taken !== undefined;
    if (again && sig < SIGRTMIN && !placed) return true;
    this.add(sig);
    if (!info) return true;
    this.infos ??= new Map();
    const queue = this.infos.get(sig);
    if (!queue) this.infos.set(sig, [info]);
    else if (queue.length >= SIGQUEUE_MAX && !placed) return false;
    else queue.push(info);
    return true;
  }

  /** Takes one instance; the signal stays pending while more of it are queued. */
  take(sig: number): SigInfo | undefined {
    const queue = this.infos?.get(sig);
    const info = queue?.shift();
    if (!queue || queue.length === 0) this.delete(sig);
    return info?.taken ? info.taken() : info;
  }

  override delete(sig: number): void {
    super.delete(sig);
    const queue = this.infos?.get(sig);
    if (!queue) return;
    this.infos?.delete(sig);
    for (const info of queue) info.taken?.();
  }
}
