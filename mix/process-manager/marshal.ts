/**
 * The process context on its way to another site. Open objects travel as capabilities; the receiving site
 * holds them at their servers before it answers, so the sender may drop its own afterwards.
 */
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId, UI } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Traits } from '../../subsystems/unix/linux/task.ts';
import { SignalSet } from '../../subsystems/unix/signal-set.ts';
import type { Environment, Fd, Pid, Usage } from '../../subsystems/unix/sys.ts';
import { type Parts, stampCredentials } from './build.ts';
import { Descriptors } from './descriptors.ts';
import { copyLimits } from './limits.ts';
import type { Manager } from './manager.ts';
import { imageOf, type ObjectImage, type OpenObject } from './objects.ts';
import type { Credentials, Limits, Process, Terminal } from './process.ts';

/** Objects held by one message. */
const HOLD_BATCH = 1024;

export interface ContextImage {
  pid: Pid;
  ppid: Pid;
  parentPort: UI | null;
  parentGroup: { pgid: Pid; sid: Pid } | null;
  pgid: Pid;
  sid: Pid;
  controlPort: UI;
  terminal: Terminal | null;
  fds: { fd: Fd; object: ObjectImage; cloexec: boolean }[];
  root: ObjectImage;
  cwd: ObjectImage;
  umask: number;
  traits: Traits;
  creds: Credentials;
  groups: readonly number[];
  limits: Limits;
  nice: number;
  csite: SiteId;
  mask: number[];
  ignored: number[];
  comm: string;
  argv: readonly string[];
  exe: string;
  env: Environment;
  /** Program of the image: whose entries a fork names. */
  program: string;
  usage: Usage;
  alarmMs: number;
  locks: boolean;
  ipcSites: SiteId[];
}

/** `forExec`: without descriptors that exec closes. */
export function contextOf(process: Process, forExec: boolean): ContextImage {
  const { pid, ppid, parentPort, pgid, sid, controlPort, terminal, umask, creds, limits, nice, csite } =
    process;
  const { comm, argv, exe, usage, locks, alarm, image, signals } = process;
  const { clock } = process.pm.nucleus;
  return {
    pid,
    ppid,
    parentPort,
    pgid,
    sid,
    controlPort,
    terminal,
    umask,
    traits: process.traits,
    creds,
    groups: process.groups,
    limits,
    nice,
    csite,
    comm,
    argv,
    exe,
    usage,
    locks,
    parentGroup: parentGroupOf(process),
    ipcSites: [...(process.ipcSites ?? [])],
    fds: process.fds
      .entries()
      .filter(([, { cloexec }]) => !forExec || !cloexec)
      .map(([fd, { object, cloexec }]) => ({ fd, cloexec, object: imageOf(object) })),
    root: imageOf(process.root),
    cwd: imageOf(process.cwd),
    mask: signals.mask.list(),
    ignored: [...signals.actions].filter(([, action]) => action.disposition === 'ignore').map(([sig]) => sig),
    env: image.env,
    program: image.program?.name ?? '',
    alarmMs: alarm ? Math.max(0, alarm.atMs - clock.monotonic()) : -1,
  };
}

/** Group and session of the parent, for judging orphaned groups where the parent is not. */
function parentGroupOf(process: Process): { pgid: Pid; sid: Pid } | null {
  const parent = process.pm.find(process.ppid);
  return parent ? { pgid: parent.pgid, sid: parent.sid } : process.parentGroup;
}

/** A context comes from another manager, but over a wire: a misshapen one is refused. Throws EPROTO. */
export function checkContext(value: unknown): ContextImage {
  const context = value as ContextImage;
  const shaped =
    typeof value === 'object' &&
    value !== null &&
    Number.isInteger(context.pid) &&
    Number.isInteger(context.pgid) &&
    Array.isArray(context.fds) &&
    Array.isArray(context.mask) &&
    Array.isArray(context.groups) &&
    context.groups.every((gid) => Number.isInteger(gid) && gid >= 0) &&
    typeof context.creds === 'object' &&
    typeof context.root === 'object' &&
    typeof context.cwd === 'object';
  if (!shaped) throw new SysError('EPROTO');
  return context;
}

