/**
 * Pending signals of a process or of one thread: a set, and what is known of each (siginfo). A classic signal
 * is pending once, however often it is sent; real-time ones queue. What is queued in a process counts against
 * its RLIMIT_SIGPENDING; what comes beyond it is refused or loses its siginfo, as on Linux. A timer's signal
 * has a place of its own: it waits for that one to be taken before it sends another.
 */
import { Si, type SigInfo } from '../../subsystems/unix/siginfo.ts';
import { SignalSet } from '../../subsystems/unix/signal-set.ts';

/** First of the signals that queue. */
export const SIGRTMIN = 32;
/** What may be queued in a process by default. */
export const SIGQUEUE_MAX = 1024;

export class PendingSignals extends SignalSet {
  private infos: Map<number, SigInfo[]> | null = null;
  /** How many siginfos are kept, but for those of timers. */
  queued = 0;

  /** Makes `sig` pending. False when it cannot queue any more. `room`: the limit lets one more be queued. */
  post(sig: number, info?: SigInfo, room = true): boolean {
    const again = this.has(sig);
    const placed = info?.taken !== undefined;
    const classic = sig < SIGRTMIN;
    if (again && classic && !placed) return true;
    if (!room && !placed && info && !classic && info.code !== Si.USER) return false;
    this.add(sig);
    // The kernel's own and kill(2)'s of classic signals always have their say.
    if (!info || (!room && !placed && !(classic && info.code >= 0))) return true;
    this.infos ??= new Map();
    const queue = this.infos.get(sig);
    if (queue) queue.push(info);
    else this.infos.set(sig, [info]);
    if (!placed) this.queued += 1;
    return true;
  }

  /** Takes one instance; the signal stays pending while more of it are queued. */
  take(sig: number): SigInfo | undefined {
    const queue = this.infos?.get(sig);
    const info = queue?.shift();
    if (info && !info.taken) this.queued -= 1;
    if (!queue || queue.length === 0) this.delete(sig);
    return info?.taken ? info.taken() : info;
  }

  override delete(sig: number): void {
    super.delete(sig);
    const queue = this.infos?.get(sig);
    if (!queue) return;
    for (const { taken } of queue) if (!taken) this.queued -= 1;
    this.infos?.delete(sig);
    for (const info of queue) info.taken?.();
  }
}
