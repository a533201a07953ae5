/** What a Process Manager tells of a process: for /proc, and for calls about processes of other sites. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import type { Scheduling } from '../../subsystems/unix/linux/task.ts';
import type { Environment, Fd, Pid, Usage } from '../../subsystems/unix/sys.ts';
import type { Descriptors } from './descriptors.ts';
import type { GuestInfo } from './guest/guest-info.ts';
import type { Manager } from './manager.ts';
import { DELETED_LABEL, type OpenObject, PIPE_LABEL } from './objects.ts';
import type { Credentials, Process } from './process.ts';

export interface ProcessInfo {
  pid: Pid;
  /** Of one thread: its number. */
  tid?: Pid;
  ppid: Pid;
  pgid: Pid;
  sid: Pid;
  site: SiteId;
  csite: SiteId;
  comm: string;
  argv: readonly string[];
  env: Environment;
  exe: string;
  cwd: string;
  root: string;
  /** As ps prints it: R, S, T, Z. */
  state: string;
  creds: Credentials;
  nice: number;
  scheduling: Scheduling;
  umask: number;
  usage: Usage;
  startedMs: number;
  threads: number;
  /** Path of the controlling terminal's descriptor, if known. */
  terminal: boolean;
  fds: { fd: Fd; label: string; kind: string; key: string; cloexec: boolean }[];
  limits: { name: string; soft: number; hard: number }[];
  signals: { pending: string; blocked: string; ignored: string; caught: string };
  groups: readonly number[];
  /** Of an ELF program. */
  guest: GuestInfo | undefined;
}

export function infoHere(process: Process): ProcessInfo {
  const { pid, ppid, pgid, sid, comm, argv, exe, nice, umask, usage, csite, creds } = process;
  return {
    pid,
    ppid,
    pgid,
    sid,
    comm,
    argv,
    exe,
    nice,
    scheduling: process.scheduling,
    umask,
    startedMs: process.pm.bootedMs + process.startedUpMs,
    csite,
    creds,
    site: process.pm.site,
    usage: { ...usage },
    env: process.image.env,
    cwd: process.cwd.label,
    root: process.root.label,
    state: stateOf(process),
    threads: Math.max(1, process.image.busy.size),
    terminal: process.terminal !== null,
    fds: process.state === 'running' ? descriptorsOf(process.fds) : [],
    limits: Object.entries(process.limits).map(([name, { soft, hard }]) => ({ name, soft, hard })),
    signals: signalsOf(process),
    groups: process.groups,
    guest: process.state === 'running' ? process.image.guest?.describe() : undefined,
  };
}

/**
 * With pipes named as Linux does, by their inode (the two ends of one pipe look alike), and files that have
 * no name any more said to be deleted.
 */
export function infoWithLabels(process: Process): Awaitable<ProcessInfo> {
  const info = infoHere(process);
  const { pm } = process;
  let waits: Promise<void> | undefined;
  for (const row of info.fds) {
    const file = row.kind === 'file' && !row.label.endsWith(DELETED_LABEL);
    if (!file && (row.kind !== 'pipe' || row.label !== PIPE_LABEL)) continue;
    const object = process.fds.find(row.fd);
    if (object?.key === undefined) continue;
    const named = pm.withThread((thread) => nameOf(pm, thread, object, row));
    if (isPromise(named)) waits = waits ? waits.then(() => named) : named;
  }
  return waits ? waits.then(() => info) : info;
}

function nameOf(pm: Manager, thread: Thread, object: OpenObject, row: { label: string }): Awaitable<void> {
  const name = ({ stat }: { stat: { ino: number; nlink: number } }): void => {
    if (object.kind === 'pipe') row.label = `pipe:[${stat.ino}]`;
    else if (stat.nlink === 0) row.label += DELETED_LABEL;
  };
  try {
    const reply = pm.servers.fstat(thread, object.dest, { key: object.key! });
    // An object whose server is lost keeps its plain label.
    return isPromise(reply) ? reply.then(name, () => {}) : name(reply);
  } catch {
    return undefined;
  }
}

function stateOf(process: Process): string {
  if (process.state !== 'running') return 'Z';
  if (process.stopSignal !== 0) return 'T';
  for (const t of process.image.busy) if (t.thread.busy) return 'S';
  return process.isHost ? 'S' : 'R';
}

function descriptorsOf(fds: Descriptors): ProcessInfo['fds'] {
  return fds.entries().map(([fd, { object, cloexec }]) => ({
    fd,
    cloexec,
    label: object.label,
    kind: object.kind,
    key: object.key ?? '',
  }));
}

function signalsOf(process: Process): ProcessInfo['signals'] {
  const { pending, mask, actions } = process.signals;
  let ignored = 0n;
  let caught = 0n;
  for (const [sig, { disposition }] of actions) {
    const bit = 1n << BigInt(sig - 1);
    if (disposition === 'ignore') ignored |= bit;
    else if (disposition !== 'default') caught |= bit;
  }
  const hex = (bits: bigint): string => bits.toString(16).padStart(16, '0');
  return { pending: pending.hex(), blocked: mask.hex(), ignored: hex(ignored), caught: hex(caught) };
}
