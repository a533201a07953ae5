/**
 * The object protocol: what a Process Manager says to any server that has a file tree or open objects: File
 * Managers, Device Managers (ttys, pipes, /dev/pts), the /proc server. One protocol, so that a new kind of
 * server plugs into every process at once.
 *
 * Capabilities. An open object (file description, directory handle, pipe end) is {server port UI, key}. The
 * server holds everything that processes share about it: offset, status flags, locks. Process Managers count
 * local references; a *site* holds the object once: `hold` when it first reaches a site (distant fork or
 * exec), `release` when the last reference on that site goes. A server drops all holds of a site that is
 * lost. The site that opened an object holds it from the reply on. Holder = the message's srcSite.
 *
 * Walking. Path operations carry a start directory and the rest of the path; the server walks as far as its
 * own tree goes. When the walk leaves the tree (mount point, symbolic port, '..' above the volume's root,
 * absolute symbolic link) the reply has `moved` instead of a result, and the Process Manager goes on there
 * (at most SYMLOOP_MAX links and 64 moves). Rights are checked against the protection identifier stamped on
 * the message.
 *
 * Waiting. `read`, `write`, `poll`, `lock` may wait inside the server, abortable; an abort ends them with
 * K_EABORT (EINTR for the program) with nothing transferred, or a short count when something was.
 */
import { operation, protocol, type ReplyOf, type RequestOf } from '../../nucleus/ipc/protocol.ts';
import {
  bool,
  bytes,
  int,
  key,
  list,
  num,
  oneOf,
  opaque,
  opt,
  rec,
  str,
  type TypeOf,
  ui,
  uint,
} from '../../nucleus/ipc/schema.ts';
import { unixFaults } from './faults.ts';

/** A path to walk. */
export const walk = {
  /** Directory handle on this server to start from; undefined = the server's (volume's) root. */
  at: opt(key),
  /** Relative to `at`: no leading slash. '' names `at` itself. A trailing slash demands a directory. */
  path: str(4096),
  /** The process' root directory if it is on this server: '..' does not climb above it. */
  root: opt(key),
  /** Symbolic links followed so far in this resolution. */
  links: uint,
  /**
   * RESOLVE flags that servers keep: BENEATH ('..' at `root`, or at the top of all trees, is EXDEV); magic
   * links of /proc are ELOOP under NO_MAGICLINKS, EXDEV under BENEATH, IN_ROOT and NO_XDEV.
   */
  rules: opt(uint),
};

/** Where a walk goes on outside the server. */
export const movedTo = rec({
  /** 'server': at {port, key}; 'root': `rest` is absolute, from the process' root. */
  kind: oneOf('server', 'root'),
  port: opt(ui),
  key: opt(key),
  rest: str(8192),
  links: uint,
});
export type MovedTo = TypeOf<typeof movedTo>;

export const stat = rec({
  dev: uint,
  ino: uint,
  mode: uint,
  nlink: uint,
  uid: uint,
  gid: uint,
  rdev: uint,
  size: uint,
  blksize: uint,
  blocks: uint,
  atimeMs: num,
  mtimeMs: num,
  ctimeMs: num,
  /** See Stat. */
  atimeNs: opt(uint),
  mtimeNs: opt(uint),
});

export const statFs = rec({
  type: str(64),
  source: str(),
  bsize: uint,
  blocks: uint,
  bfree: uint,
  bavail: uint,
  files: uint,
  ffree: uint,
  namelen: uint,
  readOnly: bool,
  fsid: opt(uint),
});

/** What an open object is: decides which system calls apply, and what a Process Manager must do itself. */
export const objectKind = oneOf(
  'file',
  'directory',
  'pipe',
  'tty',
  'ptm',
  'char',
  'path',
  'event',
  'epoll',
  'socket',
  'mq',
);
export type ObjectKind = TypeOf<typeof objectKind>;

/** An open object on its way in a message (SCM_RIGHTS). `label`: what /proc/PID/fd shows. */
export const passedObject = rec({ port: ui, key: opt(key), kind: objectKind, label: str(8192) });
export type PassedObject = TypeOf<typeof passedObject>;

/**
 * An inode that another manager serves: the opener's Process Manager opens it there with `openSpecial`.
 * 'fifo': on the Device Manager of `site`, `id` names the FIFO. 'char': the device number `rdev`, on the
 * process' own Device Manager (the terminal devices: wherever the terminal is). 'socket': bound to a name
 * of the Socket Manager of `site`, which knows it by `id`; connect(2) goes there, open(2) fails.
 */
