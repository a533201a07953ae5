/**
 * Exceptions of guests as signals (svExcHandler(2K)): page faults, illegal instructions, breakpoints. A
 * synchronous signal goes to the thread that caused it, at once; one that is blocked or ignored then ends the
 * process, since the instruction cannot go on.
 */

import { Fault } from '../../../nucleus/memory/site-memory.ts';
import { Exit } from '../../../nucleus/supervisor/cpu/state.ts';
import { type Exception, Trap, type TrapOutcome } from '../../../nucleus/supervisor/user-thread.ts';
import { Si, type SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import { endProcess } from '../exit.ts';
import { actionOf, DEFAULT_ACTION, isCaught } from '../signals.ts';
import { reportCrash } from './crash-report.ts';
import type { GuestThread } from './guest.ts';
import { growStack } from './stack-growth.ts';

/** Which signal says what happened. */
function infoOf({ cause, fault, address }: Exception): SigInfo {
  if (cause === Exit.illegal) return { sig: Sig.ILL, code: Si.ILL_ILLOPC, address };
  if (cause === Exit.breakpoint) return { sig: Sig.TRAP, code: Si.TRAP_BRKPT, address };
  if (cause === Exit.misaligned) return { sig: Sig.BUS, code: Si.BUS_ADRALN, address };
  if (fault === Fault.bus) return { sig: Sig.BUS, code: Si.BUS_ADRERR, address };
  return { sig: Sig.SEGV, code: fault === Fault.protection ? Si.SEGV_ACCERR : Si.SEGV_MAPERR, address };
}

export function raise(g: GuestThread, what: Exception): TrapOutcome {
  const { process } = g;
  if (what.cause === Exit.fault && what.fault === Fault.memory) {
    // Memory and swap are full: the process that needs more goes, as by the kernel's choice.
    endProcess(process, WaitStatus.signaled(Sig.KILL));
    return Trap.park;
  }
  if (what.fault === Fault.unmapped && growStack(process, g.guest.space, what.address)) return Trap.yield;
  const info = infoOf(what);
  const { sig } = info;
  if (!isCaught(actionOf(process, sig).disposition) || g.mask.has(sig)) {
    process.signals.actions.set(sig, DEFAULT_ACTION);
    void reportCrash(g, info).finally(() => endProcess(process, WaitStatus.signaled(sig, true)));
    return Trap.park;
  }
  g.pending.post(sig, info);
  g.attention = 1;
  return Trap.yield;
}
