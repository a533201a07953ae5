/**
 * The system-call interface as native programs see it: what a libc is to a C program.
 *
 * Rules every caller relies on:
 * - Calls return `Awaitable<T>`: a value when no wait was needed, else a promise. Always `await` them.
 * - A failed call throws SysError (errno, code). EINTR is thrown only when a caught signal interrupted the
 *   call and its handler was installed without SA.RESTART.
 * - `read` returns bytes that now belong to the caller (empty = end of file); `write` never keeps the array
 *   that it is given. On a blocking descriptor `write` writes everything or throws; only a caught signal
 *   whose handler has no SA.RESTART makes it short.
 * - When the process is killed, every pending and later call throws Terminated; programs must not catch it
 *   (catch SysError, not everything). `exit` and `exec` throw it too: they do not return.
 * - Paths are strings (UTF-8 on the wire); no NUL.
 */

import type { Resource } from './constants.ts';
import type { SysError } from './errno.ts';
import type {
  IpcChange,
  IpcKind,
  IpcMessage,
  QueueAttributes,
  QueueNotice,
  QueueStat,
  SemaphoreOperation,
  SemaphoreStat,
  SharedMemoryStat,
  SharedSegment,
} from './ipc.ts';
import type { ReceivedMessage, ReceiveOptions, SendOptions, SocketAddress, SocketOption } from './sockets.ts';
import type {
  At,
  CopyKind,
  CopyOptions,
  DirEntry,
  EpollEvent,
  Fd,
  FromTo,
  IoOwner,
  Pid,
  PollFd,
  PriorityOf,
  RecordLock,
  SetTime,
  SignalAction,
  Stat,
  StatFs,
  SystemInfo,
  TimerValue,
  Usage,
  Utsname,
  WaitResult,
} from './sys-data.ts';
import type { Termios, WindowSize } from './termios.ts';

export type * from './sys-data.ts';

export type Awaitable<T> = T | Promise<T>;
/** Environment of a process image; a plain record, copied at exec. */
export type Environment = Record<string, string>;

/**
 * Thrown through a program whose process has ended or was replaced: unwinds it, is never an error to report.
 */
export class Terminated extends Error {
  constructor() {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super('process ended');
    Error.stackTraceLimit = limit;
  }
}

export interface Sys {
  /** The environment of this image; assign to change what a plain exec passes on. */
  readonly env: Environment;

  // --- files by path -------------------------------------------------------------------------------------
  open(path: string, flags: number, mode?: number, options?: At): Awaitable<Fd>;
  stat(path: string, options?: At): Awaitable<Stat>;
  lstat(path: string, options?: At): Awaitable<Stat>;
  /** access(2) with the real ids; `effective` = faccessat's AT_EACCESS. */
  access(path: string, mode: number, options?: At & { effective?: boolean }): Awaitable<void>;
  mkdir(path: string, mode?: number, options?: At): Awaitable<void>;
  rmdir(path: string, options?: At): Awaitable<void>;
  unlink(path: string, options?: At): Awaitable<void>;
  /** link(2): does not follow a symbolic link at `from` unless `follow`. `empty`: `from` '' is `fromAt`. */
  link(from: string, to: string, options?: FromTo & { follow?: boolean; empty?: boolean }): Awaitable<void>;
  symlink(target: string, path: string, options?: At): Awaitable<void>;
  readlink(path: string, options?: At): Awaitable<string>;
  /** `flags`: Rename; WHITEOUT is EINVAL, and EXCHANGE too where the volume cannot. */
  rename(from: string, to: string, options?: FromTo & { flags?: number }): Awaitable<void>;
  chmod(path: string, mode: number, options?: At): Awaitable<void>;
  /** uid or gid -1 = leave. */
  chown(path: string, uid: number, gid: number, options?: At & { noFollow?: boolean }): Awaitable<void>;
  lchown(path: string, uid: number, gid: number): Awaitable<void>;
  utimens(
    path: string,
    atime: SetTime,
    mtime: SetTime,
    options?: At & { noFollow?: boolean },
  ): Awaitable<void>;
  truncate(path: string, length: number): Awaitable<void>;
  /** mode carries the type bits: S.IFIFO, S.IFCHR, S.IFREG. */
  mknod(path: string, mode: number, rdev?: number, options?: At): Awaitable<void>;
  statfs(path: string): Awaitable<StatFs>;
  /** xattr(7). ENODATA, EOPNOTSUPP; values are whole: ERANGE for a short buffer is the caller's to find. */
  getxattr(path: string, name: string, options?: At & { noFollow?: boolean }): Awaitable<Uint8Array>;
  /** `flags`: Xattr. */
  setxattr(
    path: string,
    name: string,
    value: Uint8Array,
    options?: At & { noFollow?: boolean; flags?: number },
  ): Awaitable<void>;
  listxattr(path: string, options?: At & { noFollow?: boolean }): Awaitable<string[]>;
  removexattr(path: string, name: string, options?: At & { noFollow?: boolean }): Awaitable<void>;
  chdir(path: string): Awaitable<void>;
  fchdir(fd: Fd): Awaitable<void>;
  getcwd(): Awaitable<string>;
  chroot(path: string): Awaitable<void>;
  umask(mask: number): number;
  /**
   * Mounts the volume or server named by `source` ('site:2', 'memfs', 'host:DIR' as the boot description
   * allows). `remount`: what hangs at `target` becomes read-only, or writable again (EBUSY, EINVAL).
   */
  mount(
    source: string,
    target: string,
    type: string,
    options?: { readOnly?: boolean; remount?: boolean },
  ): Awaitable<void>;
  umount(target: string): Awaitable<void>;

