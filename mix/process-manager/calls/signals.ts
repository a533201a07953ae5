/** Signal calls: dispositions, masks, waiting for a signal, alarm. */

import { isKError } from '../../../nucleus/errors.ts';
import { O } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { SignalSet } from '../../../subsystems/unix/signal-set.ts';
import { SIGNAL_MAX, Sig } from '../../../subsystems/unix/signals.ts';
import { type Fd, type SignalAction, Terminated } from '../../../subsystems/unix/sys.ts';
import { GONE, type Process, SIGNALS, STOPPED, type UThread } from '../process.ts';
import { actionOf, checkSignal, deliver, isIgnored, post, recheck } from '../signals.ts';

const MS_PER_SECOND = 1000;
/** A periodic timer does not expire more often. */
export const INTERVAL_MS_MIN = 0.05;

/** SIGKILL and SIGSTOP cannot be blocked: silently left out, as sigprocmask(2) does. */
function maskOf(signals: readonly number[]): SignalSet {
  const set = new SignalSet();
  for (const sig of signals) {
    if (!Number.isInteger(sig) || sig < 1 || sig > SIGNAL_MAX) throw new SysError('EINVAL');
    if (sig !== Sig.KILL && sig !== Sig.STOP) set.add(sig);
  }
  return set;
}

export const signalCalls = {
  sigaction: (t: UThread, sig: number, action?: Partial<SignalAction>): SignalAction => {
    const { process } = t;
    const { actions, pending } = process.signals;
    checkSignal(sig);
    const old = actionOf(process, sig);
    if (action === undefined) return old;
    if (sig === Sig.KILL || sig === Sig.STOP) throw new SysError('EINVAL');
    const { disposition = old.disposition, flags = 0, mask = [] } = action;
    if (disposition === 'default' && flags === 0) actions.delete(sig);
    else actions.set(sig, { disposition, flags, mask: maskOf(mask).list() });
    if (isIgnored(process, sig)) pending.delete(sig);
    recheck(process);
    return old;
  },
  sigprocmask: (t: UThread, how: 'block' | 'unblock' | 'set', signals: readonly number[]): number[] => {
    const { process } = t;
    const old = process.signals.mask;
    const given = maskOf(signals);
    let mask = old.clone();
    if (how === 'set') mask = given;
    else if (how === 'block') for (const sig of given.list()) mask.add(sig);
    else if (how === 'unblock') for (const sig of given.list()) mask.delete(sig);
    else throw new SysError('EINVAL');
    process.signals.mask = mask;
    recheck(process);
    return old.list();
  },
  signalfd: (t: UThread, fd: Fd, signals: readonly number[], flags: number): Fd => {
    const { process } = t;
    const { signalfds } = process.pm;
    const mask = maskOf(signals);
    if ((flags & ~(O.NONBLOCK | O.CLOEXEC)) !== 0) throw new SysError('EINVAL');
    if (fd !== -1) {
      signalfds.change(process.fds.object(fd), mask);
      return fd;
    }
    const cloexec = (flags & O.CLOEXEC) !== 0;
    return process.fds.add(signalfds.open(mask, flags), cloexec, process.limits.nofile.soft);
  },
  sigpending: (t: UThread): number[] => t.process.signals.pending.list(),
  sigsuspend: async (t: UThread, mask: readonly number[]): Promise<void> => {
    const { process, image } = t;
    const { signals } = process;
    const before = signals.mask;
    signals.mask = maskOf(mask);
    try {
      recheck(process);
      await untilHandled(t);
    } finally {
      signals.mask = before;
      if ((image.attention & GONE) === 0) recheckAfter(process);
    }
  },
  alarm: (t: UThread, seconds: number): number => {
    const { process } = t;
    const { clock } = process.pm.nucleus;
    if (!(seconds >= 0)) throw new SysError('EINVAL');
    const nowMs = clock.monotonic();
    const leftMs = process.alarm ? Math.max(0, process.alarm.atMs - nowMs) : 0;
    process.alarm?.cancel();
    process.alarm = null;
    if (seconds > 0) setAlarm(process, seconds * MS_PER_SECOND);
    return Math.ceil(leftMs / MS_PER_SECOND);
  },
};

/** The real-time timer of the process: alarm(2), and ITIMER_REAL with its interval. It survives exec. */
export function setAlarm(process: Process, delayMs: number, intervalMs = 0): void {
  const { clock } = process.pm.nucleus;
  const cancel = clock.setTimer(delayMs, () => {
    process.alarm = null;
    if (intervalMs > 0) setAlarm(process, Math.max(intervalMs, INTERVAL_MS_MIN), intervalMs);
    post(process, Sig.ALRM);
  });
  process.alarm = { cancel, atMs: clock.monotonic() + delayMs, intervalMs };
}

/** Waits until a handler has run under the mask of sigsuspend. */
async function untilHandled(t: UThread): Promise<void> {
  const { process, image } = t;
  for (;;) {
    if (image.attention & GONE) throw new Terminated();
    if (image.attention & STOPPED) await new Promise<void>((resolve) => process.waiters.push(resolve));
    else if (deliver(process) !== 'none') return;
    else await pause(t);
  }
}

async function pause(t: UThread): Promise<void> {
  try {
    await t.thread.block<void>(() => undefined, { abortable: true });
  } catch (error) {
    if (!isKError(error, 'K_EABORT')) throw error;
  }
}

/** Signals that the temporary mask had let through are blocked again: the flag follows. */
function recheckAfter(process: Process): void {
  const { pending, mask } = process.signals;
  if (pending.firstNotIn(mask) === 0) process.image.attention &= ~SIGNALS;
  recheck(process);
}
