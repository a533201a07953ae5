import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Si } from '../../subsystems/unix/siginfo.ts';
import { managersOnly } from '../protocols/managers-only.ts';
import type { ProcessSpecs } from '../protocols/process.ts';
import { andThen } from './and-then.ts';
import { setGroup } from './calls/jobs.ts';
import { execGo, execHere, type News } from './distant-exec.ts';
import { forkFromAfar } from './distant-fork.ts';
import { adopt, adoptedFrom, childChanged, forget, INIT_PID, setParent } from './family.ts';
import {
  anchoredGroup,
  groupHere,
  infoFrom,
  KERNEL,
  maySignal,
  releaseOrphans,
  setSessionTerminalHere,
  signalAllHere,
  signalGroup,
  signalGroupHere,
} from './groups.ts';
import { infoWithLabels } from './info.ts';
import { attachesHere } from './ipc-use.ts';
import type { Manager } from './manager.ts';
import { dropObjects, takeObjects } from './marshal.ts';
import { openCargo, receivePiece } from './parcel.ts';
import { priorityHere, setPriorityHere, type Target } from './priority.ts';
import { detailHere } from './proc/details.ts';
import type { Process } from './process.ts';
import { post } from './signals.ts';
import { siteInfo } from './site-info.ts';

/** What JavaScript can call a time of day. */
const TIME_MAX_MS = 8.64e15;

type Operations = Implementation<ProcessSpecs>;
const made = new WeakMap<Manager, Operations>();

/** One implementation per manager, shared by all its ports. */
export function peerOperations(pm: Manager): Operations {
  let operations = made.get(pm);
  if (!operations) made.set(pm, (operations = managersOnly(makeOperations(pm))));
  return operations;
}

/** A process of this site, a zombie too. */
function known(pm: Manager, pid: number): Process {
  const process = pm.processes.get(pid);
  if (!process) throw new SysError('ESRCH');
  return process;
}

function live(pm: Manager, pid: number): Process {
  const process = pm.find(pid);
  if (!process) throw new SysError('ESRCH');
  return process;
}

function makeOperations(pm: Manager): Operations {
  return {
    ...signalOperations(pm),
    ...familyOperations(pm),
    locate: ({ pid }) => {
      const process = pm.processes.get(pid);
      // What has ended has no control port any more: its manager answers for it.
      if (process && process.state !== 'running') return { site: pm.site };
      if (process) return { site: pm.site, controlPort: process.controlPort };
      const site = pm.moved.get(pid);
      if (site === undefined) throw new SysError('ESRCH');
      return andThen(
        pm.withThread((thread) => pm.peers.locate(thread, pm.managerOf(site), { pid })),
        (found) => found,
      );
    },
    pidMoved: ({ pid, site }) => {
      if (site === pm.site) pm.moved.delete(pid);
      else pm.moved.set(pid, site);
      return {};
    },
    pidFreed: ({ pid }) => {
      pm.moved.delete(pid);
      return {};
    },
    keepObjects: async ({ objects }) => {
      await takeObjects(pm, objects);
      return {};
    },
    dropObjects: ({ objects }) => {
      dropObjects(pm, objects);
      return {};
    },
    attaches: ({ id }) => ({ count: attachesHere(pm, id) }),
    queueNotice: ({ pid, signal: sig, sender, uid, value }) => {
      const info = { sig, code: Si.MESGQ, pid: sender, uid, ...(value ? { value } : {}) };
      post(live(pm, pid), sig, info);
      return {};
    },
    leaseBroken: ({ key }) => {
      const object = pm.objects.withKey(key);
      object?.async?.leaseBroken(pm);
      return {};
    },
    parcel: ({ id, data }, { srcSite }) => {
      receivePiece(pm, id, data, srcSite);
      return {};
    },
    forkHere: (request, { srcSite }) => forkFromAfar(pm, request, srcSite),
    execHere: (request, { srcSite }) => execHere(pm, request, srcSite),
    execGo: ({ pid, cancel, news }, { srcSite }) => {
      execGo(pm, pid, cancel, openCargo(pm, news, srcSite) as unknown as News);
      return {};
    },
    list: () => ({ pids: [...pm.processes.keys()] }),
    info: ({ pid }) => andThen(infoWithLabels(known(pm, pid)), (info) => ({ info })),
    detail: ({ pid, name, offset, max }) =>
      andThen(detailHere(live(pm, pid), name, offset, max), (data) => ({ data })),
    futexWake: ({ segment, offset, count, bitset }) => ({
      woken: pm.guests?.futexes.wake(segment, offset, count, bitset) ?? 0,
    }),
    setClock: ({ offsetMs }) => {
      if (!(Math.abs(offsetMs) <= TIME_MAX_MS)) throw new SysError('EINVAL');
      pm.nucleus.clock.offsetMs = offsetMs;
      return {};
    },
    siteInfo: ({ what }) => siteInfo(pm, what),
  };
}