  // --- descriptors -----------------------------------------------------------------------------------------
  read(fd: Fd, max: number): Awaitable<Uint8Array>;
  /** `give`: the system may keep `data`, which the caller does not touch again: it need not be copied. */
  write(fd: Fd, data: Uint8Array, give?: boolean): Awaitable<number>;
  pread(fd: Fd, max: number, offset: number): Awaitable<Uint8Array>;
  pwrite(fd: Fd, data: Uint8Array, offset: number): Awaitable<number>;
  /** Seek.DATA and Seek.HOLE: ENXIO behind the last of them. */
  /**
   * sendfile(2), copy_file_range(2), splice(2), tee(2): moves up to `length` bytes between descriptors; how
   * many came over. An offset given leaves the description's own alone.
   */
  copyData(kind: CopyKind, from: Fd, to: Fd, length: number, options?: CopyOptions): Awaitable<number>;
  lseek(fd: Fd, offset: number, whence: number): Awaitable<number>;
  close(fd: Fd): Awaitable<void>;
  dup(fd: Fd): Fd;
  /** dup3(2) with `cloexec`. */
  dup2(from: Fd, to: Fd, cloexec?: boolean): Awaitable<Fd>;
  /** Closes, or marks close-on-exec, what is open from `first` to `last`; `unshare`: here alone. */
  closeRange(first: Fd, last: Fd, cloexec?: boolean, unshare?: boolean): Awaitable<void>;
  /** fcntl(F_DUPFD / F_DUPFD_CLOEXEC): lowest free descriptor ≥ least. */
  dupfd(fd: Fd, least: Fd, cloexec?: boolean): Fd;
  getCloexec(fd: Fd): boolean;
  setCloexec(fd: Fd, on: boolean): void;
  /** Status flags of the open file description: access mode | O.APPEND | O.NONBLOCK. */
  getFlags(fd: Fd): Awaitable<number>;
  setFlags(fd: Fd, flags: number): Awaitable<void>;
  /** `ofd`: the lock belongs to the open file description (F_OFD_GETLK); such locks show pid -1. */
  getLock(fd: Fd, lock: RecordLock, options?: { ofd?: boolean }): Awaitable<RecordLock>;
  /** fcntl(F_SETLK), or F_SETLKW when `wait`; with `ofd` F_OFD_SETLK(W). */
  setLock(fd: Fd, lock: RecordLock, wait: boolean, options?: { ofd?: boolean }): Awaitable<void>;
  /** flock(2): `operation` is Flock.SH, EX or UN, with NB: EAGAIN (EWOULDBLOCK) instead of waiting. */
  flock(fd: Fd, operation: number): Awaitable<void>;
  fstat(fd: Fd): Awaitable<Stat>;
  fstatfs(fd: Fd): Awaitable<StatFs>;
  fchmod(fd: Fd, mode: number): Awaitable<void>;
  fchown(fd: Fd, uid: number, gid: number): Awaitable<void>;
  futimens(fd: Fd, atime: SetTime, mtime: SetTime): Awaitable<void>;
  ftruncate(fd: Fd, length: number): Awaitable<void>;
  /**
   * fallocate(2). `mode`: 0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE, ZERO_RANGE with or without KEEP_SIZE
   * (Falloc); others, and volumes that cannot, are EOPNOTSUPP.
   */
  fallocate(fd: Fd, mode: number, offset: number, length: number): Awaitable<void>;
  fgetxattr(fd: Fd, name: string): Awaitable<Uint8Array>;
  fsetxattr(fd: Fd, name: string, value: Uint8Array, flags?: number): Awaitable<void>;
  flistxattr(fd: Fd): Awaitable<string[]>;
  fremovexattr(fd: Fd, name: string): Awaitable<void>;
  fsync(fd: Fd): Awaitable<void>;
  sync(): Awaitable<void>;
  /** sync of the volume (or other server) that has `fd`. */
  syncfs(fd: Fd): Awaitable<void>;
  /** memfd_create(2) with Memfd flags: a file without a name in the memory of this site, open for all. */
  memfdCreate(name: string, flags: number): Awaitable<Fd>;
  /** fcntl(F_ADD_SEALS), F_GET_SEALS: Seal flags; EINVAL for what is no memfd. */
  /** The lease on a file, a Lock type; while it is broken, what it is to become. */
  getLease(fd: Fd): Awaitable<number>;
  /** Throws EAGAIN, EACCES, EINVAL. */
  setLease(fd: Fd, type: number): Awaitable<void>;
  /** Whom signal-driven I/O tells; pid 0: nobody, or one that is gone. */
  getOwn(fd: Fd): IoOwner;
  /** pid 0: nobody. Throws ESRCH, EINVAL. */
  setOwn(fd: Fd, owner: IoOwner): Awaitable<void>;
  /** The signal of signal-driven I/O; 0: SIGIO, which does not tell more. */
  getSig(fd: Fd): number;
  setSig(fd: Fd, sig: number): void;
  addSeals(fd: Fd, seals: number): Awaitable<void>;
  getSeals(fd: Fd): Awaitable<number>;
  /**
   * Next batch of entries ('.' and '..' included, unsorted), at most `max`; empty at the end.
   * lseek(fd, 0, SET) rewinds.
   */
  readdir(fd: Fd, max?: number): Awaitable<DirEntry[]>;
  pipe(flags?: number): Awaitable<[Fd, Fd]>;
  /** Returns revents, one per entry in order; all 0 after timeoutMs (-1 = wait for ever). */
  poll(fds: readonly PollFd[], timeoutMs: number): Awaitable<number[]>;
  /** eventfd(2): O.CLOEXEC and O.NONBLOCK as flags. */
  eventfd(initial: number, options?: { semaphore?: boolean; flags?: number }): Awaitable<Fd>;
  /** timerfd_create(2). `realtime`: absolute times are those of `now()`, else of `monotonic()`. */
  timerfdCreate(realtime: boolean, flags?: number): Awaitable<Fd>;
  /** Returns what it replaces. */
  timerfdSettime(fd: Fd, timer: TimerValue, absolute?: boolean): Awaitable<TimerValue>;
  timerfdGettime(fd: Fd): Awaitable<TimerValue>;
  epollCreate(flags?: number): Awaitable<Fd>;
  /** `event` for 'add' and 'modify'. */
  epollCtl(epfd: Fd, operation: 'add' | 'modify' | 'delete', fd: Fd, event?: EpollEvent): Awaitable<void>;
  /** At most `max` events; none after timeoutMs (-1 = wait for ever). */
  epollWait(epfd: Fd, max: number, timeoutMs: number): Awaitable<EpollEvent[]>;
  /**
   * inotify(7). Flags: O.NONBLOCK, O.CLOEXEC. Reading gives Linux's struct inotify_event, as many whole
   * ones as fit; EINVAL when the first does not.
   */
  inotifyInit(flags?: number): Awaitable<Fd>;
  /** `mask`: events and flags of Inotify. Returns the watch's number. */
  inotifyAddWatch(fd: Fd, path: string, mask: number): Awaitable<number>;
  inotifyRmWatch(fd: Fd, wd: number): Awaitable<void>;

