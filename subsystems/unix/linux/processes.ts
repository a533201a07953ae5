/** Processes: clone and its kin, execve, exit, wait4, waitid, groups and sessions. */
import { isDirectory, isSymlink, O, Wait } from '../constants.ts';
import { SysError } from '../errno.ts';
import { childNews } from '../siginfo.ts';
import { SIGNAL_MAX } from '../signals.ts';
import type { Awaitable, Usage, WaitResult } from '../sys.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { encodeSigInfo } from './signals.ts';
import type { CloneRequest } from './task.ts';
import { RUSAGE_BYTES, rusageStruct } from './usage.ts';

/** clone(2) flags. */
const C = {
  CSIGNAL: 0xff,
  VM: 0x100,
  FS: 0x200,
  FILES: 0x400,
  SIGHAND: 0x800,
  PIDFD: 0x1000,
  PTRACE: 0x2000,
  VFORK: 0x4000,
  PARENT: 0x8000,
  THREAD: 0x10000,
  NEWNS: 0x20000,
  SYSVSEM: 0x40000,
  SETTLS: 0x80000,
  PARENT_SETTID: 0x100000,
  CHILD_CLEARTID: 0x200000,
  DETACHED: 0x400000,
  UNTRACED: 0x800000,
  CHILD_SETTID: 0x1000000,
  NAMESPACES: 0x7e020000,
  IO: 0x80000000,
} as const;
/** clone3(2) only. */
const CLEAR_SIGHAND = 0x1_0000_0000;
/** clone3's struct clone_args: the first version's size, and what is read at most. */
const CLONE_ARGS_BYTES = 64;
const CLONE_ARGS_BYTES_MAX = 4096;
/** As far as it is known here: through `cgroup`. */
const CLONE_ARGS_KNOWN = 88;

const PATH_BYTES = 4096;
const STRING_BYTES_MAX = 131072;
const STRINGS_MAX = 65536;

interface CloneArguments {
  flags: number;
  clearHandlers: boolean;
  exitSignal: number;
  stack: number;
  parentTid: number;
  childTid: number;
  tls: number;
  pidfd: number;
}

/** Sorts the flags out. Throws EINVAL for combinations that make no sense, EPERM for namespaces. */
function cloneRequest(a: CloneArguments): CloneRequest {
  const has = (flag: number): boolean => (a.flags & flag) !== 0;
  if (has(C.NEWNS) && has(C.FS)) throw new SysError('EINVAL');
  if (has(C.NAMESPACES)) throw new SysError('EPERM');
  if (has(C.SIGHAND) && !has(C.VM)) throw new SysError('EINVAL');
  if (has(C.THREAD) && !has(C.SIGHAND)) throw new SysError('EINVAL');
  if (a.clearHandlers && has(C.SIGHAND)) throw new SysError('EINVAL');
  if (has(C.PIDFD) && (has(C.DETACHED) || has(C.THREAD))) throw new SysError('EINVAL');
  if (a.exitSignal > SIGNAL_MAX) throw new SysError('EINVAL');
  return {
    thread: has(C.THREAD),
    shareMemory: has(C.VM),
    vfork: has(C.VFORK),
    shareFiles: has(C.FILES),
    stack: a.stack,
    tls: has(C.SETTLS) ? a.tls : undefined,
    parentTid: has(C.PARENT_SETTID) ? a.parentTid : 0,
    childTid: has(C.CHILD_SETTID) ? a.childTid : 0,
    clearTid: has(C.CHILD_CLEARTID) ? a.childTid : 0,
    parent: has(C.PARENT),
    exitSignal: has(C.THREAD) ? 0 : a.exitSignal,
    pidfd: has(C.PIDFD) ? a.pidfd : 0,
    clearHandlers: a.clearHandlers,
  };
}

