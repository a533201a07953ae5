/**
 * The trap: entry and return of every system call (reference: Dean & Armand 1992, section 4.3).
 *
 * A call runs in a u_thread of the process. When nothing waits it returns its value in the caller's turn. On
 * the way in and out the trap looks at one word (`attention`): ended, stopped, signals to deliver. A wait
 * that was aborted (K_EABORT) means that a signal wants the thread: stop until continued, run handlers, then
 * begin the call again or end it with EINTR, or with the count of what it moved, as signal(7) has it. Every
 * call is also a quantum check, so that no loop of calls that never wait can starve the event loop.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError, KError, type KErrorName } from '../../nucleus/errors.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import { Terminated } from '../../subsystems/unix/sys.ts';
import {
  argumentError,
  callText,
  resultText,
  SYSCALLS,
  type SysCallName,
  type SysCallRow,
} from '../../subsystems/unix/syscalls.ts';
import type { Manager } from './manager.ts';
import { GATE, GONE, type Image, type Process, SIGNALS, STOPPED, UThread } from './process.ts';
import { type Delivery, deliver, post } from './signals.ts';

export type CallBody = (t: UThread, ...args: never[]) => unknown;

/** Nucleus failures as errnos; calls that know better (pipes) translate themselves. */
const ERRNO_OF: Partial<Record<KErrorName, ErrnoName>> = {
  K_ENOMEM: 'ENOMEM',
  K_EFULL: 'EAGAIN',
  K_ESIZE: 'EMSGSIZE',
  K_ETIMEOUT: 'ETIMEDOUT',
  K_EINVAL: 'EINVAL',
};

export function toSysError(error: unknown): unknown {
  if (!(error instanceof KError)) return error;
  return new SysError(ERRNO_OF[error.kname] ?? 'EIO');
}

/** One system call of `image`'s program. */
export function trap(image: Image, name: SysCallName, body: CallBody, args: never[]): unknown {
  const row = SYSCALLS[name];
  const wrong = argumentError(row, args);
  if (wrong !== undefined) throw new SysError(wrong);
  const { pm } = image.process;
  if (pm.nucleus.tracer.active && name !== 'checkpoint') return tracedTrap(image, name, row, body, args);
  return enter(image, row, body, args);
}

function enter(image: Image, row: SysCallRow, body: CallBody, args: never[]): unknown {
  if (image.attention !== 0) {
    const wait = atBoundary(image, row.waits);
    if (wait) return wait.then(() => run(image, row, body, args));
  }
  return run(image, row, body, args);
}

function run(image: Image, row: SysCallRow, body: CallBody, args: never[]): unknown {
  const t = takeThread(image);
  startCpu(image.process);
  let result: unknown;
  try {
    result = body(t, ...args);
  } catch (error) {
    endCpu(image.process);
    if (isKError(error, 'K_EABORT')) return quiet(finish(t, row, body, args, Promise.reject(error)));
    giveThread(t);
    if (image.attention & GONE) throw new Terminated();
    if (image.attention !== 0) return failLate(image, row.waits, error);
    throw toSysError(error);
  }
  if (isPromise(result)) {
    endCpu(image.process);
    image.process.pm.cpu.current = null;
    return quiet(finish(t, row, body, args, result));
  }
  endCpu(image.process);
  giveThread(t);
  if (image.attention !== 0) {
    const wait = atBoundary(image, row.waits);
    if (wait) return quiet(wait.then(() => result));
  }
  if (row.waits && image.process.pm.nucleus.scheduler.quantumExpired())
    return quiet(afterTurn(image, result));
  return result;
}

/** The slow end of a call: waits, is interrupted, begins again. */
async function finish(
  t: UThread,
  row: SysCallRow,
  body: CallBody,
  args: never[],
  first: Promise<unknown>,
): Promise<unknown> {
  let pending: unknown = first;
  try {
    for (;;) {
      const outcome = await settled(pending);
      resumeCpu(t.process);
      if (t.image.attention & GONE) throw new Terminated();
      if (outcome.ok || !isKError(outcome.error, 'K_EABORT')) {
        // The gate holds calls back that come; the call that it waits for must get out.
        if (t.image.attention & ~GATE) await atBoundary(t.image, true);
        if (outcome.ok) return outcome.value;
        throw toSysError(outcome.error);
      }
      // What was moved before a signal is not moved again by a program that tries anew: a short count.
      if ((await interruption(t, row)) === 'ended') {
        if (t.progress > 0) return t.progress;
        throw new SysError('EINTR');
      }
      t.again = true;
      try {
        pending = body(t, ...args);
      } catch (error) {
        pending = Promise.reject(error);
      }
    }
  } finally {
    giveThread(t);
  }
}