  // --- sockets ---------------------------------------------------------------------------------------------
  /** `domain` of AF, `type` of SOCK with SOCK.NONBLOCK and SOCK.CLOEXEC. */
  socket(domain: number, type: number, protocol?: number): Awaitable<Fd>;
  socketpair(domain: number, type: number, protocol?: number): Awaitable<[Fd, Fd]>;
  /** A path of AF_UNIX is made in the file tree; path '' of AF_UNIX asks for an abstract name. */
  bind(fd: Fd, address: SocketAddress): Awaitable<void>;
  listen(fd: Fd, backlog: number): Awaitable<void>;
  /** accept4(2): flags SOCK.NONBLOCK, SOCK.CLOEXEC. `address`: the peer's. */
  accept(fd: Fd, flags?: number): Awaitable<{ fd: Fd; address: SocketAddress }>;
  /** Throws EINPROGRESS on a non-blocking socket of TCP: poll for OUT, then ask SO.ERROR. */
  connect(fd: Fd, address: SocketAddress): Awaitable<void>;
  /** send, sendto and sendmsg(2). Returns the bytes sent. EPIPE raises SIGPIPE unless MSG.NOSIGNAL. */
  sendmsg(fd: Fd, data: Uint8Array, options?: SendOptions): Awaitable<number>;
  /** recv, recvfrom and recvmsg(2). */
  recvmsg(fd: Fd, max: number, options?: ReceiveOptions): Awaitable<ReceivedMessage>;
  shutdown(fd: Fd, how: number): Awaitable<void>;
  getsockname(fd: Fd): Awaitable<SocketAddress>;
  getpeername(fd: Fd): Awaitable<SocketAddress>;
  getsockopt(fd: Fd, level: number, name: number): Awaitable<SocketOption>;
  setsockopt(fd: Fd, level: number, name: number, value: SocketOption): Awaitable<void>;