export const special = rec({
  kind: oneOf('fifo', 'char', 'socket'),
  id: str(128),
  rdev: uint,
  site: uint,
  attributes: stat,
});
export type Special = TypeOf<typeof special>;

/** `pid` -1: the lock of an open file description. */
export const lock = rec({ type: uint, start: uint, length: uint, pid: int });
export type LockRange = TypeOf<typeof lock>;

/** How often input came and room appeared, as an edge-triggered poller has seen it; -1: not yet looked. */
const edge = rec({ input: int, output: int });

/** A timer: ms to its next expiry (0: disarmed) and from one to the next. */
const timer = { valueMs: num, intervalMs: num };

/** Times: SetTime. The server checks them. */
const timeArgument = opaque;
const moved = opt(movedTo);

/** Terminal state crosses as plain values; the Device Manager checks them. */
export const ObjectProtocol = protocol('object', unixFaults, {
  // --- by path -------------------------------------------------------------------------------------------
  /** open(2). `umask` applies to a created file. */
  open: operation(
    { ...walk, flags: uint, mode: uint, umask: uint },
    { moved, key: opt(key), kind: opt(objectKind), special: opt(special) },
  ),
  /** Opens the file or directory behind a handle anew, rights judged again: /proc/self/fd. */
  reopen: operation({ key, flags: uint }, { key: opt(key), kind: opt(objectKind), special: opt(special) }),
  stat: operation({ ...walk, follow: bool }, { moved, stat: opt(stat) }),
  access: operation({ ...walk, mode: uint, uid: uint, gid: uint }, { moved }),
  mkdir: operation({ ...walk, mode: uint, umask: uint }, { moved }),
  /** `special`: of a new inode of type socket, for bind(2). */
  mknod: operation({ ...walk, mode: uint, umask: uint, rdev: uint }, { moved, special: opt(special) }),
  symlink: operation({ ...walk, target: str(4096) }, { moved }),
  readlink: operation({ ...walk }, { moved, target: opt(str(4096)) }),
  unlink: operation({ ...walk }, { moved }),
  rmdir: operation({ ...walk }, { moved }),
  chmod: operation({ ...walk, mode: uint }, { moved }),
  /** -1 leaves an id. */
  chown: operation({ ...walk, uid: int, gid: int, follow: bool }, { moved }),
  utimens: operation({ ...walk, atime: timeArgument, mtime: timeArgument, follow: bool }, { moved }),
  truncate: operation({ ...walk, length: uint, limit: num }, { moved }),
  statfs: operation({ ...walk }, { moved, statfs: opt(statFs) }),
  /**
   * Attaches the tree whose root is {port, key} at a directory. `source` and `type` are for df and mount.
   * `parent`: the handle that the tree was told of by `mounted`; the server keeps it while the mount lasts.
   */
  mount: operation(
    { ...walk, port: ui, key: opt(key), source: str(), type: str(64), parent: opt(key) },
    { moved },
  ),
  umount: operation({ ...walk }, { moved }),
  /** Makes a mounted tree read-only, or writable again. The walk leads to its root. */
  remount: operation({ ...walk, readOnly: bool }, { moved }),
  /**
   * Parents are directory handles of this server (opened with O_PATH|O_DIRECTORY); names are single
   * components.
   */
  rename: operation(
    { from: key, fromName: str(256), to: key, toName: str(256), /** renameat2(2). */ flags: opt(uint) },
    {},
  ),
  /** Links the inode behind handle `object` (O_PATH) as `name` in directory `to`. */
  link: operation({ object: key, to: key, name: str(256) }, {}),

  // --- attaching (server to server and at boot) -----------------------------------------------------------
  /**
   * Tells a server that its root was mounted: '..' at its root goes to `parent`; `path` is the mount point.
   */
  mounted: operation({ port: ui, parent: key, path: str(4096) }, { root: key }),
  unmounted: operation({}, {}),
  /** Mounts below this server: for the mount command and df. */
  mounts: operation(
    {},
    { mounts: list(rec({ path: str(), source: str(), type: str(), port: ui, readOnly: bool })) },
  ),

  // --- by handle -------------------------------------------------------------------------------------------
  /**
   * offset -1: the description's own offset, which advances. At most 64 KiB a message. `total`: how much the
   * caller will read by this message and later ones, which name their offsets: the own offset passes all of
   * it at once, and the reply tells where it was, so that readers of one description never get each other's
   * bytes.
   */
  read: operation({ key, max: uint, offset: int, total: opt(uint) }, { data: bytes, offset: opt(uint) }),
  /**
   * `pid` and `limit` (RLIMIT_FSIZE, bytes): a write beyond it is EFBIG. `wait` false: EAGAIN instead of
   * waiting. `owned`: the sender does not touch `data` again, the server may keep it.
   */
  /**
   * `total`: how much the caller will write by this message and later ones: the range is reserved at once
   * (also at the end of an O_APPEND file) and the reply tells where it begins. The later messages say
   * `reserved` and name their offsets. An empty reserved one gives back what is left of the range.
   */
  write: operation(
    { key, data: bytes, offset: int, limit: num, total: opt(uint), reserved: opt(bool), owned: opt(bool) },
    { count: uint, offset: opt(uint) },
  ),
  seek: operation({ key, offset: int, whence: uint }, { offset: uint }),
  fstat: operation({ key }, { stat }),
  fstatfs: operation({ key }, { statfs: statFs }),
  fchmod: operation({ key, mode: uint }, {}),
  fchown: operation({ key, uid: int, gid: int }, {}),
  futimens: operation({ key, atime: timeArgument, mtime: timeArgument }, {}),
  ftruncate: operation({ key, length: uint, limit: num }, {}),
  fsync: operation({ key }, {}),
  sync: operation({}, {}),
  readdir: operation(
    { key, max: uint },
    { entries: list(rec({ name: str(), ino: uint, type: uint, next: uint })) },
  ),
  getFlags: operation({ key }, { flags: uint }),
  setFlags: operation({ key, flags: uint }, {}),
  /**
   * Returns revents; with `wait` only when there are some (POLLERR, POLLHUP, POLLNVAL always count). With
   * `edge` only when something came after what it says was seen; the reply has the counts now: see PollQueue.
   * `exclusive`: of those who wait so, one is told of each event.
   */
  poll: operation(
    { key, events: uint, wait: bool, edge: opt(edge), exclusive: opt(bool) },
    { revents: uint, edge: opt(edge) },
  ),
  /** `ofd`: of the open file description, not of process `pid`. */
  getLock: operation({ key, lock, ofd: opt(bool) }, { lock }),
  setLock: operation({ key, lock, wait: bool, ofd: opt(bool) }, {}),
  /** Drops every record lock of `pid` on the file behind `key`: at any close of it by that process. */
  unlockAll: operation({ key, pid: uint }, {}),
  /** flock(2): the lock belongs to the open file description. */
  flock: operation({ key, kind: oneOf('shared', 'exclusive', 'unlock'), wait: bool }, {}),
  /** F_SETLEASE (without `type`: F_GETLEASE), Lock types: the caller's site is told of breaks. */
  lease: operation({ key, type: opt(uint) }, { type: uint }),
  /** fallocate(2); `limit` as for `write`. */
  allocate: operation({ key, mode: uint, offset: uint, length: uint, limit: num }, {}),
  /** xattr(7), by any handle (O_PATH too). */
  getXattr: operation({ key, name: str(256) }, { value: bytes }),
  setXattr: operation({ key, name: str(256), value: bytes, flags: uint }, {}),
  listXattrs: operation({ key }, { names: list(str(256)) }),
  removeXattr: operation({ key, name: str(256) }, {}),
  /**
   * The segment of an open file, for mmap and exec. `access`: 1, or 3 where a shared mapping may write
   * (EACCES, EPERM for a sealed file); `writable`: whether it ever might. `execute`: the file is a program
   * from now on, until the handle is closed: ETXTBSY while somebody has it open for writing. The caller
   * keeps the handle as long as regions show the segment.
   */
  segment: operation(
    { key, access: uint, execute: opt(bool) },
    { segment: rec({ ui, key }), size: uint, dev: uint, ino: uint, writable: bool },
  ),
  /**
   * Watches the inode behind a handle for an inotify object, inotify_add_watch(2): a second watch of one
   * inode for one object is the first with another mask.
   */
  watch: operation({ key, instance: rec({ ui, key }), mask: uint }, { wd: uint }),
  /** Ends a watch, or all watches, of an inotify object. */
  unwatch: operation({ instance: rec({ ui, key }), wd: opt(uint) }, {}),
  /** The watches of an inotify object here: what fdinfo shows of it. */
  watched: operation(
    { instance: rec({ ui, key }) },
    { watches: list(rec({ wd: uint, ino: uint, dev: uint, mask: uint })) },
  ),
  /** memfd_create(2): makes and opens a file that never has a name, with these seals from the start. */
  memfd: operation({ seals: uint, mode: uint }, { key }),
  /** F_ADD_SEALS (`add` 0: F_GET_SEALS). Tells the seals then. */
  seals: operation({ key, add: uint }, { seals: uint }),
  /** Absolute path within the server's tree of a directory handle, for getcwd: ENOENT when removed. */
  path: operation(
    { key, root: opt(key) },
    { path: str(8192), parent: opt(rec({ port: ui, key })), outside: opt(bool) },
  ),
  hold: operation({ keys: list(key) }, {}),
  release: operation({ key }, {}),

  // --- devices, pipes, terminals (Device Manager; other servers answer ENOTTY / ENOSYS)
  // ---------------------
  /**
   * Opens a device or FIFO by number or id: see `special`. `pid`, `pgid`, `sid`: the opener, for terminals.
   */
  openSpecial: operation(
    { special, flags: uint, pid: uint, sid: uint, pgid: uint },
    {
      key,
      kind: objectKind,
      /** True when the terminal may become the opener's controlling one. */ terminal: bool,
    },
  ),
  pipe: operation({ flags: uint }, { reader: key, writer: key }),
  /** eventfd(2): a counter. */
  eventfd: operation({ initial: uint, semaphore: bool, flags: uint }, { key }),
  /** inotify_init1(2): an object that file servers tell of changes (mix/protocols/inotify). */
  inotify: operation({ flags: uint }, { key }),
  /** timerfd_create(2); `realtime`: absolute times are of the day, else monotonic ones of its site. */
  timerfd: operation({ realtime: bool, flags: uint }, { key }),
  /** timerfd_settime(2), timerfd_gettime(2); the reply has the timer as it was, or is. */
  setTimer: operation({ key, ...timer, absolute: bool }, timer),
  getTimer: operation({ key }, timer),
  /**
   * The caller's place in job control; sent before tty operations by processes that have a controlling
   * terminal.
   */
  ioctl: operation(
    { key, request: str(32), argument: opaque, pid: uint, pgid: uint, sid: uint, ignoring: bool },
    { result: opaque },
  ),
  /**
   * read / write of a tty: as `read` / `write`, with the caller's job-control identity (SIGTTIN, SIGTTOU).
   */
  ttyRead: operation({ key, max: uint, pid: uint, pgid: uint, sid: uint, ignoring: bool }, { data: bytes }),
  ttyWrite: operation(
    { key, data: bytes, pid: uint, pgid: uint, sid: uint, ignoring: bool },
    { count: uint },
  ),
  openpty: operation(
    { rows: uint, columns: uint, uid: uint, gid: uint },
    { master: key, slave: key, name: str(64) },
  ),
});

