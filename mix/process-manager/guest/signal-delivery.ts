/**
 * Signals of a guest's thread: which is next, and the frame on the stack that makes its handler run
 * (signal(7)). Runs at the boundary before a time slice; default actions were carried out when the signal
 * came, unless it was blocked then.
 */
import { getX, setPc, setX } from '../../../nucleus/supervisor/cpu/state.ts';
import { SA } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { PageAbsent } from '../../../subsystems/unix/linux/caller.ts';
import { buildFrame, FRAME_BYTES } from '../../../subsystems/unix/linux/signal-frame.ts';
import type { SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import type { SignalAction } from '../../../subsystems/unix/sys.ts';
import { endProcess } from '../exit.ts';
import { actionOf, defaultTo, isCaught } from '../signals.ts';
import { reportCrash } from './crash-report.ts';
import type { GuestThread } from './guest.ts';
import { leaveSequence } from './rseq.ts';

const RA = 1;
const SP = 2;
const A0 = 10;
const STACK_ALIGNMENT = 16;

/** The next signal that the thread would take, with a handler; 0 = none. */
export function nextSignal(g: GuestThread): number {
  const { pending } = g.process.signals;
  const skip = g.mask.clone();
  for (;;) {
    const own = g.pending.firstNotIn(skip);
    const sig = own !== 0 ? own : pending.firstNotIn(skip);
    if (sig === 0 || isCaught(actionOf(g.process, sig).disposition)) return sig;
    skip.add(sig);
  }
}

/**
 * Delivers what is pending: default actions at once, handlers by a frame each (the last one runs first, as on
 * Linux). Returns a promise while a page of the stack is being brought in: then call again.
 */
export function deliverSignals(g: GuestThread): Promise<void> | undefined {
  const { process } = g;
  try {
    leaveSequence(g);
  } catch (error) {
    return error instanceof PageAbsent ? g.memory.bring(error) : noStack(g);
  }
  for (;;) {
    if (process.state !== 'running' || process.stopSignal !== 0 || g.thread.deleted) return undefined;
    const own = g.pending.firstNotIn(g.mask);
    const from = own !== 0 ? g.pending : process.signals.pending;
    const sig = own !== 0 ? own : from.firstNotIn(g.mask);
    if (sig === 0) break;
    const action = actionOf(process, sig);
    if (!isCaught(action.disposition)) {
      from.take(sig);
      if (action.disposition === 'default') defaultTo(process, sig);
      continue;
    }
    try {
      const place = frameAt(g, action);
      g.memory.prepareWrite(place, FRAME_BYTES);
      pushFrame(g, place, action, from.take(sig) ?? { sig, code: 0 });
    } catch (error) {
      if (error instanceof PageAbsent) return g.memory.bring(error);
      return noStack(g);
    }
  }
  if (g.savedMask) restoreMask(g);
  return undefined;
}

/** The call under another mask ended and no handler ran: the mask is as before. */
export function restoreMask(g: GuestThread): void {
  g.mask = g.savedMask!;
  g.savedMask = null;
  g.guest.updateMask();
}

/** A handler without a stack to run on, or a restartable sequence gone wild: the process ends by SIGSEGV. */
function noStack(g: GuestThread): Promise<void> {
  const info = { sig: Sig.SEGV, code: 0x80 };
  return reportCrash(g, info).finally(() => endProcess(g.process, WaitStatus.signaled(Sig.SEGV, true)));
}

export function isOnAltStack(g: GuestThread, sp = getX(g.state, SP)): boolean {
  const { altStack } = g;
  return altStack.bytes > 0 && sp > altStack.sp && sp - altStack.sp <= altStack.bytes;
}

/** Where the frame goes: below the stack pointer, or on the alternate stack. Throws EFAULT. */
function frameAt(g: GuestThread, { flags }: SignalAction): number {
  const sp = getX(g.state, SP);
  const { altStack } = g;
  const onAlt = isOnAltStack(g, sp);
  const top = (flags & SA.ONSTACK) !== 0 && altStack.bytes > 0 && !onAlt ? altStack.sp + altStack.bytes : sp;
  const place = top - FRAME_BYTES;
  const aligned = place - (place % STACK_ALIGNMENT);
  if (onAlt && aligned < altStack.sp) throw new SysError('EFAULT');
  return aligned;
}

function pushFrame(g: GuestThread, place: number, action: SignalAction, info: SigInfo): void {
  const { state, process, guest, altStack } = g;
  const { disposition, flags, mask } = action;
  const { sig } = info;
  const before = g.savedMask ?? g.mask;
  g.savedMask = null;
  g.memory.write(place, buildFrame(state.memory, state, info, { mask: before, altStack }));
  setX(state, SP, place);
  setX(state, RA, guest.space.trampoline);
  setX(state, A0, sig);
  setX(state, A0 + 1, place);
  setX(state, A0 + 2, place + 128);
  setPc(state, (disposition as { readonly address: number }).address);
  if (altStack.flags !== 0) g.altStack = { sp: 0, flags: 0, bytes: 0 };
  const during = g.mask.clone();
  if ((flags & SA.NODEFER) === 0) during.add(sig);
  for (const other of mask) during.add(other);
  g.mask = during;
  if ((flags & SA.RESETHAND) >>> 0 !== 0)
    process.signals.actions.set(sig, { ...action, disposition: 'default' });
  guest.updateMask();
}
