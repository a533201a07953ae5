/**
 * The process context: everything a Process Manager knows about one process of its site, and the u_thread
 * context.
 *
 * A process is an actor with a control port, which receives signals and news of children from other sites and
 * follows the process when it moves, and one u_thread per system call in progress. An *image* is what exec
 * replaces: the program, its environment and the Sys object that it holds; calls through the Sys of a
 * replaced or ended image throw Terminated.
 *
 * `attention` of the current image is the only word the trap looks at on its fast way: 0 means nothing to do.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { WaitQueue } from '../../nucleus/executive/sync.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import type { Resource } from '../../subsystems/unix/constants.ts';
import type { Scheduling, Traits } from '../../subsystems/unix/linux/task.ts';
import { SignalSet } from '../../subsystems/unix/signal-set.ts';
import type { Environment, Pid, Program, SignalAction, Sys, Usage } from '../../subsystems/unix/sys.ts';
import type { Descriptors } from './descriptors.ts';
import type { Change } from './family.ts';
import type { Guest } from './guest/guest.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import { PendingSignals } from './pending-signals.ts';
import { TIME_SHARING } from './scheduling.ts';

/** Bits of Image.attention. */
export const GONE = 1;
export const STOPPED = 2;
export const SIGNALS = 4;
/** The process waits for something before its first call (see hostProcess). */
export const GATE = 8;

/** The u_thread context: one system call in progress. Reused from call to call. */
export class UThread {
  readonly thread: Thread;
  readonly image: Image;
  readonly process: Process;
  /**
   * True when the call runs again after an interruption: `deadlineMs` and `progress` are those of its first
   * run.
   */
  again = false;
  /** When a timed wait of this call ends (monotonic ms). */
  deadlineMs = 0;
  /** Bytes already transferred by this call. */
  progress = 0;

  constructor(thread: Thread, image: Image) {
    this.thread = thread;
    this.image = image;
    this.process = image.process;
  }
}

export class Image {
  readonly process: Process;
  readonly program: Program | null;
  env: Environment;
  attention = 0;
  /** u_threads without a call. */
  readonly free: UThread[] = [];
  readonly busy = new Set<UThread>();
  /** What an ELF program has beyond a native one. */
  guest: Guest | null = null;
  /** Set right after construction: Sys and image refer to each other. */
  sys!: Sys;

  constructor(process: Process, program: Program | null, env: Environment) {
    this.process = process;
    this.program = program;
    this.env = env;
  }
}

/** Real, effective, saved, and for access to files. */
export interface Credentials {
  uid: number;
  euid: number;
  suid: number;
  fsuid: number;
  gid: number;
  egid: number;
  sgid: number;
  fsgid: number;
}

const ROOT: Credentials = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0 };

export interface Limit {
  soft: number;
  hard: number;
}
/** Shared by a process and its children: a change makes a new record. */
export type Limits = Readonly<Record<Resource, Readonly<Limit>>>;

/** A child as its parent's Process Manager keeps it: exists until waited for. */
export interface Child {
  pid: Pid;
  pgid: Pid;
  /** Set when it ended: the status for wait. */
  ended: { status: number; usage: Usage } | null;
  /** Status of a stop or continue not yet reported by wait; 0 = none. */
  news: number;
  stopped: boolean;
  /** The child's control port: how it is told of a new parent, and reached by setpgid. */
  port: UI | null;
  /** Where it lives, as last heard: its end when that site is lost. */
  site: SiteId;
  /** What its end sends to the parent; 0 = nothing (clone(2)). */
  exitSignal: number;
}

/** The controlling terminal of a session: the capability that ioctls name; it is not a reference. */
export interface Terminal {
  readonly port: UI;
  readonly key: Key;
}

export interface SignalState {
  readonly actions: Map<number, SignalAction>;
  readonly pending: PendingSignals;
  /** What no thread takes: of a native program its mask, of a guest what all of its threads block. */
  mask: SignalSet;
}