type SignalNames = 'signal' | 'signalGroupHere' | 'signalGroup' | 'signalAllHere';

function signalOperations(pm: Manager): Pick<Operations, SignalNames> {
  return {
    signal: ({ pid, sig, sender }, { thread }) => {
      const target = known(pm, pid);
      if (!maySignal(sender, target, sig)) throw new SysError('EPERM');
      // The process' own control thread serves this: it must have replied before a deadly signal takes it
      // away.
      if (thread.home === target.actor)
        pm.nucleus.clock.defer(() => post(target, sig, infoFrom(sender, sig)));
      else post(target, sig, infoFrom(sender, sig));
      return {};
    },
    signalGroupHere: ({ pgid, sig, sender }) => signalGroupHere(pm, pgid, sig, sender),
    signalGroup: ({ pgid, sig }) => andThen(signalGroup(pm, pgid, sig, KERNEL), ({ sent }) => ({ sent })),
    signalAllHere: ({ sig, sender }) => signalAllHere(pm, sig, sender),
  };
}

type FamilyNames =
  | 'childChanged'
  | 'reaped'
  | 'parentGroup'
  | 'reparent'
  | 'adopt'
  | 'groupHere'
  | 'setGroup'
  | 'sessionTerminal'
  | 'priority'
  | 'setPriority';

function familyOperations(pm: Manager): Pick<Operations, FamilyNames> {
  return {
    childChanged: ({ parent, child, change, pgid }) => {
      childChanged(live(pm, parent), child, change, pgid);
      return {};
    },
    reaped: ({ pid }) => {
      const process = pm.processes.get(pid);
      if (process?.state === 'zombie') forget(process);
      return {};
    },
    parentGroup: ({ child, pgid, sid }) => {
      live(pm, child).parentGroup = { pgid, sid };
      return {};
    },
    reparent: ({ child, parent, parentPort }) => {
      const process = known(pm, child);
      const anchored = anchoredGroup(process);
      setParent(process, parent, parentPort ?? null);
      releaseOrphans(pm, anchored);
      return {};
    },
    adopt: ({ children }) => {
      if (!pm.init) throw new SysError('ESRCH');
      adopt(pm.init, adoptedFrom(children));
      return { parent: INIT_PID, parentPort: pm.init.controlPort };
    },
    groupHere: ({ pgid }) => groupHere(pm, pgid),
    setGroup: ({ pid, pgid, sid, pgidExists }) => {
      setGroup(live(pm, pid), pgid, sid, pgidExists, true);
      return {};
    },
    sessionTerminal: ({ sid, port, key }) => {
      setSessionTerminalHere(pm, sid, port && key ? { port, key } : null);
      return {};
    },
    priority: (target) => priorityHere(pm, target as Target),
    setPriority: ({ value, sender, ...target }) => setPriorityHere(pm, target as Target, value, sender),
  };
}
