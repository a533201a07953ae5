/**
 * The traps of guests: system calls by the Linux table, and what the processor asks before a time slice.
 *
 * A call whose handler returns a number goes straight back to the program. One that waits parks its thread;
 * `finish` takes over and puts the thread back when there is an answer. A wait that a signal ended begins
 * again, or ends with EINTR when a handler is to run (signal(7)): to begin again after a handler, the pc goes
 * back to the ECALL, so that the handler's return executes it anew.
 */
import { isKError, KError } from '../../../nucleus/errors.ts';
import { getPc, getXLow, setPc, setX, setXHalves } from '../../../nucleus/supervisor/cpu/state.ts';
import {
  type Exception,
  Trap,
  type TrapOutcome,
  type UserThread,
  type UserTraps,
} from '../../../nucleus/supervisor/user-thread.ts';
import { SA } from '../../../subsystems/unix/constants.ts';
import { Errno, SysError } from '../../../subsystems/unix/errno.ts';
import { PageAbsent } from '../../../subsystems/unix/linux/caller.ts';
import { LINUX_TABLE, type LinuxRow, linuxCallText } from '../../../subsystems/unix/linux/table.ts';
import { Sig, WaitStatus } from '../../../subsystems/unix/signals.ts';
import { Terminated } from '../../../subsystems/unix/sys.ts';
import { endProcess } from '../exit.ts';
import { GONE, STOPPED } from '../process.ts';
import { actionOf } from '../signals.ts';
import { overCpu, toSysError } from '../trap.ts';
import { raise } from './exceptions.ts';
import type { GuestThread } from './guest.ts';
import { deliverSignals, nextSignal } from './signal-delivery.ts';

const A0 = 10;
const A7 = 17;
const ECALL_BYTES = 4;
/** So many calls for one whose time is measured: reading the clock twice costs more than a short call. */
const SAMPLE_STRIDE = 32;

function ecall(user: UserThread): TrapOutcome {
  const g = user as GuestThread;
  const number = getXLow(g.state, A7);
  const row = LINUX_TABLE[number];
  g.beginCall(number);
  if (g.tracer.active) traceCall(g, number, row);
  if (!row?.handler) return answer(g, -Errno.ENOSYS);
  g.calls = (g.calls + 1) % SAMPLE_STRIDE;
  return g.calls === 0 ? sampled(g, row) : execute(g, row);
}

function execute(g: GuestThread, row: LinuxRow): TrapOutcome {
  let result: number | Promise<number>;
  try {
    result = row.handler!(g);
  } catch (error) {
    return failed(g, row, error);
  }
  if (typeof result === 'number') return answer(g, result);
  void finish(g, row, result);
  return Trap.park;
}

/** One call in so many is measured, and stands for the others: what a slice spent in the system. */
function sampled(g: GuestThread, row: LinuxRow): TrapOutcome {
  const { clock } = g.process.pm.nucleus;
  const startMs = clock.monotonic();
  const outcome = execute(g, row);
  g.systemMs += (clock.monotonic() - startMs) * SAMPLE_STRIDE;
  return outcome;
}

/**
 * The result goes to a0, unless it is NaN (KEEP_REGISTERS); back to the program, or to what wants attention.
 */
function answer(g: GuestThread, result: number): TrapOutcome {
  if (!Number.isNaN(result)) setX(g.state, A0, result);
  return g.attention === 0 ? Trap.resume : Trap.yield;
}

function failed(g: GuestThread, row: LinuxRow, error: unknown): TrapOutcome {
  if (error instanceof Terminated || isGone(g)) return Trap.park;
  if (error instanceof SysError) return answer(g, -error.errno);
  const failure = error instanceof Error ? error : new Error(String(error));
  void finish(g, row, Promise.reject(failure));
  return Trap.park;
}

const isGone = (g: GuestThread): boolean => g.thread.deleted || (g.t.image.attention & GONE) !== 0;

/** The slow end of a call: waits, is interrupted, begins again; then the thread is ready. */
async function finish(g: GuestThread, row: LinuxRow, first: Promise<number>): Promise<void> {
  let pending: number | Promise<number> = first;
  for (;;) {
    try {
      const result = await pending;
      if (isGone(g)) return;
      if (!Number.isNaN(result)) setX(g.state, A0, result);
      break;
    } catch (error) {
      if (isGone(g) || error instanceof Terminated) return;
      const verdict = await afterError(g, row, error);
      if (isGone(g)) return;
      if (verdict === 'done') break;
    }
    try {
      pending = row.handler!(g);
    } catch (error) {
      pending = Promise.reject(error);
    }
  }
  g.runtime.processor.ready(g);
}