  // --- System V IPC: identifiers and keys are the system's, objects live on the site where they were made
  // ---
  msgget(key: number, flags?: number): Awaitable<number>;
  msgsnd(id: number, type: number, data: Uint8Array, flags?: number): Awaitable<void>;
  msgrcv(id: number, max: number, type: number, flags?: number): Awaitable<IpcMessage>;
  /** msgctl(IPC_STAT), or MSG_STAT_ANY when `anybody` may ask. */
  msgstat(id: number, anybody?: boolean): Awaitable<QueueStat>;
  semget(key: number, count: number, flags?: number): Awaitable<number>;
  /** All operations at once; waits at most `limitMs` (-1: for ever), then EAGAIN. */
  semop(id: number, operations: readonly SemaphoreOperation[], limitMs?: number): Awaitable<void>;
  semstat(id: number, anybody?: boolean): Awaitable<SemaphoreStat>;
  /** GETVAL, GETPID, and how many wait for more (GETNCNT) and for zero (GETZCNT). */
  semvalue(id: number, index: number): Awaitable<{ value: number; pid: Pid; more: number; zero: number }>;
  semvalues(id: number): Awaitable<number[]>;
  /** SETVAL of `index`, else SETALL. */
  semset(id: number, values: readonly number[], index?: number): Awaitable<void>;
  shmget(key: number, bytes: number, flags?: number): Awaitable<number>;
  /** The right to attach, as the capability of the segment: an address space maps that. */
  shmat(id: number, flags?: number): Awaitable<SharedSegment>;
  /** An attach of the segment was undone. */
  shmdt(id: number): Awaitable<void>;
  shmstat(id: number, anybody?: boolean): Awaitable<SharedMemoryStat>;
  /** Identifiers of all objects of a kind, in ascending order. */
  ipclist(kind: IpcKind): Awaitable<number[]>;
  /** IPC_SET, IPC_RMID. */
  ipcset(kind: IpcKind, id: number, change: IpcChange): Awaitable<void>;
  ipcremove(kind: IpcKind, id: number): Awaitable<void>;