/** Takes the context's objects into this site's table and builds what a process is made of. */
export async function unpackParts(pm: Manager, context: ContextImage): Promise<Parts> {
  const images = [context.root, context.cwd, ...context.fds.map(({ object }) => object)];
  const [root, cwd, ...objects] = await takeObjects(pm, images);
  const fds = new Descriptors(pm.objects);
  for (const [i, { fd, cloexec }] of context.fds.entries()) fds.put(fd, objects[i]!, cloexec);
  const { comm, creds, limits } = context;
  return { comm, fds, root: root!, cwd: cwd!, limits: copyLimits(limits), uid: creds.euid, gid: creds.egid };
}

/**
 * Objects that are new here are filed before their servers are asked, so that whoever else brings or drops
 * them meanwhile counts on the same hold: the site of the sender holds them until this is done.
 */
export async function takeObjects(pm: Manager, images: readonly ObjectImage[]): Promise<OpenObject[]> {
  const taken: OpenObject[] = [];
  const byServer = new Map<UI, NonNullable<ObjectImage['key']>[]>();
  try {
    for (const { port, key, kind, label } of images) {
      const fresh = !pm.objects.knows(port, key ?? undefined);
      taken.push(pm.objects.enter(port, key ?? undefined, kind, label));
      if (!fresh || !key) continue;
      const keys = byServer.get(port);
      if (keys) keys.push(key);
      else byServer.set(port, [key]);
    }
  } catch (error) {
    for (const object of taken) void pm.objects.drop(object);
    throw error;
  }
  await Promise.all(
    [...byServer].map(([port, keys]) => pm.withThread((thread) => hold(pm, thread, port, keys))),
  );
  return taken;
}

/** Gives references back that `takeObjects` counted. */
export function dropObjects(pm: Manager, images: readonly ObjectImage[]): void {
  for (const { port, key } of images) {
    const object = pm.objects.find(port, key ?? undefined);
    if (object) void pm.objects.drop(object);
  }
}

/** An object whose server is lost travels on as it is: its calls will fail with EIO. */
async function hold(
  pm: Manager,
  thread: Thread,
  port: UI,
  keys: NonNullable<ObjectImage['key']>[],
): Promise<void> {
  for (let at = 0; at < keys.length; at += HOLD_BATCH) {
    try {
      await pm.servers.hold(thread, { target: port }, { keys: keys.slice(at, at + HOLD_BATCH) });
    } catch {
      // See above.
    }
  }
}

/** Puts what a context says into a process built from its parts. */
export function applyContext(process: Process, context: ContextImage): void {
  process.ppid = context.ppid;
  process.parentPort = context.parentPort;
  process.parentGroup = context.parentGroup;
  process.pgid = context.pgid;
  process.sid = context.sid;
  process.terminal = context.terminal;
  process.umask = context.umask;
  process.traits = context.traits;
  process.creds = { ...context.creds };
  process.groups = context.groups;
  process.nice = context.nice;
  process.argv = context.argv;
  process.exe = context.exe;
  process.csite = context.csite;
  if (Array.isArray(context.ipcSites)) process.ipcSites = new Set(context.ipcSites);
  process.signals.mask = SignalSet.of(context.mask);
  for (const sig of context.ignored) {
    process.signals.actions.set(sig, { disposition: 'ignore', flags: 0, mask: [] });
  }
  stampCredentials(process);
}

/** One more reference to all that a context names, so that this site's holds last until the other one's. */
export function keepParts({ fds, root, cwd }: Process): Pick<Parts, 'fds' | 'root' | 'cwd'> {
  root.refs += 1;
  cwd.refs += 1;
  return { fds: fds.fork(), root, cwd };
}

/** Gives back what `unpackParts` took. */
export function dropParts(pm: Manager, parts: Pick<Parts, 'fds' | 'root' | 'cwd'>): void {
  void parts.fds.closeAll();
  void pm.objects.drop(parts.root);
  void pm.objects.drop(parts.cwd);
}
