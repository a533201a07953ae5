/**
 * Process groups and sessions, which may span sites: signals to groups and to everyone, orphaned groups, and
 * what the end of a session leader does to its terminal (POSIX 11.1, _exit(2)).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { Si, type SigInfo } from '../../subsystems/unix/siginfo.ts';
import { Sig } from '../../subsystems/unix/signals.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import type { Manager } from './manager.ts';
import type { Process, Terminal } from './process.ts';
import { post } from './signals.ts';

export interface Sender {
  pid: Pid;
  uid: number;
  euid: number;
  sid: Pid;
  kernel: boolean;
}

export const KERNEL: Sender = { pid: 0, uid: 0, euid: 0, sid: 0, kernel: true };

export const senderOf = (process: Process): Sender => ({
  pid: process.pid,
  uid: process.creds.uid,
  euid: process.creds.euid,
  sid: process.sid,
  kernel: false,
});

/** What the target is told of a signal sent by kill(2), or by the system. */
export const infoFrom = ({ pid, uid, kernel }: Sender, sig: number): SigInfo =>
  kernel ? { sig, code: Si.KERNEL } : { sig, code: Si.USER, pid, uid };

/**
 * kill(2): root, or real or effective uid equal to the target's real or saved uid; SIGCONT within the
 * session.
 */
export function maySignal(sender: Sender, target: Process, sig: number): boolean {
  if (sender.kernel || sender.euid === 0) return true;
  const { uid, suid } = target.creds;
  if (sender.uid === uid || sender.uid === suid || sender.euid === uid || sender.euid === suid) return true;
  return sig === Sig.CONT && sender.sid === target.sid;
}

export interface Tally {
  sent: number;
  refused: number;
}

/** To the members of a group on this site. */
export function signalGroupHere(pm: Manager, pgid: Pid, sig: number, sender: Sender): Tally {
  return signalEach(pm.groups.get(pgid) ?? [], sig, sender);
}

export function signalAllHere(pm: Manager, sig: number, sender: Sender): Tally {
  const targets = [...pm.processes.values()].filter(
    ({ pid, isHost }) => pid !== 1 && pid !== sender.pid && !isHost,
  );
  return signalEach(targets, sig, sender);
}

function signalEach(targets: Iterable<Process>, sig: number, sender: Sender): Tally {
  const tally = { sent: 0, refused: 0 };
  for (const target of [...targets]) {
    if (!maySignal(sender, target, sig)) {
      tally.refused += 1;
      continue;
    }
    // kill(2) succeeds for zombies too; a terminal has to know whether anybody was there to hear it.
    if (!sender.kernel || target.state === 'running') tally.sent += 1;
    post(target, sig, infoFrom(sender, sig));
  }
  return tally;
}

/** To a whole group, wherever its members live. */
export function signalGroup(pm: Manager, pgid: Pid, sig: number, sender: Sender): Awaitable<Tally> {
  const here = signalGroupHere(pm, pgid, sig, sender);
  if (pm.others().length === 0) return here;
  return pm
    .askOthers((thread, dest) => pm.peers.signalGroupHere(thread, dest, { pgid, sig, sender }))
    .then((tallies) => sum([here, ...tallies]));
}

export function signalAll(pm: Manager, sig: number, sender: Sender): Awaitable<Tally> {
  const here = signalAllHere(pm, sig, sender);
  if (pm.others().length === 0) return here;
  return pm
    .askOthers((thread, dest) => pm.peers.signalAllHere(thread, dest, { sig, sender }))
    .then((tallies) => sum([here, ...tallies]));
}

const sum = (tallies: readonly Tally[]): Tally =>
  tallies.reduce((a, b) => ({ sent: a.sent + b.sent, refused: a.refused + b.refused }));

/** The result of kill(2) to several processes: ESRCH for nobody, EPERM when every one was refused. */
export function checkTally({ sent, refused }: Tally): void {
  if (sent > 0) return;
  throw new SysError(refused > 0 ? 'EPERM' : 'ESRCH');
}

// --- existence and orphans
// -------------------------------------------------------------------------------------

export interface GroupFacts {
  members: number;
  sid?: Pid;
  anchored: boolean;
  stopped: boolean;
}

/** What this site knows of a group. */
export function groupHere(pm: Manager, pgid: Pid): GroupFacts {
  const members = [...(pm.groups.get(pgid) ?? [])];
  const live = members.filter(({ state }) => state === 'running');
  return {
    members: members.length,
    ...(members[0] ? { sid: members[0].sid } : {}),
    anchored: live.some((member) => isAnchor(pm, member)),
    stopped: live.some(({ stopSignal }) => stopSignal !== 0),
  };
}