  // --- POSIX message queues: names without the slash -------------------------------------------------------
  /** Flags O.CREAT, O.EXCL, O.NONBLOCK, O.CLOEXEC and the access mode. */
  mqopen(
    name: string,
    flags: number,
    mode?: number,
    attributes?: { messages: number; bytes: number },
  ): Awaitable<Fd>;
  mqunlink(name: string): Awaitable<void>;
  /** Waits at most `limitMs` (-1: for ever), then ETIMEDOUT. */
  mqsend(fd: Fd, data: Uint8Array, priority?: number, limitMs?: number): Awaitable<void>;
  /** The oldest of the highest priority; `max`: at least what a message may have. */
  mqreceive(fd: Fd, max: number, limitMs?: number): Awaitable<{ data: Uint8Array; priority: number }>;
  mqattributes(fd: Fd): Awaitable<QueueAttributes>;
  /** Tells of the next message in an empty queue, once; null: no longer. */
  mqnotify(fd: Fd, notice: QueueNotice | null): Awaitable<void>;

  // --- terminals -------------------------------------------------------------------------------------------
  isatty(fd: Fd): Awaitable<boolean>;
  ttyname(fd: Fd): Awaitable<string>;
  tcgetattr(fd: Fd): Awaitable<Termios>;
  tcsetattr(fd: Fd, when: 'now' | 'drain' | 'flush', termios: Termios): Awaitable<void>;
  tcgetpgrp(fd: Fd): Awaitable<Pid>;
  tcsetpgrp(fd: Fd, pgid: Pid): Awaitable<void>;
  tcgetwinsize(fd: Fd): Awaitable<WindowSize>;
  tcsetwinsize(fd: Fd, size: WindowSize): Awaitable<void>;
  /** A request of the object protocol that has no call of its own: FIONREAD, TIOCGSID … Throws ENOTTY. */
  ioctl(fd: Fd, request: string, argument?: unknown): Awaitable<unknown>;
  tcflush(fd: Fd, queue: 'input' | 'output' | 'both'): Awaitable<void>;
  /** Opens a pseudo-terminal pair: [master, slave descriptor, slave path]. */
  openpty(size?: WindowSize): Awaitable<{ master: Fd; slave: Fd; name: string }>;