function clone(c: Caller): Awaitable<number> {
  const flags = c.uint(0);
  const stack = c.ptr(1);
  const parentTid = c.ptr(2);
  const [tls, childTid] = [c.ptr(3), c.ptr(4)];
  if (flags & C.PIDFD && flags & C.PARENT_SETTID) throw new SysError('EINVAL');
  for (const va of [flags & (C.PIDFD | C.PARENT_SETTID) ? parentTid : 0]) {
    if (va !== 0) c.memory.prepareWrite(va, 4);
  }
  return c.task.clone(
    cloneRequest({
      flags: (flags & ~C.CSIGNAL) >>> 0,
      clearHandlers: false,
      exitSignal: flags & C.CSIGNAL,
      stack,
      parentTid,
      childTid,
      tls,
      pidfd: parentTid,
    }),
  );
}

/** What unshare(2) takes. Threads of a process share what it has, whatever they ask for. */
const UNSHARED = C.FS | C.FILES | C.SYSVSEM | C.THREAD | C.SIGHAND | C.VM;
/** A namespace that only unshare makes. */
const NEWTIME = 0x80;
const NO_DESCRIPTOR = 0xffffffff;

function unshare(c: Caller): Awaitable<number> {
  const flags = c.uint(0);
  const namespaces = C.NAMESPACES | NEWTIME;
  if ((flags & ~(UNSHARED | namespaces)) !== 0) throw new SysError('EINVAL');
  if ((flags & namespaces) !== 0) throw new SysError('EPERM');
  return (flags & C.FILES) === 0 ? 0 : done(c.sys.closeRange(NO_DESCRIPTOR, NO_DESCRIPTOR, false, true));
}

function clone3(c: Caller): Awaitable<number> {
  const at = c.ptr(0);
  const bytes = c.ptr(1);
  const { memory } = c;
  if (bytes < CLONE_ARGS_BYTES) throw new SysError('EINVAL');
  if (bytes > CLONE_ARGS_BYTES_MAX) throw new SysError('E2BIG');
  const field = (index: number): number => (index * 8 + 8 <= bytes ? memory.u64(at + index * 8) : 0);
  const unknown = memory.read(at, bytes).subarray(CLONE_ARGS_KNOWN);
  if (unknown.some((byte) => byte !== 0)) throw new SysError('E2BIG');
  const flags = field(0);
  const [stack, size] = [field(5), field(6)];
  const known = flags % 0x1_0000_0000;
  const high = flags - known;
  if ((high !== 0 && high !== CLEAR_SIGHAND) || known & (C.CSIGNAL | C.DETACHED))
    throw new SysError('EINVAL');
  if ((stack === 0) !== (size === 0)) throw new SysError('EINVAL');
  // set_tid and cgroup belong to namespaces.
  if (field(8) !== 0 || field(9) !== 0) throw new SysError('EPERM');
  const [pidfd, childTid, parentTid] = [field(1), field(2), field(3)];
  if (known & C.PIDFD) memory.prepareWrite(pidfd, 4);
  if (known & C.PARENT_SETTID) memory.prepareWrite(parentTid, 4);
  return c.task.clone(
    cloneRequest({
      flags: known,
      clearHandlers: high === CLEAR_SIGHAND,
      exitSignal: field(4),
      stack: stack + size,
      parentTid,
      childTid,
      tls: field(7),
      pidfd,
    }),
  );
}

// --- exec

/** A NULL-terminated array of strings. Throws E2BIG. */
function readStrings(c: Caller, va: number): string[] {
  const strings: string[] = [];
  if (va === 0) return strings;
  for (let at = va; ; at += 8) {
    const string = c.memory.u64(at);
    if (string === 0) return strings;
    if (strings.length >= STRINGS_MAX) throw new SysError('E2BIG');
    strings.push(readArgument(c, string));
  }
}

function readArgument(c: Caller, va: number): string {
  try {
    return c.memory.string(va, STRING_BYTES_MAX);
  } catch (error) {
    throw error instanceof SysError && error.code === 'ENAMETOOLONG' ? new SysError('E2BIG') : error;
  }
}