type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

async function settled(pending: unknown): Promise<Outcome> {
  try {
    return { ok: true, value: await pending };
  } catch (error) {
    return { ok: false, error };
  }
}

/** A wait was aborted: does the call begin again, or has a signal ended it? Throws Terminated. */
async function interruption(t: UThread, row: SysCallRow): Promise<'again' | 'ended'> {
  const { image, process } = t;
  const wasStopped = (image.attention & STOPPED) !== 0;
  let delivery: Delivery = wasStopped ? await whenContinued(image) : 'none';
  delivery = stronger(delivery, deliver(process));
  if (image.attention & GONE) throw new Terminated();
  if (image.attention & STOPPED) delivery = stronger(delivery, await whenContinued(image));
  if (delivery === 'interrupt' || (delivery === 'restart' && row.interrupted === 'eintr')) return 'ended';
  // The signal that a server announced may still be on its way here.
  if (delivery === 'none' && !wasStopped) await process.pm.nucleus.scheduler.yieldTurn();
  if (image.attention & GONE) throw new Terminated();
  return image.attention & (STOPPED | SIGNALS) ? interruption(t, row) : 'again';
}

/**
 * For calls of several steps, before a step that may wait for long: a signal may have come where no wait was
 * aborted, or in a wait that ended well all the same. Throws K_EABORT, as that wait would have.
 */
export function giveWay({ image }: UThread): void {
  if (image.attention & ~GATE) throw new KError('K_EABORT');
}

/** Looks after `attention` between calls. Returns a promise when the process has to stand still and may. */
export function atBoundary(image: Image, mayWait: boolean): Promise<Delivery> | undefined {
  if (image.attention & GONE) throw new Terminated();
  if (image.attention & (STOPPED | GATE)) {
    if (!mayWait) return undefined;
    return whenContinued(image);
  }
  if (image.attention & SIGNALS) {
    deliver(image.process);
    if (image.attention & GONE) throw new Terminated();
    if (image.attention & STOPPED && mayWait) return whenContinued(image);
  }
  return undefined;
}

/** Stands still, and runs the handlers of what came meanwhile. */
async function whenContinued(image: Image): Promise<Delivery> {
  let delivery: Delivery = 'none';
  for (;;) {
    while (image.attention & (STOPPED | GATE)) {
      await new Promise<void>((resolve) => image.process.waiters.push(resolve));
      if (image.attention & GONE) throw new Terminated();
    }
    if (!(image.attention & SIGNALS)) return delivery;
    delivery = stronger(delivery, deliver(image.process));
    if (image.attention & GONE) throw new Terminated();
    if (!(image.attention & STOPPED)) return delivery;
  }
}

const stronger = (a: Delivery, b: Delivery): Delivery => (a === 'interrupt' || b === 'none' ? a : b);

function failLate(image: Image, mayWait: boolean, error: unknown): unknown {
  const wait = atBoundary(image, mayWait);
  if (!wait) throw toSysError(error);
  return quiet(
    wait.then(() => {
      throw toSysError(error);
    }),
  );
}

async function afterTurn(image: Image, result: unknown): Promise<unknown> {
  image.process.pm.cpu.current = null;
  await image.process.pm.nucleus.scheduler.yieldTurn();
  resumeCpu(image.process);
  if (image.attention !== 0) await atBoundary(image, true);
  return result;
}

/** A killed program may have calls in flight that it never awaits: their end is not an error of the host. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** The quantum check: see Sys.checkpoint. */
export function checkpoint(image: Image): undefined | Promise<void> {
  const { process } = image;
  if (image.attention === 0 && !process.pm.nucleus.scheduler.quantumExpired()) return undefined;
  startCpu(process);
  if (image.attention !== 0) {
    const wait = atBoundary(image, true);
    if (wait) return quiet(wait.then(() => {}));
  }
  return quiet(afterTurn(image, undefined) as Promise<void>);
}