  // --- processes -------------------------------------------------------------------------------------------
  getpid(): Pid;
  getppid(): Pid;
  /**
   * fork to a named entry of the same program: the child starts at `program.entries[entry](sys, state)` on
   * the execution site (csite). `state` must be encodable (plain data, Uint8Array, Map, Set): it is copied.
   * The child inherits descriptors, cwd, root, umask, credentials, signal mask and ignored/default
   * dispositions (handlers are reset, since they belong to the parent's image), limits, env, pgrp, session.
   */
  fork(entry: string, state: unknown): Awaitable<Pid>;
  /**
   * execve(2). Throws SysError when the image cannot be loaded; on success never returns (Terminated
   * unwinds).
   */
  exec(path: string, argv: readonly string[], env?: Environment): Promise<never>;
  exit(code: number): never;
  /** pid > 0, -1 any, 0 own group, < -1 that group. With Wait.NOHANG: undefined when none has changed. */
  waitpid(pid: Pid, options?: number): Awaitable<WaitResult | undefined>;
  kill(pid: Pid, sig: number): Awaitable<void>;
  /** pidfd_open(2): a descriptor that is readable once the process has ended. Close-on-exec. */
  pidfdOpen(pid: Pid, flags: number): Awaitable<Fd>;
  /**
   * signalfd(2): a descriptor that reads blocked signals as struct signalfd_siginfo; an `fd` but -1:
   * changes the signals of that one. Flags: O.NONBLOCK, O.CLOEXEC.
   */
  signalfd(fd: Fd, signals: readonly number[], flags: number): Fd;
  /** The process that a pidfd names. Throws EBADF. */
  pidOf(fd: Fd): Pid;
  getpgid(pid?: Pid): Awaitable<Pid>;
  setpgid(pid: Pid, pgid: Pid): Awaitable<void>;
  getsid(pid?: Pid): Awaitable<Pid>;
  setsid(): Awaitable<Pid>;
  /** Makes the terminal `fd` the controlling terminal of this session (leader only): TIOCSCTTY. */
  setctty(fd: Fd, steal?: boolean): Awaitable<void>;
  /** Gives up the controlling terminal `fd`: TIOCNOTTY. A leader gives it up for its session. */
  noctty(fd: Fd): Awaitable<void>;
  getuid(): number;
  geteuid(): number;
  getgid(): number;
  getegid(): number;
  getgroups(): number[];
  /** Supplementary groups; root only. Throws EINVAL beyond NGROUPS_MAX. */
  setgroups(groups: readonly number[]): void;
  /** Real, effective, saved ids (getresuid(2), getresgid(2)). */
  getids(which: 'uid' | 'gid'): [number, number, number];
  /**
   * setresuid(2), or setreuid(2) with `saved` undefined: the saved id then follows the rule of that call.
   * undefined leaves an id, 'keep' the saved one.
   */
  setids(
    which: 'uid' | 'gid',
    ids: { real: number | undefined; effective: number | undefined; saved: number | 'keep' | undefined },
  ): void;
  /** setfsuid(2), setfsgid(2): the id before, whether or not it could be changed. */
  setfsid(which: 'uid' | 'gid', id: number): number;
  setuid(uid: number): void;
  setgid(gid: number): void;
  seteuid(uid: number): void;
  setegid(gid: number): void;
  /** The lowest niceness of those that are meant; `who` 0: the caller, its group, its user. */
  getpriority(who?: number, which?: PriorityOf): Awaitable<number>;
  setpriority(who: number, value: number, which?: PriorityOf): Awaitable<void>;
  getrlimit(resource: Resource): { soft: number; hard: number };
  setrlimit(resource: Resource, limit: { soft: number; hard: number }): void;
  times(): Usage;
  /**
   * Children of this process start on this site from now on; without argument: the site set (its own by
   * default).
   */
  csite(site?: number): number;

  // --- signals ---------------------------------------------------------------------------------------------
  /** Handlers run between system calls of the process, with `sig` blocked. Returns the old action. */
  sigaction(sig: number, action?: Partial<SignalAction>): SignalAction;
  sigprocmask(how: 'block' | 'unblock' | 'set', signals: readonly number[]): number[];
  sigpending(): number[];
  /** Replaces the mask and waits for a caught signal; returns normally (POSIX's EINTR is implied). */
  sigsuspend(mask: readonly number[]): Awaitable<void>;
  /** Seconds left of the previous alarm. 0 cancels. */
  alarm(seconds: number): number;

  // --- time, system
  // ------------------------------------------------------------------------------------------
  /** nanosleep(2): throws EINTR when a caught signal ends it. */
  sleep(ms: number): Awaitable<void>;
  /** Milliseconds since 1970 (CLOCK_REALTIME), with fraction. */
  now(): number;
  /** Monotonic milliseconds (CLOCK_MONOTONIC). */
  monotonic(): number;
  uname(): Utsname;
  getrandom(bytes: number): Uint8Array;
  sysinfo(): SystemInfo;
  /**
   * The quantum check of programs that compute for long without system calls (an interpreter's loop): lets
   * others run when this process' time slice is over, and delivers pending signals. Cheap when there is
   * nothing to do: returns undefined at once.
   */
  checkpoint(): undefined | Promise<void>;
}

/** A native program: one file in /bin. `main` returns the exit code (undefined = 0). */
export interface Program {
  readonly name: string;
  main(sys: Sys, argv: readonly string[]): Awaitable<number | undefined>;
  /** What fork can name: see Sys.fork. */
  readonly entries?: Readonly<Record<string, (sys: Sys, state: never) => Awaitable<number | undefined>>>;
}

/** Programs by name, loaded when first run: start-up time is spent only on what a script uses. */
export type ProgramTable = ReadonlyMap<string, () => Promise<Program>>;

export type { SysError };
