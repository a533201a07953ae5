/**
 * Flag values of the UNIX interface, Linux's numbers (asm-generic, as on riscv64), grouped by the call that
 * takes them.
 */

/** open(2) flags. */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  ACCMODE: 3,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  ASYNC: 0o20000,
  /** Of a pipe: each write is a packet, read on its own. Files take it without a meaning here. */
  DIRECT: 0o40000,
  DIRECTORY: 0o200000,
  NOFOLLOW: 0o400000,
  /** The owner's: reading leaves no access time. */
  NOATIME: 0o1000000,
  CLOEXEC: 0o2000000,
  SYNC: 0o4010000,
  PATH: 0o10000000,
  /** Contains DIRECTORY: a system without it fails instead of opening the directory. */
  TMPFILE: 0o20200000,
} as const;

/** openat2(2): what a path may not do, or where it has to stay. */
export const RESOLVE = {
  NO_XDEV: 1,
  NO_MAGICLINKS: 2,
  NO_SYMLINKS: 4,
  BENEATH: 8,
  IN_ROOT: 16,
  CACHED: 32,
} as const;

/** File mode: type bits and permission bits of st_mode. */
export const S = {
  IFMT: 0o170000,
  IFSOCK: 0o140000,
  IFLNK: 0o120000,
  IFREG: 0o100000,
  IFBLK: 0o060000,
  IFDIR: 0o040000,
  IFCHR: 0o020000,
  IFIFO: 0o010000,
  ISUID: 0o4000,
  ISGID: 0o2000,
  ISVTX: 0o1000,
} as const;

export const isDirectory = (mode: number): boolean => (mode & S.IFMT) === S.IFDIR;
export const isRegular = (mode: number): boolean => (mode & S.IFMT) === S.IFREG;
export const isSymlink = (mode: number): boolean => (mode & S.IFMT) === S.IFLNK;
export const isFifo = (mode: number): boolean => (mode & S.IFMT) === S.IFIFO;
export const isSocket = (mode: number): boolean => (mode & S.IFMT) === S.IFSOCK;
export const isCharDevice = (mode: number): boolean => (mode & S.IFMT) === S.IFCHR;

/** access(2) modes. */
export const Access = { F_OK: 0, X_OK: 1, W_OK: 2, R_OK: 4 } as const;

/** lseek(2) whence. */
export const Seek = { SET: 0, CUR: 1, END: 2, DATA: 3, HOLE: 4 } as const;

/** waitpid(2) options. */
export const Wait = {
  NOHANG: 1,
  UNTRACED: 2,
  CONTINUED: 8,
  /** waitid(2): the child stays waitable. */
  NOWAIT: 0x1000000,
  /** Ours: children that ended are passed over (waitid without WEXITED). */
  NOEXITED: 0x40000000,
} as const;

/** poll(2) events. */
export const Poll = {
  IN: 1,
  PRI: 2,
  OUT: 4,
  ERR: 8,
  HUP: 16,
  NVAL: 32,
  RDNORM: 0x40,
  RDBAND: 0x80,
  WRNORM: 0x100,
  WRBAND: 0x200,
  MSG: 0x400,
  RDHUP: 0x2000,
} as const;

/** epoll_ctl(2): what an event has beside poll's bits. */
export const Epoll = {
  EXCLUSIVE: 0x10000000,
  WAKEUP: 0x20000000,
  ONESHOT: 0x40000000,
  ET: 0x80000000,
} as const;

/** sigaction(2) flags. */
export const SA = {
  NOCLDSTOP: 1,
  NOCLDWAIT: 2,
  ONSTACK: 0x08000000,
  RESTART: 0x10000000,
  NODEFER: 0x40000000,
  RESETHAND: 0x80000000,
} as const;

/** Record lock types, fcntl(2). */
export const Lock = { RDLCK: 0, WRLCK: 1, UNLCK: 2 } as const;

/** flock(2) operations. */
export const Flock = { SH: 1, EX: 2, NB: 4, UN: 8 } as const;

/** fallocate(2) modes; 0 allocates and extends. */
export const Falloc = { KEEP_SIZE: 1, PUNCH_HOLE: 2, ZERO_RANGE: 16 } as const;

/** setxattr(2) flags. */
export const Xattr = { CREATE: 1, REPLACE: 2 } as const;

/** renameat2(2) flags. */
export const Rename = { NOREPLACE: 1, EXCHANGE: 2, WHITEOUT: 4 } as const;

/** memfd_create(2) flags. */
export const Memfd = { CLOEXEC: 1, ALLOW_SEALING: 2, HUGETLB: 4, NOEXEC_SEAL: 8, EXEC: 16 } as const;

