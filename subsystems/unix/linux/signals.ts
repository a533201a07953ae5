/** The rt_sig family: sigsets, struct sigaction, siginfo_t and stack_t of riscv64. */
import { SysError } from '../errno.ts';
import { Si, type SigInfo } from '../siginfo.ts';
import { SignalSet } from '../signal-set.ts';
import { SIGNAL_MAX, Sig } from '../signals.ts';
import { type Caller, KEEP_REGISTERS, type LinuxCalls } from './caller.ts';
import { readTimespec } from './structs.ts';

const SIGSET_BYTES = 8;
/** The least alternate stack: holds one frame. */
export const MINSIGSTKSZ = 2048;
/** siginfo_t. */
export const SIGINFO_BYTES = 128;

const How = { BLOCK: 0, UNBLOCK: 1, SETMASK: 2 } as const;
const SS = { ONSTACK: 1, DISABLE: 2, AUTODISARM: 0x80000000 } as const;

const UNBLOCKABLE = SignalSet.of([Sig.KILL, Sig.STOP]);

/** A sigset_t; SIGKILL and SIGSTOP are left out, as they cannot be blocked. */
export function readSigset(c: Caller, va: number): SignalSet {
  const set = new SignalSet(c.memory.u32(va), c.memory.u32(va + 4));
  set.leave(UNBLOCKABLE);
  return set;
}

function writeSigset(c: Caller, va: number, set: SignalSet): void {
  const [low, high] = set.words();
  c.memory.prepareWrite(va, SIGSET_BYTES);
  c.memory.setU32(va, low);
  c.memory.setU32(va + 4, high);
}

function checkSize(c: Caller, index: number): void {
  if (c.ptr(index) !== SIGSET_BYTES) throw new SysError('EINVAL');
}

/** The mask argument of ppoll, pselect6, epoll_pwait: undefined when it is NULL. */
export function optionalMask(c: Caller, va: number, bytes: number): SignalSet | undefined {
  if (va === 0) return undefined;
  if (bytes !== SIGSET_BYTES) throw new SysError('EINVAL');
  return readSigset(c, va);
}

function sigaction(c: Caller): number {
  const sig = c.int(0);
  const [newAt, oldAt] = [c.ptr(1), c.ptr(2)];
  checkSize(c, 3);
  if (sig < 1 || sig > SIGNAL_MAX) throw new SysError('EINVAL');
  const { signals } = c.task;
  const { memory } = c;
  const action = newAt === 0 ? undefined : { handler: memory.u64(newAt), flags: memory.u32(newAt + 8) };
  const mask = newAt === 0 ? undefined : readSigset(c, newAt + 16);
  if (oldAt !== 0) memory.prepareWrite(oldAt, 24);
  const old = signals.action(sig);
  if (action && mask) {
    if (sig === Sig.KILL || sig === Sig.STOP) throw new SysError('EINVAL');
    signals.setAction(sig, { ...action, mask });
  }
  if (oldAt !== 0) {
    memory.setU64(oldAt, old.handler);
    memory.setU64(oldAt + 8, old.flags >>> 0);
    writeSigset(c, oldAt + 16, old.mask);
  }
  return 0;
}

function sigprocmask(c: Caller): number {
  const how = c.int(0);
  const [setAt, oldAt] = [c.ptr(1), c.ptr(2)];
  checkSize(c, 3);
  const { signals } = c.task;
  const given = setAt === 0 ? undefined : readSigset(c, setAt);
  const old = signals.mask;
  if (oldAt !== 0) writeSigset(c, oldAt, old);
  if (!given) return 0;
  const mask = old.clone();
  if (how === How.BLOCK) mask.join(given);
  else if (how === How.UNBLOCK) mask.leave(given);
  else if (how !== How.SETMASK) throw new SysError('EINVAL');
  signals.setMask(how === How.SETMASK ? given : mask);
  return 0;
}

function sigaltstack(c: Caller): number {
  const [newAt, oldAt] = [c.ptr(0), c.ptr(1)];
  const { memory } = c;
  const { signals } = c.task;
  const given =
    newAt === 0
      ? undefined
      : { sp: memory.u64(newAt), flags: memory.u32(newAt + 8), bytes: memory.u64(newAt + 16) };
  const old = signals.altStack;
  const { onAltStack } = signals;
  if (oldAt !== 0) {
    memory.prepareWrite(oldAt, 24);
    memory.setU64(oldAt, old.sp);
    memory.setU64(oldAt + 8, old.bytes === 0 ? SS.DISABLE : onAltStack ? SS.ONSTACK : old.flags);
    memory.setU64(oldAt + 16, old.bytes);
  }
  if (!given) return 0;
  if (onAltStack) throw new SysError('EPERM');
  const mode = (given.flags & ~SS.AUTODISARM) >>> 0;
  if (mode !== 0 && mode !== SS.DISABLE && mode !== SS.ONSTACK) throw new SysError('EINVAL');
  if (mode === SS.DISABLE) signals.altStack = { sp: 0, flags: 0, bytes: 0 };
  else {
    if (given.bytes < MINSIGSTKSZ) throw new SysError('ENOMEM');
    signals.altStack = { sp: given.sp, flags: (given.flags & SS.AUTODISARM) >>> 0, bytes: given.bytes };
  }
  return 0;
}

