/**
 * The system call table: one row per call of `Sys`. It drives the trace text (`strace` style), the restart
 * rule after signals, and the status table of the documentation; a call without a row does not compile.
 *
 * `waits: false` marks calls that answer in the caller's turn, always: their type in `Sys` is not Awaitable.
 * `interrupted` says what happens when a caught signal ends a wait of the call and its handler was installed
 * with SA_RESTART (signal(7)): 'restart' begins anew, 'eintr' fails whatever SA_RESTART says.
 */
import { O, Poll, Wait } from './constants.ts';
import type { ErrnoName } from './errno.ts';
import { signalName } from './signals.ts';
import type { Sys } from './sys.ts';

export type SysCallName = Exclude<keyof Sys, 'env'>;

export interface SysCallRow {
  /** Kinds of the arguments: how each is checked and shown. A row writes optional ones with '?'. */
  readonly args: readonly FormatName[];
  /** How many of them must be given. */
  readonly required: number;
  readonly checks: readonly (Check | undefined)[];
  readonly result: FormatName;
  readonly waits: boolean;
  readonly interrupted: 'restart' | 'eintr';
  /** The interface it follows, and how far: for the documentation. */
  readonly follows: string;
}

function flagText(value: number, table: Readonly<Record<string, number>>, prefix: string): string {
  const names: string[] = [];
  let rest = value;
  for (const [name, bit] of Object.entries(table)) {
    if (bit === 0 || (rest & bit) !== bit) continue;
    names.push(prefix + name);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(`0x${rest.toString(16)}`);
  return names.join('|');
}

function openFlags(value: number): string {
  const { RDONLY: _r, WRONLY: _w, RDWR: _rw, ACCMODE, SYNC, DSYNC, TMPFILE, ...bits } = O;
  const access = ['O_RDONLY', 'O_WRONLY', 'O_RDWR'][value & ACCMODE] ?? 'O_ACCMODE';
  const rest = flagText(value & ~ACCMODE, { SYNC, DSYNC, TMPFILE, ...bits }, 'O_');
  return rest === '' ? access : `${access}|${rest}`;
}

const text = (value: string): string => JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
const plain = (value: unknown): string => {
  if (value === undefined) return '-';
  if (typeof value === 'string') return text(value);
  if (value instanceof Uint8Array) return bytes(value);
  const json =
    JSON.stringify(value, (_key, inner) => (typeof inner === 'function' ? 'handler' : inner)) ?? '?';
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
};
const bytes = (value: Uint8Array): string => {
  const shown = Buffer.from(value.buffer, value.byteOffset, Math.min(32, value.length)).toString('latin1');
  return `${JSON.stringify(shown)}${value.length > 32 ? '…' : ''} <${value.length}>`;
};
const signal = (value: number): string => {
  const name = signalName(value);
  return name ? `SIG${name}` : String(value);
};

/** How one argument or result is shown. Values come from programs: formatters take anything. */
const FORMATS = {
  plain,
  path: plain,
  fd: plain,
  number: plain,
  /** Whole numbers: ids, lengths, offsets. */
  int: plain,
  /** Times of utimens: SetTime. */
  time: plain,
  mode: (value) => (typeof value === 'number' ? `0${value.toString(8)}` : plain(value)),
  openFlags: (value) => (typeof value === 'number' ? openFlags(value) : plain(value)),
  bytes: plain,
  signal: (value) => (typeof value === 'number' ? signal(value) : plain(value)),
  signals: (value) => (Array.isArray(value) ? `[${value.map(signal).join(' ')}]` : plain(value)),
  waitFlags: (value) => (typeof value === 'number' ? flagText(value, Wait, 'W') || '0' : plain(value)),
  poll: (value) =>
    Array.isArray(value)
      ? `[${value.map(({ fd, events }) => `${fd}:${flagText(events, Poll, 'POLL')}`).join(' ')}]`
      : plain(value),
  status: (value) =>
    typeof value === 'object' && value !== null && 'status' in value && 'pid' in value
      ? `${value.pid} status 0x${Number(value.status).toString(16)}`
      : plain(value),
  state: () => '…',
  none: () => '',
} as const satisfies Record<string, (value: unknown) => string>;
type FormatName = keyof typeof FORMATS;

type Check = (value: unknown) => ErrnoName | undefined;
const whole: Check = (value) => (Number.isSafeInteger(value) ? undefined : 'EINVAL');
const numeric: Check = (value) => (typeof value === 'number' && !Number.isNaN(value) ? undefined : 'EINVAL');

/** What an argument must be at least, whatever else its call checks. Kinds without a row take anything. */
const CHECKS: { readonly [K in FormatName]?: Check } = {
  path: (value) => (typeof value === 'string' ? undefined : 'EFAULT'),
  fd: (value) => (Number.isSafeInteger(value) ? undefined : 'EBADF'),
  bytes: (value) => (value instanceof Uint8Array ? undefined : 'EFAULT'),
  signals: (value) => (Array.isArray(value) ? undefined : 'EFAULT'),
  poll: (value) => (Array.isArray(value) && value.every(isPollFd) ? undefined : 'EFAULT'),
  time: (value) =>
    value === 'now' || value === 'omit' || Number.isFinite(value) || isExactTime(value)
      ? undefined
      : 'EINVAL',
  number: numeric,
  int: whole,
  mode: whole,
  openFlags: whole,
  waitFlags: whole,
  signal: whole,
};

function isExactTime(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { seconds, nanoseconds } = value as { seconds?: unknown; nanoseconds?: unknown };
  return Number.isSafeInteger(seconds) && isNanoseconds(nanoseconds);
}

const isNanoseconds = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 1_000_000_000;

function isPollFd(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { fd, events } = value as { fd?: unknown; events?: unknown };
  return Number.isSafeInteger(fd) && Number.isSafeInteger(events);
}

/** The error for arguments of the wrong kind; undefined when they will do. */
export function argumentError(call: SysCallRow, args: readonly unknown[]): ErrnoName | undefined {
  const { checks, required, args: kinds } = call;
  for (let i = 0; i < checks.length; i++) {
    const check = checks[i];
    // No call takes null: what is left out is undefined. A state is the program's own affair.
    if (args[i] === null && kinds[i] !== 'state') return 'EFAULT';
    if (check === undefined || (i >= required && args[i] === undefined)) continue;
    const error = check(args[i]);
    if (error !== undefined) return error;
  }
  return undefined;
}

type Options = Partial<Pick<SysCallRow, 'waits' | 'interrupted'>>;

function row(args: string, result: FormatName, follows: string, options: Options = {}): SysCallRow {
  const words = args === '' ? [] : args.split(' ');
  const names = words.map((word) => word.replace('?', '') as FormatName);
  const required = words.filter((word) => !word.endsWith('?')).length;
  const checks = names.map((name) => CHECKS[name]);
  return { args: names, required, checks, result, follows, waits: true, interrupted: 'restart', ...options };
}
const NOW: Options = { waits: false };
const EINTR: Options = { interrupted: 'eintr' };

export const SYSCALLS: { readonly [N in SysCallName]: SysCallRow } = {
  // files by path
  open: row('path openFlags mode? plain?', 'fd', 'open(2), openat(2)'),
  stat: row('path plain?', 'plain', 'stat(2), fstatat(2)'),
  lstat: row('path plain?', 'plain', 'lstat(2)'),
  access: row('path int plain?', 'none', 'access(2), faccessat(2) with AT_EACCESS, AT_EMPTY_PATH'),
  mkdir: row('path mode? plain?', 'none', 'mkdir(2), mkdirat(2)'),
  rmdir: row('path plain?', 'none', 'rmdir(2)'),
  unlink: row('path plain?', 'none', 'unlink(2), unlinkat(2)'),
  link: row('path path plain?', 'none', 'link(2), linkat(2) with AT_SYMLINK_FOLLOW, AT_EMPTY_PATH'),
  symlink: row('path path plain?', 'none', 'symlink(2), symlinkat(2)'),
  readlink: row('path plain?', 'path', 'readlink(2), readlinkat(2)'),
  rename: row('path path plain?', 'none', 'rename(2), renameat2(2)'),
  chmod: row('path mode plain?', 'none', 'chmod(2), fchmodat(2)'),
  chown: row('path int int plain?', 'none', 'chown(2), fchownat(2)'),
  lchown: row('path int int', 'none', 'lchown(2)'),
  utimens: row('path time time plain?', 'none', 'utimensat(2)'),
  truncate: row('path int', 'none', 'truncate(2)'),
  mknod: row('path mode int? plain?', 'none', 'mknod(2), mknodat(2)'),
  statfs: row('path', 'plain', 'statfs(2)'),
  getxattr: row('path path plain?', 'bytes', 'getxattr(2), lgetxattr(2)'),
  setxattr: row('path path bytes plain?', 'none', 'setxattr(2), lsetxattr(2)'),
  listxattr: row('path plain?', 'plain', 'listxattr(2), llistxattr(2)'),
  removexattr: row('path path plain?', 'none', 'removexattr(2), lremovexattr(2)'),
  chdir: row('path', 'none', 'chdir(2)'),
  fchdir: row('fd', 'none', 'fchdir(2)'),
  getcwd: row('', 'path', 'getcwd(2)'),
  chroot: row('path', 'none', 'chroot(2), root only'),
  umask: row('mode', 'mode', 'umask(2)', NOW),
  mount: row('path path path plain?', 'none', 'mount(2): sources of the boot description'),
  umount: row('path', 'none', 'umount(2)'),
  // descriptors
  read: row('fd int', 'bytes', 'read(2)'),
  write: row('fd bytes plain?', 'number', 'write(2)'),
  pread: row('fd int int', 'bytes', 'pread(2)'),
  pwrite: row('fd bytes int', 'number', 'pwrite(2)'),
  copyData: row('plain fd fd int plain?', 'number', 'sendfile(2), copy_file_range(2), splice(2), tee(2)'),
  lseek: row('fd int int', 'number', 'lseek(2)'),
  close: row('fd', 'none', 'close(2)'),
  dup: row('fd', 'fd', 'dup(2)', NOW),
  dup2: row('fd fd plain?', 'fd', 'dup2(2), dup3(2)'),
  closeRange: row('int int plain? plain?', 'none', 'close_range(2)'),
  dupfd: row('fd fd plain?', 'fd', 'fcntl(2) F_DUPFD, F_DUPFD_CLOEXEC', NOW),
  getCloexec: row('fd', 'plain', 'fcntl(2) F_GETFD', NOW),
  setCloexec: row('fd plain', 'none', 'fcntl(2) F_SETFD', NOW),
  getFlags: row('fd', 'openFlags', 'fcntl(2) F_GETFL'),
  setFlags: row('fd openFlags', 'none', 'fcntl(2) F_SETFL: O_APPEND, O_NONBLOCK, O_ASYNC'),
  getLock: row('fd plain plain?', 'plain', 'fcntl(2) F_GETLK, F_OFD_GETLK'),
  setLock: row('fd plain plain plain?', 'none', 'fcntl(2) F_SETLK, F_SETLKW with EDEADLK, F_OFD_*'),
  flock: row('fd int', 'none', 'flock(2)'),
  fstat: row('fd', 'plain', 'fstat(2)'),
  fstatfs: row('fd', 'plain', 'fstatfs(2)'),
  fchmod: row('fd mode', 'none', 'fchmod(2)'),
  fchown: row('fd int int', 'none', 'fchown(2)'),
  futimens: row('fd time time', 'none', 'futimens(3)'),
  ftruncate: row('fd int', 'none', 'ftruncate(2)'),
  fsync: row('fd', 'none', 'fsync(2)'),
  sync: row('', 'none', 'sync(2): every volume of the system'),
  syncfs: row('fd', 'none', 'syncfs(2)'),
  fallocate: row('fd int int int', 'none', 'fallocate(2): also KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE'),
  fgetxattr: row('fd path', 'bytes', 'fgetxattr(2)'),
  fsetxattr: row('fd path bytes int?', 'none', 'fsetxattr(2)'),
  flistxattr: row('fd', 'plain', 'flistxattr(2)'),
  fremovexattr: row('fd path', 'none', 'fremovexattr(2)'),
  memfdCreate: row('path int', 'fd', 'memfd_create(2)'),
  getLease: row('fd', 'number', 'fcntl(2) F_GETLEASE'),
  setLease: row('fd int', 'none', 'fcntl(2) F_SETLEASE'),
  getOwn: row('fd', 'plain', 'fcntl(2) F_GETOWN, F_GETOWN_EX', NOW),
  setOwn: row('fd plain', 'none', 'fcntl(2) F_SETOWN, F_SETOWN_EX'),
  getSig: row('fd', 'number', 'fcntl(2) F_GETSIG', NOW),
  setSig: row('fd int', 'none', 'fcntl(2) F_SETSIG', NOW),
  addSeals: row('fd int', 'none', 'fcntl(2) F_ADD_SEALS'),
  getSeals: row('fd', 'number', 'fcntl(2) F_GET_SEALS'),
  readdir: row('fd int?', 'plain', 'getdents(2)'),
  pipe: row('openFlags?', 'plain', 'pipe(2), pipe2(2)'),
  poll: row('poll number', 'plain', 'poll(2)', EINTR),
  eventfd: row('int plain?', 'fd', 'eventfd(2)'),
  timerfdCreate: row('plain openFlags?', 'fd', 'timerfd_create(2)'),
  timerfdSettime: row('fd plain plain?', 'plain', 'timerfd_settime(2)'),
  timerfdGettime: row('fd', 'plain', 'timerfd_gettime(2)'),
  epollCreate: row('openFlags?', 'fd', 'epoll_create1(2)'),
  epollCtl: row('fd plain fd plain?', 'none', 'epoll_ctl(2)'),
  epollWait: row('fd int number', 'plain', 'epoll_wait(2)', EINTR),
  inotifyInit: row('openFlags?', 'fd', 'inotify_init1(2)'),
  inotifyAddWatch: row('fd path int', 'number', 'inotify_add_watch(2)'),
  inotifyRmWatch: row('fd int', 'none', 'inotify_rm_watch(2)'),
  // sockets
  socket: row('int int int?', 'fd', "socket(2): AF_UNIX, AF_INET and AF_INET6 on the system's own network"),
  socketpair: row('int int int?', 'plain', 'socketpair(2)'),
  bind: row('fd plain', 'none', 'bind(2)'),
  listen: row('fd int', 'none', 'listen(2)'),
  accept: row('fd int?', 'plain', 'accept4(2)'),
  connect: row('fd plain', 'none', 'connect(2)'),
  sendmsg: row('fd bytes plain?', 'number', 'sendmsg(2): SCM_RIGHTS, SCM_CREDENTIALS'),
  recvmsg: row('fd int plain?', 'plain', 'recvmsg(2)'),
  shutdown: row('fd int', 'none', 'shutdown(2)'),
  getsockname: row('fd', 'plain', 'getsockname(2)'),
  getpeername: row('fd', 'plain', 'getpeername(2)'),
  getsockopt: row('fd int int', 'plain', 'getsockopt(2)'),
  setsockopt: row('fd int int plain', 'none', 'setsockopt(2)'),
  // System V IPC
  msgget: row('int int?', 'number', 'msgget(2)'),
  msgsnd: row('int int bytes int?', 'none', 'msgsnd(2)', EINTR),
  msgrcv: row('int int int int?', 'plain', 'msgrcv(2)', EINTR),
  msgstat: row('int plain?', 'plain', 'msgctl(2) IPC_STAT, MSG_STAT_ANY'),
  semget: row('int int int?', 'number', 'semget(2)'),
  semop: row('int plain number?', 'none', 'semop(2), semtimedop(2)', EINTR),
  semstat: row('int plain?', 'plain', 'semctl(2) IPC_STAT, SEM_STAT_ANY'),
  semvalue: row('int int', 'plain', 'semctl(2) GETVAL, GETPID, GETNCNT, GETZCNT'),
  semvalues: row('int', 'plain', 'semctl(2) GETALL'),
  semset: row('int plain int?', 'none', 'semctl(2) SETVAL, SETALL'),
  shmget: row('int int int?', 'number', 'shmget(2)'),
  shmat: row('int int?', 'plain', 'shmat(2): the right to it'),
  shmdt: row('int', 'none', 'shmdt(2)'),
  shmstat: row('int plain?', 'plain', 'shmctl(2) IPC_STAT, SHM_STAT_ANY'),
  ipclist: row('plain', 'plain', 'msgctl, semctl, shmctl(2): what is there'),
  ipcset: row('plain int plain', 'none', 'msgctl, semctl, shmctl(2) IPC_SET'),
  ipcremove: row('plain int', 'none', 'msgctl, semctl, shmctl(2) IPC_RMID'),
  // POSIX message queues
  mqopen: row('path openFlags mode? plain?', 'fd', 'mq_open(2)'),
  mqunlink: row('path', 'none', 'mq_unlink(2)'),
  mqsend: row('fd bytes int? number?', 'none', 'mq_timedsend(2)'),
  mqreceive: row('fd int number?', 'plain', 'mq_timedreceive(2)'),
  mqattributes: row('fd', 'plain', 'mq_getsetattr(2)'),
  mqnotify: row('fd plain', 'none', 'mq_notify(2): signals'),
  // terminals
  isatty: row('fd', 'plain', 'isatty(3)'),
  ttyname: row('fd', 'path', 'ttyname(3)'),
  tcgetattr: row('fd', 'plain', 'tcgetattr(3)'),
  tcsetattr: row('fd plain plain', 'none', 'tcsetattr(3)'),
  tcgetpgrp: row('fd', 'number', 'tcgetpgrp(3)'),
  tcsetpgrp: row('fd int', 'none', 'tcsetpgrp(3)'),
  tcgetwinsize: row('fd', 'plain', 'tcgetwinsize(3) (POSIX 2024)'),
  tcsetwinsize: row('fd plain', 'none', 'tcsetwinsize(3) (POSIX 2024)'),
  ioctl: row('fd plain plain?', 'plain', 'ioctl(2): requests without a call of their own'),
  tcflush: row('fd plain', 'none', 'tcflush(3)'),
  openpty: row('plain?', 'plain', 'openpty(3)'),
  // processes
  getpid: row('', 'number', 'getpid(2)', NOW),
  getppid: row('', 'number', 'getppid(2)', NOW),
  fork: row('path state', 'number', 'fork(2) to a named entry; on the execution site'),
  exec: row('path plain state?', 'none', 'execve(2); on the execution site'),
  exit: row('int', 'none', '_exit(2)', NOW),
  waitpid: row('int waitFlags?', 'status', 'wait4(2)'),
  kill: row('int signal', 'none', 'kill(2), across sites'),
  pidfdOpen: row('int int', 'fd', 'pidfd_open(2)'),
  signalfd: row('fd signals int', 'fd', 'signalfd(2)', NOW),
  pidOf: row('fd', 'number', 'the process of a pidfd', NOW),
  getpgid: row('int?', 'number', 'getpgid(2)'),
  setpgid: row('int int', 'none', 'setpgid(2)'),
  getsid: row('int?', 'number', 'getsid(2)'),
  setsid: row('', 'number', 'setsid(2)'),
  setctty: row('fd plain?', 'none', 'ioctl(2) TIOCSCTTY'),
  noctty: row('fd', 'none', 'ioctl(2) TIOCNOTTY'),
  getuid: row('', 'number', 'getuid(2)', NOW),
  geteuid: row('', 'number', 'geteuid(2)', NOW),
  getgid: row('', 'number', 'getgid(2)', NOW),
  getegid: row('', 'number', 'getegid(2)', NOW),
  getgroups: row('', 'plain', 'getgroups(2)', NOW),
  setgroups: row('plain', 'none', 'setgroups(2)', NOW),
  getids: row('plain', 'plain', 'getresuid(2), getresgid(2)', NOW),
  setids: row('plain plain', 'none', 'setresuid(2), setresgid(2), setreuid(2), setregid(2)', NOW),
  setfsid: row('plain int', 'number', 'setfsuid(2), setfsgid(2)', NOW),
  setuid: row('int', 'none', 'setuid(2)', NOW),
  setgid: row('int', 'none', 'setgid(2)', NOW),
  seteuid: row('int', 'none', 'seteuid(2)', NOW),
  setegid: row('int', 'none', 'setegid(2)', NOW),
  getpriority: row('int? plain?', 'number', 'getpriority(2)'),
  setpriority: row('int int plain?', 'none', 'setpriority(2)'),
  getrlimit: row('plain', 'plain', 'getrlimit(2)', NOW),
  setrlimit: row('plain plain', 'none', 'setrlimit(2): cpu, fsize, nofile, nproc are enforced', NOW),
  times: row('', 'plain', 'times(2)', NOW),
  csite: row('int?', 'number', "Chorus/MiX's own: execution site of children", NOW),
  // signals
  sigaction: row('signal plain?', 'plain', 'sigaction(2)', NOW),
  sigprocmask: row('plain signals', 'signals', 'sigprocmask(2)', NOW),
  sigpending: row('', 'signals', 'sigpending(2)', NOW),
  sigsuspend: row('signals', 'none', 'sigsuspend(2)', EINTR),
  alarm: row('number', 'number', 'alarm(2)', NOW),
  // time, system
  sleep: row('number', 'none', 'nanosleep(2)', EINTR),
  now: row('', 'number', 'clock_gettime(2) CLOCK_REALTIME', NOW),
  monotonic: row('', 'number', 'clock_gettime(2) CLOCK_MONOTONIC', NOW),
  uname: row('', 'plain', 'uname(2)', NOW),
  sysinfo: row('', 'plain', 'sysinfo(2)', NOW),
  getrandom: row('int', 'bytes', 'getrandom(2)', NOW),
  checkpoint: row('', 'none', 'sched_yield(2) when the quantum is over'),
};

/** `open("/etc/passwd", O_RDONLY)`: the call as traces show it. */
export function callText(name: SysCallName, args: readonly unknown[]): string {
  const formats = SYSCALLS[name].args;
  const shown = args.map((value, i) => FORMATS[formats[i] ?? 'plain'](value as never));
  return `${name}(${shown.join(', ')})`;
}

/** The text of a result: empty for calls that return nothing. */
export function resultText(name: SysCallName, result: unknown): string {
  if (result === undefined) return '';
  return FORMATS[SYSCALLS[name].result](result as never);
}
