/**
 * The signal calls of one guest thread: dispositions, mask, alternate stack, waiting for signals, sending.
 */
import { isKError } from '../../../nucleus/errors.ts';
import { getX } from '../../../nucleus/supervisor/cpu/state.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { FRAME_BYTES, restoreFrame } from '../../../subsystems/unix/linux/signal-frame.ts';
import type { AlternateStack, GuestAction, ThreadSignals } from '../../../subsystems/unix/linux/task.ts';
import type { SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { SignalSet } from '../../../subsystems/unix/signal-set.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import type { Awaitable, Pid, SignalDisposition } from '../../../subsystems/unix/sys.ts';
import { maySignal, senderOf } from '../groups.ts';
import { actionOf, defaultTo, isCaught, isIgnored, mayQueue, post, recheck } from '../signals.ts';
import type { GuestThread } from './guest.ts';
import { isOnAltStack, nextSignal } from './signal-delivery.ts';

const SP = 2;
const HANDLER_DEFAULT = 0;
const HANDLER_IGNORE = 1;

function dispositionOf(handler: number): SignalDisposition {
  if (handler === HANDLER_DEFAULT) return 'default';
  return handler === HANDLER_IGNORE ? 'ignore' : { address: handler };
}

function handlerOf(disposition: SignalDisposition): number {
  if (disposition === 'ignore') return HANDLER_IGNORE;
  return typeof disposition === 'object' ? disposition.address : HANDLER_DEFAULT;
}

export class GuestSignals implements ThreadSignals {
  private readonly g: GuestThread;

  constructor(g: GuestThread) {
    this.g = g;
  }

  action(sig: number): GuestAction {
    const { disposition, flags, mask } = actionOf(this.g.process, sig);
    return { handler: handlerOf(disposition), flags, mask: SignalSet.of(mask) };
  }

  setAction(sig: number, { handler, flags, mask }: GuestAction): void {
    const { process } = this.g;
    const { actions, pending } = process.signals;
    const disposition = dispositionOf(handler);
    if (disposition === 'default' && flags === 0) actions.delete(sig);
    else actions.set(sig, { disposition, flags, mask: mask.list() });
    if (!isIgnored(process, sig)) return;
    pending.delete(sig);
    for (const thread of this.g.guest.threads.values()) thread.pending.delete(sig);
  }

  get mask(): SignalSet {
    return this.g.mask;
  }

  setMask(mask: SignalSet): void {
    const { g } = this;
    g.mask = mask;
    g.guest.updateMask();
    if (!g.pending.isEmpty || !g.process.signals.pending.isEmpty) {
      g.attention = 1;
      // What this thread blocks now may be another's.
      recheck(g.process);
    }
  }

  pending(): SignalSet {
    const set = this.g.pending.clone();
    set.join(this.g.process.signals.pending);
    return set;
  }

  get altStack(): AlternateStack {
    return this.g.altStack;
  }

  set altStack(stack: AlternateStack) {
    this.g.altStack = stack;
  }

  get onAltStack(): boolean {
    return isOnAltStack(this.g);
  }

  restoreFrame(): void {
    const { g } = this;
    const place = getX(g.state, SP);
    const { mask, altStack } = restoreFrame(g.state.memory, g.state, g.memory.read(place, FRAME_BYTES));
    g.altStack = altStack;
    mask.leave(SignalSet.of([Sig.KILL, Sig.STOP]));
    this.setMask(mask);
  }

  withMask<R>(mask: SignalSet, work: () => Awaitable<R>): Awaitable<R> {
    const { g } = this;
    g.savedMask ??= g.mask;
    this.setMask(mask);
    // Now or never: a signal that the new mask lets through ends the call's wait at once.
    if (nextSignal(g) !== 0) g.thread.abort();
    // `boundary` puts the mask back when no handler ran; it has to look.
    g.attention = 1;
    return work();
  }

  async pause(): Promise<never> {
    await this.g.thread.block<void>(() => undefined, { abortable: true });
    throw new SysError('EINTR');
  }

  take(signals: SignalSet, timeoutMs: number): Awaitable<SigInfo | undefined> {
    const taken = this.takePending(signals);
    if (taken || timeoutMs === 0) return taken;
    return this.waitFor(signals, timeoutMs);
  }

  private takePending(signals: SignalSet): SigInfo | undefined {
    const { g } = this;
    const outside = new SignalSet(-1, -1);
    outside.leave(signals);
    for (const pending of [g.pending, g.process.signals.pending]) {
      const sig = pending.firstNotIn(outside);
      if (sig !== 0) return pending.take(sig) ?? { sig, code: 0 };
    }
    return undefined;
  }

  /** The signals are let through to the wait: posting one wakes it instead of acting. */
  private async waitFor(signals: SignalSet, timeoutMs: number): Promise<SigInfo | undefined> {
    const { g } = this;
    const { clock } = g.process.pm.nucleus;
    if (!g.t.again) g.t.deadlineMs = clock.monotonic() + timeoutMs;
    for (;;) {
      const leftMs = timeoutMs < 0 ? -1 : Math.max(0, g.t.deadlineMs - clock.monotonic());
      try {
        await g.process.signalWaiters.wait(g.thread, {
          abortable: true,
          ...(leftMs < 0 ? {} : { delayMs: leftMs }),
        });
      } catch (error) {
        if (isKError(error, 'K_ETIMEOUT')) return undefined;
        throw error;
      }
      const taken = this.takePending(signals);
      if (taken) return taken;
    }
  }

  sendToThread(tgid: Pid, tid: Pid, sig: number, info: SigInfo): void {
    const { process } = this.g;
    const target = findThread(this.g, tgid, tid);
    if (!maySignal(senderOf(process), target.process, sig)) throw new SysError('EPERM');
    if (sig !== 0) postToThread(target, sig, info);
  }

  sendToProcess(pid: Pid, sig: number, info: SigInfo): Awaitable<void> {
    const { process } = this.g;
    // The number of any thread stands for its process.
    const target = this.g.runtime.findThread(pid);
    // A process of another site gets the signal; what is known of it stays here.
    if (!target) return this.g.sys.kill(pid, sig);
    if (!maySignal(senderOf(process), target, sig)) throw new SysError('EPERM');
    if (sig !== 0) post(target, sig, info);
  }
}

/** A guest's thread of this site; the thread of a native program is its process. Throws ESRCH. */
function findThread(g: GuestThread, tgid: Pid, tid: Pid): GuestThread {
  for (const process of tgid > 0 ? [g.process.pm.find(tgid)] : g.process.pm.processes.values()) {
    const thread = process?.image.guest?.threads.get(tid);
    if (thread && process?.state === 'running') return thread;
  }
  throw new SysError('ESRCH');
}

/** Makes a signal pending for one thread, and lets it act. False: it was dropped. Throws EAGAIN. */
export function postToThread(g: GuestThread, sig: number, info: SigInfo): boolean {
  const { process } = g;
  if (sig === Sig.KILL || sig === Sig.STOP || sig === Sig.CONT) {
    return post(process, sig, info);
  }
  const blocked = g.mask.has(sig);
  if (isIgnored(process, sig) && !blocked) return false;
  if (!g.pending.post(sig, info, mayQueue(process))) throw new SysError('EAGAIN');
  process.signalCount += 1;
  process.signalWaiters.wakeAll(undefined);
  if (blocked) return true;
  if (isCaught(actionOf(process, sig).disposition)) {
    g.interrupt();
    return true;
  }
  g.pending.take(sig);
  defaultTo(process, sig);
  return true;
}