/** siginfo_t: the common head, and the member of the union that the code says. */
export function encodeSigInfo(info: SigInfo): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, info.sig, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  if (info.timer) {
    view.setInt32(16, info.timer.id, true);
    view.setInt32(20, info.timer.overrun, true);
  } else if (info.band !== undefined) {
    view.setUint32(16, info.band, true);
    view.setInt32(24, info.fd ?? -1, true);
  } else if (info.address !== undefined) {
    view.setUint32(16, info.address >>> 0, true);
    view.setUint32(20, Math.floor(info.address / 0x1_0000_0000), true);
  } else {
    view.setInt32(16, info.pid ?? 0, true);
    view.setUint32(20, info.uid ?? 0, true);
    if (info.status !== undefined) view.setInt32(24, info.status, true);
  }
  if (info.value) bytes.set(info.value, 24);
  return bytes;
}

/** What rt_sigqueueinfo gives: pid and uid as told. To others nobody may forge the kernel's codes: EPERM. */
function readSigInfo(c: Caller, va: number, sig: number, pid: number): SigInfo {
  const { memory } = c;
  const code = memory.i32(va + 8);
  if ((code >= 0 || code === Si.TKILL) && pid !== c.task.pid) throw new SysError('EPERM');
  const errno = memory.i32(va + 4);
  return {
    sig,
    code,
    errno,
    pid: memory.i32(va + 16),
    uid: memory.u32(va + 20),
    value: memory.read(va + 24, 8),
  };
}

const fromUser = (c: Caller, sig: number, code: number): SigInfo => ({
  sig,
  code,
  pid: c.task.pid,
  uid: c.sys.getuid(),
});

function checkSignal(sig: number): void {
  if (sig < 0 || sig > SIGNAL_MAX) throw new SysError('EINVAL');
}

function tgkill(c: Caller, tgid: number, tid: number, sig: number): number {
  checkSignal(sig);
  if (tid <= 0 || tgid === 0) throw new SysError('EINVAL');
  c.task.signals.sendToThread(tgid, tid, sig, fromUser(c, sig, Si.TKILL));
  return 0;
}

function sigtimedwait(c: Caller): number | Promise<number> {
  const set = readSigset(c, c.ptr(0));
  const infoAt = c.ptr(1);
  const timeAt = c.ptr(2);
  checkSize(c, 3);
  const timeoutMs = timeAt === 0 ? -1 : readTimespec(c.memory, timeAt);
  if (infoAt !== 0) c.memory.prepareWrite(infoAt, SIGINFO_BYTES);
  const took = (info: SigInfo | undefined): number | Promise<number> => {
    if (!info) throw new SysError('EAGAIN');
    if (infoAt === 0) return info.sig;
    const stored = c.memory.store(infoAt, encodeSigInfo(info));
    return stored instanceof Promise ? stored.then(() => info.sig) : info.sig;
  };
  const taken = c.task.signals.take(set, timeoutMs);
  return taken instanceof Promise ? taken.then(took) : took(taken);
}

/** The signal that pidfd_send_signal(2) describes must be the one that it sends: EINVAL. */
async function pidfdSendSignal(c: Caller): Promise<number> {
  const [sig, va] = [c.int(1), c.ptr(2)];
  if (c.uint(3) !== 0) throw new SysError('EINVAL');
  checkSignal(sig);
  const pid = await c.sys.pidOf(c.int(0));
  if (va !== 0 && c.memory.i32(va) !== sig) throw new SysError('EINVAL');
  const info = va === 0 ? fromUser(c, sig, Si.USER) : readSigInfo(c, va, sig, pid);
  await c.task.signals.sendToProcess(pid, sig, info);
  return 0;
}

export const signalCalls: LinuxCalls = {
  rt_sigaction: sigaction,
  rt_sigprocmask: sigprocmask,
  rt_sigpending: (c) => {
    if (c.ptr(1) > SIGSET_BYTES) throw new SysError('EINVAL');
    const { signals } = c.task;
    const blocked = signals.pending();
    blocked.meet(signals.mask);
    writeSigset(c, c.ptr(0), blocked);
    return 0;
  },
  rt_sigsuspend: (c) => {
    checkSize(c, 1);
    const { signals } = c.task;
    return signals.withMask(readSigset(c, c.ptr(0)), () => signals.pause());
  },
  rt_sigtimedwait: sigtimedwait,
  signalfd4: (c) => {
    if (c.ptr(2) !== SIGSET_BYTES) throw new SysError('EINVAL');
    return c.sys.signalfd(c.int(0), readSigset(c, c.ptr(1)).list(), c.uint(3));
  },
  rt_sigreturn: (c) => {
    c.task.signals.restoreFrame();
    return KEEP_REGISTERS;
  },
  sigaltstack,
  kill: (c) => {
    const sent = c.sys.kill(c.int(0), c.int(1));
    return sent instanceof Promise ? sent.then(() => 0) : 0;
  },
  tkill: (c) => tgkill(c, -1, c.int(0), c.int(1)),
  tgkill: (c) => {
    if (c.int(0) <= 0) throw new SysError('EINVAL');
    return tgkill(c, c.int(0), c.int(1), c.int(2));
  },
  rt_sigqueueinfo: (c) => {
    const sig = c.int(1);
    checkSignal(sig);
    const info = readSigInfo(c, c.ptr(2), sig, c.int(0));
    // To one process only: no groups, no broadcast.
    if (c.int(0) <= 0) throw new SysError('ESRCH');
    const sent = c.task.signals.sendToProcess(c.int(0), sig, info);
    return sent instanceof Promise ? sent.then(() => 0) : 0;
  },
  pidfd_send_signal: pidfdSendSignal,
  rt_tgsigqueueinfo: (c) => {
    const sig = c.int(2);
    checkSignal(sig);
    if (c.int(0) <= 0 || c.int(1) <= 0) throw new SysError('EINVAL');
    c.task.signals.sendToThread(c.int(0), c.int(1), sig, readSigInfo(c, c.ptr(3), sig, c.int(0)));
    return 0;
  },
};