/** What a process has used before it runs. */
export const NO_USAGE: Usage = {
  userMs: 0,
  systemMs: 0,
  childUserMs: 0,
  childSystemMs: 0,
  residentKiB: 0,
  childResidentKiB: 0,
};

export class Process {
  readonly pm: Manager;
  readonly pid: Pid;
  readonly actor: Actor;
  /** UI of the control port. */
  controlPort: UI;
  image: Image;
  comm = '';
  argv: readonly string[] = [];
  exe = '';
  state: 'running' | 'exiting' | 'zombie' = 'running';
  ppid: Pid = 0;
  /** The parent's control port; null for init and for host processes. */
  parentPort: UI | null = null;
  /** Group and session of a parent on another site, as of the fork: for orphaned groups. */
  parentGroup: { pgid: Pid; sid: Pid } | null = null;
  pgid: Pid;
  sid: Pid;
  terminal: Terminal | null = null;
  fds: Descriptors;
  root: OpenObject;
  cwd: OpenObject;
  umask = 0o022;
  creds: Credentials = { ...ROOT };
  /** Supplementary groups, in the protection identifier too. */
  groups: readonly number[];
  limits: Limits;
  nice = 0;
  ioPriority = 0;
  traits: Traits = { personality: 0, noNewPrivileges: false };
  /** Of its first thread. */
  scheduling: Scheduling = TIME_SHARING;
  /** Execution site of children. */
  csite: SiteId;
  readonly signals: SignalState = {
    actions: new Map(),
    pending: new PendingSignals(),
    mask: new SignalSet(),
  };
  /** Threads that wait for signals which they block (sigtimedwait, signalfd): woken by every new one. */
  readonly signalWaiters = new WaitQueue<void>();
  /** Signals posted so far: tells pollers that there was another one. */
  signalCount = 0;
  /** Those who wait for a stopped process to go on, or for the gate. */
  readonly waiters: (() => void)[] = [];
  readonly children = new Map<Pid, Child>();
  readonly childQueue = new WaitQueue<void>();
  /** Distant forks in progress: news of a child may overtake the reply that names it. */
  distantForks = 0;
  readonly earlyNews = new Map<Pid, { change: Change; pgid: Pid }[]>();
  /** What went through read and write: /proc/PID/io. */
  readonly io = { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };
  readonly usage: Usage = { ...NO_USAGE };
  /** When, since the site began, ms. */
  readonly startedUpMs: number;
  alarm: { cancel: () => void; atMs: number; intervalMs: number } | null = null;
  /** exec happened since fork: the parent may no longer change its group. */
  execed = false;
  /** Sites whose IPC Managers must hear of its end: undo values, attached segments. */
  ipcSites: ReadonlySet<SiteId> | null = null;
  /** Owns record locks: closing a file must tell its server. */
  locks = false;
  /** Asked for a notice of a message queue: closing a queue takes it back. */
  queueNotices = false;
  /** The signal that stopped it; 0 = it runs. */
  stopSignal = 0;
  cpuWarned = false;
  status = 0;
  /** Instructions that its guest images have executed before the present one. */
  instructionsUsed = 0;
  /** A process of the world outside: no image of its own, not a target of kill(-1, …). */
  isHost = false;

  constructor(
    pm: Manager,
    pid: Pid,
    context: {
      actor: Actor;
      controlPort: UI;
      fds: Descriptors;
      root: OpenObject;
      cwd: OpenObject;
      limits: Limits;
    },
  ) {
    this.pm = pm;
    this.pid = pid;
    this.actor = context.actor;
    this.controlPort = context.controlPort;
    this.fds = context.fds;
    this.root = context.root;
    this.cwd = context.cwd;
    this.limits = context.limits;
    this.groups = [this.creds.egid];
    this.pgid = pid;
    this.sid = pid;
    this.csite = pm.site;
    this.startedUpMs = pm.upMs;
    this.image = new Image(this, null, {});
  }
}