/** fcntl(2) F_ADD_SEALS. */
export const Seal = { SEAL: 1, SHRINK: 2, GROW: 4, WRITE: 8, FUTURE_WRITE: 16, EXEC: 32 } as const;

/** inotify(7): events, and what inotify_add_watch(2) takes beside them. */
export const Inotify = {
  ACCESS: 1,
  MODIFY: 2,
  ATTRIB: 4,
  CLOSE_WRITE: 8,
  CLOSE_NOWRITE: 0x10,
  OPEN: 0x20,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  ALL_EVENTS: 0xfff,
  UNMOUNT: 0x2000,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x100_0000,
  DONT_FOLLOW: 0x200_0000,
  EXCL_UNLINK: 0x400_0000,
  MASK_CREATE: 0x1000_0000,
  MASK_ADD: 0x2000_0000,
  ISDIR: 0x4000_0000,
  ONESHOT: 0x8000_0000,
} as const;

/** Limits that every manager keeps; passing one gives the error named. */
export const Limits = {
  /** Longest path, bytes with its NUL: ENAMETOOLONG. */
  PATH_MAX: 4096,
  /** Longest file name, bytes: ENAMETOOLONG. */
  NAME_MAX: 255,
  /** Writes up to this many bytes to a pipe are atomic. */
  PIPE_BUF: 4096,
  /** Bytes that a pipe holds before a writer blocks. */
  PIPE_SIZE: 65536,
  /** Most bytes that a pipe may be made to hold (F_SETPIPE_SZ), but by root: EPERM. */
  PIPE_SIZE_MAX: 1024 * 1024,
  /** Open objects of all kinds on one site: ENFILE. */
  OPEN_OBJECTS_MAX: 65536,
  /** Inotify objects open at once: EMFILE. */
  INOTIFY_OBJECTS_MAX: 8192,
  /** Watches of one inotify object: ENOSPC. */
  INOTIFY_WATCHES_MAX: 65536,
  /** Events that wait to be read; then one says that some were lost. */
  INOTIFY_QUEUE_MAX: 16384,
  /** Symbolic links in one path: ELOOP. */
  SYMLOOP_MAX: 40,
  /** argv + environment bytes of exec: E2BIG. */
  ARG_MAX: 2 * 1024 * 1024,
  /** How long whoever has a lease may keep others waiting. */
  LEASE_BREAK_SECONDS: 45,
  /** Default open descriptors per process (RLIMIT_NOFILE): EMFILE. */
  OPEN_MAX: 1024,
  /** As far as root may raise it: EPERM. */
  NOFILE_MAX: 4096,
  /** Links to one inode: EMLINK. */
  LINK_MAX: 65000,
  /** Name of an extended attribute, bytes: ERANGE. */
  XATTR_NAME_MAX: 255,
  /** Its value, bytes: E2BIG. */
  XATTR_SIZE_MAX: 65536,
  /** Names and values of one inode, bytes: ENOSPC. */
  XATTR_TOTAL_MAX: 131072,
} as const;

/**
 * setrlimit resources. Values Infinity = RLIM_INFINITY. Units: bytes, seconds of CPU, processes, files. The
 * last three are ours, and bind root as well: no number of setrlimit(2) reaches them.
 */
export type Resource =
  | 'cpu'
  | 'fsize'
  | 'data'
  | 'stack'
  | 'core'
  | 'rss'
  | 'nproc'
  | 'nofile'
  | 'memlock'
  | 'as'
  | 'locks'
  | 'sigpending'
  | 'msgqueue'
  | 'nice'
  | 'rtprio'
  | 'rttime'
  /** Instructions of an emulated processor that one process executes: SIGKILL. */
  | 'instructions'
  /** Address space of one process with regions, bytes: ENOMEM. */
  | 'memory'
  /** Processes on one site, whoever owns them, init and host processes not counted: EAGAIN. */
  | 'processes';

/** Device numbers as st_rdev carries them: major << 8 | minor. */
export const makedev = (major: number, minor: number): number => (major << 8) | minor;
export const majorOf = (rdev: number): number => rdev >>> 8;
export const minorOf = (rdev: number): number => rdev & 0xff;

/** The character devices that the Device Manager serves; numbers are Linux's. */
export const Device = {
  null: makedev(1, 3),
  zero: makedev(1, 5),
  full: makedev(1, 7),
  random: makedev(1, 8),
  urandom: makedev(1, 9),
  tty: makedev(5, 0),
  console: makedev(5, 1),
  ptmx: makedev(5, 2),
  /** First pty slave; /dev/pts/N is makedev(136, N). */
  pts: makedev(136, 0),
} as const;
