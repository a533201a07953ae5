/**
 * Signals of one process: posting, dispositions, delivery (signal(7)).
 *
 * A posted signal that is ignored vanishes; a blocked one stays pending; a deadly one ends the process at
 * once, whatever its program is doing; a stop freezes its u_threads; one with a handler raises `attention`
 * and aborts one waiting u_thread, and the handler runs in the program's own turn, at the entry or return of
 * a system call. A stopped process keeps everything but SIGKILL and SIGCONT pending.
 */
import { SA } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { SigInfo } from '../../subsystems/unix/siginfo.ts';
import { defaultAction, Sig, signalName, WaitStatus } from '../../subsystems/unix/signals.ts';
import type { SignalAction, SignalDisposition } from '../../subsystems/unix/sys.ts';
import { endProcess } from './exit.ts';
import { tellParent } from './family.ts';
import { isOrphanedHere } from './groups.ts';
import { type Process, SIGNALS, STOPPED } from './process.ts';

export const DEFAULT_ACTION: SignalAction = { disposition: 'default', flags: 0, mask: [] };

const STOP_SIGNALS = [Sig.STOP, Sig.TSTP, Sig.TTIN, Sig.TTOU];

export function actionOf(process: Process, sig: number): SignalAction {
  return process.signals.actions.get(sig) ?? DEFAULT_ACTION;
}

/** Whether the program handles a signal itself. */
export function isCaught(disposition: SignalDisposition): boolean {
  return disposition !== 'default' && disposition !== 'ignore';
}

/** True when the signal would have no effect: ignored, or ignored by default. */
export function isIgnored(process: Process, sig: number): boolean {
  const { disposition } = actionOf(process, sig);
  if (disposition === 'ignore') return true;
  return disposition === 'default' && defaultAction(sig) === 'ignore';
}

/** Whether job control may not stop the process by `sig`: it ignores or blocks it. */
export function withstands(process: Process, sig: number): boolean {
  return actionOf(process, sig).disposition === 'ignore' || process.signals.mask.has(sig);
}

/**
 * Makes a signal pending and lets it act if it can. init takes only what it handles. False: it was dropped.
 * Throws EAGAIN when it cannot queue.
 */
export function post(process: Process, sig: number, info?: SigInfo): boolean {
  if (process.state !== 'running' || sig === 0) return false;
  const { pm, signals } = process;
  const { tracer } = pm.nucleus;
  if (tracer.active) {
    tracer.emit({ kind: 'signal', actor: process.actor.name, operation: `SIG${signalName(sig) ?? sig}` });
  }
  if (process.pid === 1 && actionOf(process, sig).disposition === 'default') return false;
  if (sig === Sig.KILL) {
    endProcess(process, WaitStatus.signaled(Sig.KILL));
    return true;
  }
  if (sig === Sig.CONT) continueProcess(process);
  else if (isStop(sig)) signals.pending.delete(Sig.CONT);
  if (isIgnored(process, sig) && !signals.mask.has(sig)) return false;
  if (sig === Sig.CONT && actionOf(process, sig).disposition === 'default' && !signals.mask.has(sig))
    return false;
  if (!signals.pending.post(sig, info, mayQueue(process))) throw new SysError('EAGAIN');
  process.signalCount += 1;
  process.signalWaiters.wakeAll(undefined);
  if (!signals.mask.has(sig)) act(process);
  return true;
}

/** Siginfos that are queued for the process and its threads, and those set aside for its timers. */
export function queuedSignals({ signals, image }: Process): number {
  return signals.pending.queued + (image.guest?.queuedSignals ?? 0);
}

/** RLIMIT_SIGPENDING. */
export const mayQueue = (process: Process): boolean =>
  queuedSignals(process) < process.limits.sigpending.soft;

const isStop = (sig: number): boolean => (STOP_SIGNALS as readonly number[]).includes(sig);

/**
 * Applies default actions of unblocked pending signals now; leaves those with handlers to the program's turn.
 */
