/**
 * The process protocol: Process Manager to Process Manager, and Device Manager to Process Manager (signals
 * from terminals). A process' control port answers the same protocol: it is an address that follows the
 * process when it moves to another site, so parents and signal senders keep it instead of a site number.
 *
 * Process Managers are members of PROCESS_MANAGERS (a static system group), so "the PM of site S" is that
 * group in associative mode with co-target uiSite(S); Device Managers are in DEVICE_MANAGERS.
 *
 * Only managers may use it: the protection domain of a process is its pid, that of managers is 0.
 */
import { staticGroup } from '../../nucleus/ipc/group.ts';
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import {
  bool,
  bytes,
  int,
  key,
  list,
  num,
  opaque,
  opt,
  rec,
  str,
  ui,
  uint,
} from '../../nucleus/ipc/schema.ts';
import { unixFaults } from './faults.ts';
import { passedObject } from './object.ts';

export const PROCESS_MANAGERS = staticGroup('staticSystem', 0x504d);
export const FILE_MANAGERS = staticGroup('staticSystem', 0x464d);
/** The File Manager of each site's memory: files without names, outside of the tree. */
export const MEMORY_FILES = staticGroup('staticSystem', 0x4d46);
/** Mappers that have swap space (MpCreate): one per site, for the memory of its own site. */
export const DEFAULT_MAPPERS = staticGroup('staticSystem', 0x444d41);
export const DEVICE_MANAGERS = staticGroup('staticSystem', 0x444d);

/** Who sends a signal: uid for the permission check; `kernel` for terminals and managers. */
const sender = rec({ pid: uint, uid: uint, euid: uint, sid: uint, kernel: bool });

/**
 * How a child changed: 'exited' (ended in any way), 'stopped', 'continued', 'group' (it changed its group),
 * or 'moved' (to the site in `status`).
 */
const change = rec({ kind: str(16), status: int, usage: opaque });

/** A process, the members of a group, or what a user (real id) runs. */
const priorityTarget = { which: str(8), who: uint };