export type ObjectSpecs = (typeof ObjectProtocol)['specs'];
export type ObjectRequest<N extends keyof ObjectSpecs> = RequestOf<ObjectSpecs[N]>;
export type ObjectReply<N extends keyof ObjectSpecs> = ReplyOf<ObjectSpecs[N]>;

/**
 * ioctl requests by name, with the JSON-like argument and result of each. `ignoring`: the caller ignores or
 * blocks SIGTTOU (SIGTTIN for ttyRead), so no job-control stop.
 */
export const IOCTLS = [
  'TCGETS',
  'TCSETS',
  'TCSETSW',
  'TCSETSF',
  'TIOCGWINSZ',
  'TIOCSWINSZ',
  'TIOCGPGRP',
  'TIOCSPGRP',
  'TIOCSCTTY',
  'TIOCNOTTY',
  'TIOCGSID',
  'TCFLSH',
  'TCXONC',
  'TTYNAME',
  'FIONREAD',
] as const;
export type IoctlRequest = (typeof IOCTLS)[number];

/** Requests to pipes: their size in bytes (fcntl), and a look at up to so many bytes that stay (tee). */
export const PIPE_REQUESTS = ['F_SETPIPE_SZ', 'F_GETPIPE_SZ', 'PEEK'] as const;

/** Requests to sockets: the interfaces of the socket's site, NetworkInterface[]. */
export const SOCKET_REQUESTS = ['SIOCGIFCONF'] as const;