/** The session of a group, or undefined when it has no member anywhere. */
export async function sessionOfGroup(pm: Manager, pgid: Pid): Promise<Pid | undefined> {
  const here = groupHere(pm, pgid);
  if (here.sid !== undefined) return here.sid;
  const answers = await pm.askOthers((thread, dest) => pm.peers.groupHere(thread, dest, { pgid }));
  return answers.find(({ sid }) => sid !== undefined)?.sid;
}

/** A member whose parent is in the session but not in the group keeps the group under job control. */
function isAnchor(pm: Manager, member: Process): boolean {
  const parent = pm.find(member.ppid) ?? member.parentGroup;
  return parent !== null && parent.sid === member.sid && parent.pgid !== member.pgid;
}

/**
 * Whether a group looks orphaned from here (POSIX 3.252: no member has a parent that is in the session and
 * outside the group). A member whose parent lives elsewhere in the session speaks against it: that parent, or
 * one of the group's further up, may be the anchor. For what must be known at once; `isOrphaned` asks every
 * site.
 */
export function isOrphanedHere(pm: Manager, pgid: Pid): boolean {
  for (const member of pm.groups.get(pgid) ?? []) {
    if (member.state !== 'running') continue;
    if (isAnchor(pm, member)) return false;
    if (!pm.find(member.ppid) && member.parentGroup?.sid === member.sid) return false;
  }
  return true;
}

/** Whether a group is orphaned, judged by its members on all sites. */
function isOrphaned(pm: Manager, pgid: Pid): Awaitable<boolean> {
  if (groupHere(pm, pgid).anchored) return false;
  if (pm.others().length === 0) return true;
  return pm
    .askOthers((thread, dest) => pm.peers.groupHere(thread, dest, { pgid }))
    .then((facts) => !facts.some(({ anchored }) => anchored));
}

/**
 * The group that a process keeps from being orphaned, if it has stopped members here: it must be released
 * when the process, or its parent, ends. A group that was orphaned before is left alone (_exit(2)).
 */
export function anchoredGroup(member: Process): Pid[] {
  const { pm, pgid } = member;
  return isAnchor(pm, member) && hasStopped(pm, pgid) ? [pgid] : [];
}

/**
 * Groups that may become orphaned when `process` ends. Those of children on other sites are judged there,
 * when the news of their new parent arrives.
 */
export function groupsAround(process: Process): Set<Pid> {
  const { pm } = process;
  const groups = new Set<Pid>(anchoredGroup(process));
  for (const { pid } of process.children.values()) {
    const child = pm.find(pid);
    if (child) for (const pgid of anchoredGroup(child)) groups.add(pgid);
  }
  return groups;
}

function hasStopped(pm: Manager, pgid: Pid): boolean {
  for (const member of pm.groups.get(pgid) ?? []) if (member.stopSignal !== 0) return true;
  return false;
}

/** A group that was just orphaned and has stopped members gets SIGHUP and SIGCONT (_exit(2)). */
export function releaseOrphans(pm: Manager, pgids: Iterable<Pid>): void {
  for (const pgid of pgids) {
    const judged = isOrphaned(pm, pgid);
    if (isPromise(judged)) void judged.then((orphaned) => orphaned && hangUpGroup(pm, pgid));
    else if (judged) hangUpGroup(pm, pgid);
  }
}

function hangUpGroup(pm: Manager, pgid: Pid): void {
  for (const sig of [Sig.HUP, Sig.CONT]) {
    const tally = signalGroup(pm, pgid, sig, KERNEL);
    if (isPromise(tally)) tally.catch(() => {});
  }
}

// --- sessions
// --------------------------------------------------------------------------------------------------

/** All members of a session have this controlling terminal from now on, on every site. */
export function setSessionTerminal(pm: Manager, sid: Pid, terminal: Terminal | null): void {
  setSessionTerminalHere(pm, sid, terminal);
  if (pm.others().length === 0) return;
  const request = { sid, ...(terminal ? { port: terminal.port, key: terminal.key } : {}) };
  void pm.askOthers((thread, dest) => pm.peers.sessionTerminal(thread, dest, request));
}

export function setSessionTerminalHere(pm: Manager, sid: Pid, terminal: Terminal | null): void {
  for (const process of pm.processes.values()) if (process.sid === sid) process.terminal = terminal;
}

/**
 * The session leader ends: the terminal's manager hangs it up (SIGHUP and SIGCONT to the foreground group),
 * and the session has no terminal any more.
 */
export function hangUpSession(leader: Process): void {
  const { pm, terminal, sid, pid, pgid } = leader;
  if (!terminal || pid !== sid) return;
  setSessionTerminal(pm, sid, null);
  const { key, port: target } = terminal;
  const request = { key, pid, pgid, sid, ignoring: true, request: 'TIOCNOTTY', argument: 'exit' };
  pm.background((thread) => pm.servers.ioctl(thread, { target }, request));
}