const AT_FDCWD = -100;
const At = { SYMLINK_NOFOLLOW: 0x100, EMPTY_PATH: 0x1000 } as const;

function execveat(c: Caller): Promise<never> {
  const fd = c.int(0);
  const path = c.memory.string(c.ptr(1), PATH_BYTES);
  const argv = readStrings(c, c.ptr(2));
  const env = readStrings(c, c.ptr(3));
  const flags = c.uint(4);
  if (flags & ~(At.SYMLINK_NOFOLLOW | At.EMPTY_PATH)) throw new SysError('EINVAL');
  if (path === '' && !(flags & At.EMPTY_PATH)) throw new SysError('ENOENT');
  return execAt(c, fd, path, argv, env, flags);
}

/** What is named by a descriptor is reached through /proc, almost as the kernel names it to interpreters. */
async function execAt(
  c: Caller,
  fd: number,
  path: string,
  argv: readonly string[],
  env: readonly string[],
  flags: number,
): Promise<never> {
  const absolute = path.startsWith('/') || fd === AT_FDCWD;
  if (!absolute) c.sys.getCloexec(fd);
  if (flags & At.SYMLINK_NOFOLLOW && path !== '') {
    const { mode } = await c.sys.lstat(path, absolute ? undefined : { at: fd });
    if (isSymlink(mode)) throw new SysError('ELOOP');
  }
  if (absolute) return c.task.execve(path, argv, env);
  if (path !== '' && !isDirectory((await c.sys.fstat(fd)).mode)) throw new SysError('ENOTDIR');
  const directory = `/proc/${c.task.pid}/fd/${fd}`;
  return c.task.execve(path === '' ? directory : `${directory}/${path}`, argv, env);
}

// --- wait

const W = { NOHANG: 1, STOPPED: 2, EXITED: 4, CONTINUED: 8, NOWAIT: 0x1000000 } as const;
/** __WNOTHREAD, __WALL, __WCLONE: every child is waited for anyway. */
const W_KINDS = 0xe0000000;
/** What waitpid of `Sys` has by the same values. */
const WAITED = W.NOHANG | W.STOPPED | W.CONTINUED | W.NOWAIT;
const P = { ALL: 0, PID: 1, PGID: 2, PIDFD: 3 } as const;

function storeWait(
  c: Caller,
  result: WaitResult | undefined,
  statusAt: number,
  usageAt: number,
): Awaitable<number> {
  if (!result) return 0;
  const { memory } = c;
  const status = new Uint8Array(new Int32Array([result.status]).buffer);
  const stored = [
    ...(statusAt === 0 ? [] : [memory.store(statusAt, status)]),
    ...(usageAt === 0 ? [] : [memory.store(usageAt, rusageStruct(childUsage(result.usage)))]),
  ];
  if (!stored.some((one) => one instanceof Promise)) return result.pid;
  return Promise.all(stored).then(() => result.pid);
}

/** A child's own use and that of the children it waited for, together. */
const childUsage = (usage: Usage): Usage => ({
  userMs: usage.userMs + usage.childUserMs,
  systemMs: usage.systemMs + usage.childSystemMs,
  childUserMs: 0,
  childSystemMs: 0,
  residentKiB: Math.max(usage.residentKiB, usage.childResidentKiB),
  childResidentKiB: 0,
});

function wait4(c: Caller): Awaitable<number> {
  const pid = c.int(0);
  const statusAt = c.ptr(1);
  const options = c.uint(2);
  const usageAt = c.ptr(3);
  if ((options & ~(W.NOHANG | W.STOPPED | W.CONTINUED | W_KINDS)) !== 0) throw new SysError('EINVAL');
  if (pid === -0x80000000) throw new SysError('ESRCH');
  if (statusAt !== 0) c.memory.prepareWrite(statusAt, 4);
  if (usageAt !== 0) c.memory.prepareWrite(usageAt, RUSAGE_BYTES);
  const found = c.sys.waitpid(pid, options & (Wait.NOHANG | Wait.UNTRACED | Wait.CONTINUED));
  if (found instanceof Promise) return found.then((result) => storeWait(c, result, statusAt, usageAt));
  return storeWait(c, found, statusAt, usageAt);
}

