/**
 * The process protocol: Process Manager to Process Manager, and Device Manager to Process Manager (signals from
 * terminals). A process' control port answers the same protocol's `signal` for that process alone.
 *
 * Process Managers are members of PROCESS_MANAGERS (a static system group), so "the PM of site S" is that group in
 * associative mode with co-target uiSite(S); Device Managers are in DEVICE_MANAGERS.
 */
import { staticGroup } from '../../nucleus/ipc/group.ts';
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import { bool, int, list, num, opaque, opt, rec, str, ui, uint } from '../../nucleus/ipc/schema.ts';
import { unixFaults } from './faults.ts';

export const PROCESS_MANAGERS = staticGroup('staticSystem', 0x504d);
export const FILE_MANAGERS = staticGroup('staticSystem', 0x464d);
export const DEVICE_MANAGERS = staticGroup('staticSystem', 0x444d);

/** Who sends a signal: uid for the permission check; `kernel` for terminals and managers. */
const sender = rec({ pid: uint, uid: uint, euid: uint, sid: uint, kernel: bool });

export const ProcessProtocol = protocol('process', unixFaults, {
  /** kill(2) to one process known to live on this site. ESRCH when it does not. */
  signal: operation({ pid: uint, sig: uint, sender }, {}),
  /** To every member of a process group that lives on this site. Returns how many got it and how many were refused. */
  signalGroupHere: operation({ pgid: uint, sig: uint, sender }, { sent: uint, refused: uint }),
  /** From a Device Manager to the Process Manager of its site: to all members of a group, wherever they live. */
  signalGroup: operation({ pgid: uint, sig: uint }, { sent: uint }),
  /** kill(-1): everyone on this site except init and the sender. */
  signalAllHere: operation({ sig: uint, sender }, { sent: uint, refused: uint }),
  /** Where a process lives now: asked at its creation site first, then of everyone. */
  locate: operation({ pid: uint }, { site: uint, controlPort: opt(ui) }),
  /** fork onto this site: the marshalled process context; returns when the child exists. */
  forkHere: operation({ context: opaque, entry: str(256), state: opaque }, { controlPort: ui }),
  /** exec onto this site: the process moves here, pid and all. The image was checked by the sender's path search. */
  execHere: operation({ context: opaque, path: str(4096), argv: list(str(), 65536), env: opaque }, { controlPort: ui }),
  /** To the Process Manager where the parent lives: a child ended, stopped, continued, moved, or changed group. */
  childChanged: operation(
    {
      parent: uint,
      child: uint,
      change: opt(rec({ kind: str(16), status: int, usage: opaque })),
      site: uint,
      pgid: uint,
      sid: uint,
    },
    {},
  ),
  /** The child's parent is gone: it belongs to `parent` from now on (init). */
  reparent: operation({ child: uint, parent: uint }, {}),
  /** To init's Process Manager: these children are init's now; statuses of the dead ones included. */
  adopt: operation({ children: opaque }, {}),
  /** Whether a group has a member on this site (in session `sid` when given). */
  groupHere: operation({ pgid: uint }, { members: uint, sid: opt(uint), anchored: bool }),
  /** /proc: processes of this site, and one of them in full. */
  list: operation({}, { pids: list(uint) }),
  info: operation({ pid: uint }, { info: opaque }),
  /** What `sites`, `ports` and `groups` show of this site. */
  siteInfo: operation({}, { info: opaque, load: num }),
});

export type ProcessSpecs = (typeof ProcessProtocol)['specs'];