/** What becomes of a call that failed: it begins again, or its answer is in a0 (or the pc is back). */
async function afterError(g: GuestThread, row: LinuxRow, error: unknown): Promise<'again' | 'done'> {
  if (error instanceof PageAbsent) {
    try {
      await g.memory.bring(error);
      return 'again';
    } catch (refusal) {
      if (!isKError(refusal, 'K_EABORT')) return fail(g, refusal);
      return interrupted(g, row);
    }
  }
  return isKError(error, 'K_EABORT') ? interrupted(g, row) : fail(g, error);
}

function fail(g: GuestThread, error: unknown): 'done' {
  const known = error instanceof SysError || error instanceof KError;
  if (!known) g.process.pm.nucleus.reportBug(error);
  const translated = toSysError(error);
  setX(g.state, A0, translated instanceof SysError ? -translated.errno : -Errno.EIO);
  return 'done';
}

/** A wait was aborted: a signal wants the thread, or the process was stopped. */
async function interrupted(g: GuestThread, row: LinuxRow): Promise<'again' | 'done'> {
  if (g.t.image.attention & STOPPED) await whenContinued(g);
  if (isGone(g)) return 'done';
  const sig = nextSignal(g);
  if (sig === 0) {
    // The signal that a server announced may still be on its way here.
    await g.process.pm.nucleus.scheduler.yieldTurn();
    if (isGone(g) || nextSignal(g) === 0) {
      g.t.again = true;
      return 'again';
    }
  }
  const { flags } = actionOf(g.process, nextSignal(g));
  if (g.t.progress > 0) setX(g.state, A0, g.t.progress);
  else if (row.eintr || (flags & SA.RESTART) === 0) setX(g.state, A0, -Errno.EINTR);
  else rewind(g);
  return 'done';
}

/** The program executes the call anew. */
function rewind(g: GuestThread): void {
  const [low, high] = g.firstArgument;
  setXHalves(g.state, A0, low, high);
  setPc(g.state, getPc(g.state) - ECALL_BYTES);
}

async function whenContinued(g: GuestThread): Promise<void> {
  while (g.t.image.attention & STOPPED && !isGone(g)) {
    await new Promise<void>((resolve) => g.process.waiters.push(resolve));
  }
}

// --- between slices
// ------------------------------------------------------------------------------------------

function boundary(user: UserThread): TrapOutcome {
  const g = user as GuestThread;
  if (isGone(g)) return Trap.park;
  if (g.t.image.attention & STOPPED) {
    void whenContinued(g).then(() => g.runtime.processor.ready(g));
    return Trap.park;
  }
  g.attention = 0;
  const waiting = deliverSignals(g);
  if (isGone(g)) return Trap.park;
  if (waiting) {
    // The stack of a signal frame is being brought in.
    g.attention = 1;
    waiting.then(
      () => g.runtime.processor.ready(g),
      () => g.runtime.processor.ready(g),
    );
    return Trap.park;
  }
  if (g.t.image.attention & STOPPED) {
    g.attention = 1;
    return Trap.yield;
  }
  return Trap.resume;
}

function charge(user: UserThread, elapsedMs: number): void {
  const g = user as GuestThread;
  const { process } = g;
  const { usage } = process;
  const systemMs = Math.min(g.systemMs, elapsedMs);
  g.systemMs = 0;
  usage.systemMs += systemMs;
  usage.userMs += elapsedMs - systemMs;
  g.cpuMs += elapsedMs;
  // It may have lost the processor in the middle of a restartable sequence.
  if (g.rseq) g.attention = 1;
  if (usage.userMs + usage.systemMs > process.limits.cpu.soft * 1000) overCpu(process);
  process.image.guest?.noteResident();
  process.image.guest?.timers.chargeCpu();
}

/** The instructions that the process may execute are used up. */
function spent(user: UserThread): void {
  const { process } = user as GuestThread;
  endProcess(process, WaitStatus.signaled(Sig.KILL));
}

function exception(user: UserThread, what: Exception): TrapOutcome {
  return raise(user as GuestThread, what);
}

export const GUEST_TRAPS: UserTraps = { ecall, exception, boundary, charge, spent };

// --- trace
// ----------------------------------------------------------------------------------------------------

function traceCall(g: GuestThread, number: number, row: LinuxRow | undefined): void {
  g.process.pm.nucleus.tracer.emit({
    kind: 'syscall',
    actor: g.process.actor.name,
    operation: row?.name ?? `syscall ${number}`,
    detail: row ? linuxCallText(row, g) : `syscall ${number}`,
  });
}