// --- u_threads
// -------------------------------------------------------------------------------------------------

function takeThread(image: Image): UThread {
  let t = image.free.pop();
  if (!t) {
    const { pm, actor } = image.process;
    t = new UThread(pm.nucleus.threadCreate(actor, { name: 'u_thread' }), image);
  }
  t.again = false;
  t.progress = 0;
  image.busy.add(t);
  return t;
}

function giveThread(t: UThread): void {
  t.image.busy.delete(t);
  t.thread.takeAborted();
  if (!t.thread.deleted) t.image.free.push(t);
}

// --- CPU time
// --------------------------------------------------------------------------------------------------

/**
 * A call begins: what ran since this process' last call was its own code, unless another process ran between.
 */
function startCpu(process: Process): void {
  const { cpu, nucleus } = process.pm;
  const nowMs = nucleus.clock.monotonic();
  if (cpu.current === process) {
    process.usage.userMs += nowMs - cpu.sinceMs;
    if (process.usage.userMs > process.limits.cpu.soft * 1000) overCpu(process);
  }
  cpu.current = process;
  cpu.sinceMs = nowMs;
}

function endCpu(process: Process): void {
  const { cpu, nucleus } = process.pm;
  const nowMs = nucleus.clock.monotonic();
  if (cpu.current === process) process.usage.systemMs += nowMs - cpu.sinceMs;
  cpu.current = process;
  cpu.sinceMs = nowMs;
  if (!cpu.closing) closeAtTurnEnd(process.pm);
}

function resumeCpu(process: Process): void {
  const { pm } = process;
  pm.cpu.current = process;
  pm.cpu.sinceMs = pm.nucleus.clock.monotonic();
  if (!pm.cpu.closing) closeAtTurnEnd(pm);
}

/**
 * At the end of the event loop's turn nobody runs: a program that awaits something other than a call of its
 * own (a timer of the host, an import) uses no CPU meanwhile.
 */
function closeAtTurnEnd(pm: Manager): void {
  const { cpu, nucleus } = pm;
  cpu.closing = true;
  nucleus.clock.defer(() => {
    cpu.closing = false;
    if (!cpu.current) return;
    cpu.current.usage.userMs += Math.max(0, nucleus.clock.monotonic() - cpu.sinceMs);
    cpu.current = null;
  });
}

/** RLIMIT_CPU: SIGXCPU once at the soft limit, SIGKILL at the hard one. */
export function overCpu(process: Process): void {
  const { userMs, systemMs } = process.usage;
  if (userMs + systemMs > process.limits.cpu.hard * 1000) post(process, Sig.KILL);
  else if (!process.cpuWarned) {
    process.cpuWarned = true;
    post(process, Sig.XCPU);
  }
}

// --- trace
// -----------------------------------------------------------------------------------------------------

function tracedTrap(
  image: Image,
  name: SysCallName,
  row: SysCallRow,
  body: CallBody,
  args: never[],
): unknown {
  const { process } = image;
  const { tracer, clock } = process.pm.nucleus;
  const startMs = clock.monotonic();
  const call = callText(name, args);
  const report = (outcome: string, error?: string): void =>
    tracer.emit({
      kind: 'syscall',
      actor: process.actor.name,
      operation: name,
      detail: `${call} = ${outcome}`,
      durationMs: clock.monotonic() - startMs,
      ...(error === undefined ? {} : { error }),
    });
  const failed = (error: unknown): never => {
    const text = error instanceof SysError ? error.code : error instanceof Terminated ? '?' : String(error);
    report(error instanceof SysError ? `-1 ${error.code} (${error.message})` : '?', text);
    throw error;
  };
  let result: Awaitable<unknown>;
  try {
    result = enter(image, row, body, args);
  } catch (error) {
    return failed(error);
  }
  const done = (value: unknown): unknown => {
    report(resultText(name, value) || '0');
    return value;
  };
  return isPromise(result) ? quiet(result.then(done, failed)) : done(result);
}