export const ProcessProtocol = protocol('process', unixFaults, {
  // --- signals ---------------------------------------------------------------------------------------------
  /** kill(2) to one process known to live on this site. ESRCH when it does not. Signal 0 only checks. */
  signal: operation({ pid: uint, sig: uint, sender }, {}),
  /**
   * To every member of a process group that lives on this site. Returns how many got it and how many were
   * refused.
   */
  signalGroupHere: operation({ pgid: uint, sig: uint, sender }, { sent: uint, refused: uint }),
  /**
   * From a Device Manager to the Process Manager of its site: to all members of a group, wherever they live.
   */
  signalGroup: operation({ pgid: uint, sig: uint }, { sent: uint }),
  /** kill(-1): everyone on this site except init and the sender. */
  signalAllHere: operation({ sig: uint, sender }, { sent: uint, refused: uint }),

  // --- where processes are
  // -----------------------------------------------------------------------------------
  /**
   * Where a process lives now: asked at its creation site first, then of everyone. ESRCH when not known here.
   */
  locate: operation({ pid: uint }, { site: uint, controlPort: opt(ui) }),
  /** To the creation site: the process lives on `site` now. */
  pidMoved: operation({ pid: uint, site: uint }, {}),
  /** To the creation site: the process that had moved away ended; its number is free. */
  pidFreed: operation({ pid: uint }, {}),

  // --- distant fork and exec
  // ---------------------------------------------------------------------------------
  /** A piece of the cargo of a fork or exec that is larger than a message. */
  parcel: operation({ id: key, data: bytes }, {}),
  /** fork onto this site. Cargo: the process context and the state; returns when the child exists. */
  forkHere: operation({ cargo: opaque, entry: str(256) }, { pid: uint, controlPort: ui, pgid: uint }),
  /**
   * exec onto this site. Cargo: context, argv, environment. Loads the image and builds the process; its old
   * control port is migrated to `actor` next.
   */
  execHere: operation({ cargo: opaque, path: str(4096) }, { actor: ui }),
  /**
   * The control port has arrived: the moved process runs (or, with `cancel`, never will). `news`: what
   * happened to it since execHere (children, pending signals, a stop).
   */
  execGo: operation({ pid: uint, cancel: bool, news: opaque }, {}),

  // --- family
  // ------------------------------------------------------------------------------------------------
  /**
   * To the parent's control port: a child ended, stopped, continued or changed its group. ESRCH: no such
   * parent.
   */
  childChanged: operation({ parent: uint, child: uint, change, pgid: uint }, {}),
  /** The parent has taken the status of an ended child that lived here: its number is free. */
  reaped: operation({ pid: uint }, {}),
  /** To a child's control port: its parent on another site has changed its group or session. */
  parentGroup: operation({ child: uint, pgid: uint, sid: uint }, {}),
  /** The child's parent is gone: it belongs to `parent` from now on (init). */
  reparent: operation({ child: uint, parent: uint, parentPort: opt(ui) }, {}),
  /** To init's Process Manager: these children are init's now; statuses of the dead ones included. */
  adopt: operation({ children: opaque }, { parent: uint, parentPort: opt(ui) }),

  // --- groups and sessions
  // -----------------------------------------------------------------------------------
  /**
   * Whether a group has a member on this site; `anchored`: one whose parent is in the session but not in the
   * group.
   */
  groupHere: operation({ pgid: uint }, { members: uint, sid: opt(uint), anchored: bool, stopped: bool }),
  /** setpgid(2) on a child that lives here. */
  setGroup: operation({ pid: uint, pgid: uint, parent: uint, sid: uint, pgidExists: bool }, {}),
  /** Every process of the session on this site has this controlling terminal from now on (or none). */
  sessionTerminal: operation({ sid: uint, port: opt(ui), key: opt(key) }, {}),
  /** getpriority(2), setpriority(2) of the processes of this site that are meant. */
  priority: operation(priorityTarget, { found: uint, nice: int }),
  setPriority: operation({ ...priorityTarget, value: int, sender }, { found: uint, refused: opt(str(16)) }),

  // --- open objects
  // ---------------------------------------------------------------------------------------------
  /** From the Socket Manager of this site: objects that wait in a message are referred to once more. */
  keepObjects: operation({ objects: list(passedObject) }, {}),
  /** Gives such references up. */
  dropObjects: operation({ objects: list(passedObject) }, {}),
  /** From an IPC Manager: a message came to a queue, of which the process wants to be told (mq_notify). */
  queueNotice: operation({ pid: uint, signal: uint, sender: uint, uid: uint, value: opt(bytes) }, {}),
  /** From a File Manager: the lease of an open file of this site is to be given up. */
  leaseBroken: operation({ key }, {}),
  /** From an IPC Manager: how often processes of this site have attached a shared segment. */
  attaches: operation({ id: uint }, { count: uint }),

  // --- observation
  // -------------------------------------------------------------------------------------------
  /** /proc: processes of this site, and one of them in full. */
  list: operation({}, { pids: list(uint) }),
  info: operation({ pid: uint }, { info: opaque }),
  /** A file of /proc/PID that is computed only when somebody reads it, from a byte offset on. */
  detail: operation({ pid: uint, name: str(64), offset: uint, max: uint }, { data: bytes }),
  /** Threads of another site that wait on a word of a segment (its capability, as one name). */
  futexWake: operation({ segment: str(64), offset: uint, count: uint, bitset: uint }, { woken: uint }),
  /** The time of day was set: how far it is from that of the host. */
  setClock: operation({ offsetMs: num }, {}),
  /** What `sites`, `ports` and `groups` show of this site. */
  siteInfo: operation({ what: str(16) }, { info: opaque, load: num }),
});

export type ProcessSpecs = (typeof ProcessProtocol)['specs'];
