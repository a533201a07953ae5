/** What the calls of `Sys` take and give, beside plain values. */

export type Pid = number;
export type Fd = number;

/** struct stat. Times are milliseconds since 1970 with fraction (ns resolution where the volume has it). */
export interface Stat {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  /** 512-byte blocks really held (sparse files hold fewer). */
  blocks: number;
  atimeMs: number;
  mtimeMs: number;
  ctimeMs: number;
  /**
   * Nanoseconds within the second, exactly as they were set, where the volume knows (doubles of ms do not).
   */
  atimeNs?: number | undefined;
  mtimeNs?: number | undefined;
}

/** What utimens sets a time to: ms since 1970, or that exactly; 'now' or 'omit' as UTIME_NOW, UTIME_OMIT. */
export type SetTime = number | 'now' | 'omit' | ExactTime;

/** Since 1970; `nanoseconds` within the second. */
export interface ExactTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface StatFs {
  /** File system type name: 'memfs', 'host', 'durable', 'devpts', 'proc'. */
  type: string;
  /** What df prints as the source. */
  source: string;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  namelen: number;
  readOnly: boolean;
  /** f_fsid: one number per volume, what its files have as `dev`; absent where there is none. */
  fsid?: number | undefined;
}

export interface DirEntry {
  name: string;
  ino: number;
  /** Type bits of st_mode (S.IFDIR …). */
  type: number;
  /** Position behind this entry: lseek(fd, next, SET) goes on there. */
  next: number;
}

export interface RecordLock {
  type: number;
  whence: number;
  start: number;
  /** 0 = to the end of the file, however long it grows. */
  length: number;
  /** Filled by fcntl(F_GETLK): who holds the lock in the way. */
  pid?: Pid;
}

export interface PollFd {
  fd: Fd;
  events: number;
}

/** Whose niceness: of a process, of the members of a group, of what a user runs. */
export type PriorityOf = 'process' | 'group' | 'user';

/** The call whose rules a copy keeps. */
export type CopyKind = 'sendfile' | 'range' | 'splice' | 'tee';

export interface CopyOptions {
  fromOffset?: number;
  toOffset?: number;
  /** EAGAIN instead of waiting for a pipe. */
  nonblocking?: boolean;
}

/** What sysinfo(2) tells of the site. */
export interface SystemInfo {
  uptimeMs: number;
  /** Averages of runnable processes over 1, 5 and 15 minutes. */
  loads: [number, number, number];
  totalBytes: number;
  freeBytes: number;
  processes: number;
}

/** A timer: ms to the next expiry, 0 = disarmed; ms from one expiry to the next, 0 = only one. */
/** Who is told of signal-driven I/O: F_SETOWN_EX of fcntl(2). */
export interface IoOwner {
  readonly type: 'thread' | 'process' | 'group';
  readonly pid: Pid;
}

export interface TimerValue {
  valueMs: number;
  intervalMs: number;
}

/** struct epoll_event: Poll and Epoll bits, and eight bytes that come back as they were given. */
export interface EpollEvent {
  events: number;
  data: Uint8Array;
}

/** How a child ended or changed; `status` as WaitStatus encodes it. */
export interface WaitResult {
  pid: Pid;
  status: number;
  usage: Usage;
  /** Real user id of the child, where it is known. */
  uid?: number;
}

/** Times in milliseconds of CPU, and the most memory in use at one time; children are those waited for. */
export interface Usage {
  userMs: number;
  systemMs: number;
  childUserMs: number;
  childSystemMs: number;
  residentKiB: number;
  /** Of the largest child. */
  childResidentKiB: number;
}

/** A handler: of a native program a function, of a guest the address of its code. */
export type SignalDisposition = 'default' | 'ignore' | ((sig: number) => void) | { readonly address: number };

export interface SignalAction {
  disposition: SignalDisposition;
  /** SA flags. */
  flags: number;
  /** Signals blocked while the handler runs. */
  mask: readonly number[];
}

export interface Utsname {
  sysname: string;
  nodename: string;
  domainname: string;
  release: string;
  version: string;
  machine: string;
}

/** Base directory for relative paths: a directory descriptor, or undefined for the cwd (openat family). */
export interface At {
  at?: Fd;
  /** An empty path names `at` itself, whatever it is: AT_EMPTY_PATH. */
  empty?: boolean;
  /** Rules of openat2(2), RESOLVE flags, which `open` keeps. */
  resolve?: number;
}

/** Base directories of a call with two paths. */
export interface FromTo {
  fromAt?: Fd;
  toAt?: Fd;
}