/** The pid argument of waitpid that means the same. */
async function waitTarget(c: Caller, kind: number, id: number): Promise<number> {
  if (kind === P.ALL) return -1;
  if (kind === P.PID && id > 0) return id;
  if (kind === P.PGID && id >= 0) return id === 0 ? 0 : -id;
  if (kind === P.PIDFD) return c.sys.pidOf(id);
  throw new SysError('EINVAL');
}

async function waitid(c: Caller): Promise<number> {
  const [kind, id, infoAt, options, usageAt] = [c.int(0), c.int(1), c.ptr(2), c.uint(3), c.ptr(4)];
  const wanted = options & (W.EXITED | W.STOPPED | W.CONTINUED);
  if ((options & ~(W.NOHANG | W.NOWAIT | W_KINDS) & ~wanted) !== 0 || wanted === 0)
    throw new SysError('EINVAL');
  if (infoAt !== 0) c.memory.prepareWrite(infoAt, 128);
  if (usageAt !== 0) c.memory.prepareWrite(usageAt, RUSAGE_BYTES);
  const target = await waitTarget(c, kind, id);
  // A pidfd with O_NONBLOCK does not wait, and says so.
  const given = kind === P.PIDFD && (options & W.NOHANG) === 0 ? await c.sys.getFlags(id) : 0;
  const hurried = (given & O.NONBLOCK) !== 0 ? Wait.NOHANG : 0;
  const how = (options & WAITED) | (wanted & W.EXITED ? 0 : Wait.NOEXITED) | hurried;
  const result = await c.sys.waitpid(target, how);
  if (!result && hurried !== 0) throw new SysError('EAGAIN');
  if (infoAt !== 0) {
    await c.memory.store(
      infoAt,
      result ? encodeSigInfo(childNews(result.pid, result.status, result.uid)) : new Uint8Array(128),
    );
  }
  if (result && usageAt !== 0) await c.memory.store(usageAt, rusageStruct(childUsage(result.usage)));
  return 0;
}

const zero = (result: Awaitable<void>): Awaitable<number> =>
  result instanceof Promise ? result.then(() => 0) : 0;

export const processCalls: LinuxCalls = {
  clone,
  clone3,
  unshare,
  execve: (c) =>
    c.task.execve(c.memory.string(c.ptr(0), PATH_BYTES), readStrings(c, c.ptr(1)), readStrings(c, c.ptr(2))),
  execveat,
  exit: (c) => c.task.exitThread(c.int(0)),
  exit_group: (c) => c.task.exitProcess(c.int(0)),
  wait4,
  waitid,
  csite: (c) => (c.int(0) === 0 ? c.sys.csite() : c.sys.csite(c.int(0))),
  getpid: (c) => c.task.pid,
  gettid: (c) => c.task.tid,
  getppid: (c) => c.sys.getppid(),
  getpgid: (c) => c.sys.getpgid(c.int(0)),
  setpgid: (c) => {
    if (c.int(0) < 0) throw new SysError('ESRCH');
    return zero(c.sys.setpgid(c.int(0), c.int(1)));
  },
  getsid: (c) => c.sys.getsid(c.int(0)),
  setsid: (c) => c.sys.setsid(),
  pidfd_open: (c) => {
    const flags = c.uint(1);
    if ((flags & ~O.NONBLOCK) !== 0 || c.int(0) <= 0) throw new SysError('EINVAL');
    return c.sys.pidfdOpen(c.int(0), flags);
  },
};