export function act(process: Process): void {
  const { pending, mask } = process.signals;
  let handlers = false;
  const skip = mask.clone();
  for (let sig = pending.firstNotIn(skip); sig !== 0; sig = pending.firstNotIn(skip)) {
    if (process.state !== 'running' || process.stopSignal !== 0) return;
    skip.add(sig);
    const { disposition } = actionOf(process, sig);
    if (isCaught(disposition)) {
      handlers = true;
      if (process.image.guest) process.image.guest.wanted(sig);
      continue;
    }
    pending.take(sig);
    if (disposition === 'default') defaultTo(process, sig);
  }
  if (!handlers || process.image.guest) return;
  process.image.attention |= SIGNALS;
  interruptOne(process);
}

/** Carries out the default action of a signal. */
export function defaultTo(process: Process, sig: number): void {
  const action = defaultAction(sig);
  if (action === 'terminate' || action === 'core') {
    const core = action === 'core' && process.limits.core.soft > 0;
    endProcess(process, WaitStatus.signaled(sig, core));
  } else if (action === 'stop') {
    if (sig !== Sig.STOP && isOrphanedHere(process.pm, process.pgid)) return;
    stopProcess(process, sig);
  }
}

/** One waiting u_thread gives up its wait and takes the signal. */
function interruptOne(process: Process): void {
  for (const t of process.image.busy) {
    if (!t.thread.busy) continue;
    t.thread.abort();
    return;
  }
}

export function stopProcess(process: Process, sig: number): void {
  process.stopSignal = sig;
  process.image.attention |= STOPPED;
  process.image.guest?.attend();
  // Waits are given up, not frozen: a stopped reader must not take what others should read.
  for (const t of process.image.busy) if (t.thread.busy) t.thread.abort();
  tellParent(process, { kind: 'stopped', status: WaitStatus.stopped(sig), usage: undefined });
}

export function continueProcess(process: Process): void {
  for (const sig of STOP_SIGNALS) process.signals.pending.delete(sig);
  if (process.stopSignal === 0) return;
  process.stopSignal = 0;
  process.image.attention &= ~STOPPED;
  tellParent(process, { kind: 'continued', status: WaitStatus.continued, usage: undefined });
  for (const wake of process.waiters.splice(0)) wake();
  act(process);
}

/** How handlers ran: 'none', 'restart' (every one had SA_RESTART), 'interrupt'. */
export type Delivery = 'none' | 'restart' | 'interrupt';

/**
 * Runs the handlers of pending unblocked signals: in the program's turn. What a handler throws comes through.
 */
export function deliver(process: Process): Delivery {
  const { signals, image } = process;
  let delivery: Delivery = 'none';
  for (;;) {
    const sig = signals.pending.firstNotIn(signals.mask);
    if (sig === 0 || process.state !== 'running' || process.image !== image) break;
    const action = actionOf(process, sig);
    signals.pending.take(sig);
    if (typeof action.disposition !== 'function') {
      if (action.disposition === 'default') defaultTo(process, sig);
      if (process.stopSignal !== 0) break;
      continue;
    }
    if ((action.flags & SA.RESTART) === 0) delivery = 'interrupt';
    else if (delivery === 'none') delivery = 'restart';
    runHandler(process, sig, action, action.disposition);
  }
  if (signals.pending.firstNotIn(signals.mask) === 0) image.attention &= ~SIGNALS;
  return delivery;
}

function runHandler(
  process: Process,
  sig: number,
  action: SignalAction,
  handler: (sig: number) => void,
): void {
  const { signals } = process;
  const before = signals.mask;
  const during = before.clone();
  during.add(sig);
  for (const other of action.mask) during.add(other);
  signals.mask = during;
  // SA.RESETHAND is bit 31: compare as unsigned.
  if ((action.flags & SA.RESETHAND) >>> 0 !== 0)
    signals.actions.set(sig, { ...action, disposition: 'default' });
  try {
    handler(sig);
  } finally {
    if (signals.mask === during) signals.mask = before;
  }
}

/** After the mask or a disposition changed: pending signals may act now. */
export function recheck(process: Process): void {
  if (!process.signals.pending.isEmpty) act(process);
}

/** Throws EINVAL for what is no signal number. */
export function checkSignal(sig: number): void {
  if (!Number.isInteger(sig) || sig < 1 || sig > 64) throw new SysError('EINVAL');
}
