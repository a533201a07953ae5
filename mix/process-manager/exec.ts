/**
 * exec: finds out what a file is (native program, ELF program, `#!` script), then replaces the process'
 * image: same pid, actor, descriptors (but those marked close-on-exec), ignored signals, mask, timers, locks.
 */
import type { Destination } from '../../nucleus/ipc/message.ts';
import { isRegular, Limits, O, S } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { type Environment, type Program, type Stat, Terminated } from '../../subsystems/unix/sys.ts';
import { actorName, stampCredentials } from './build.ts';
import type { ElfProgram } from './guest/program.ts';
import { HEADER_BYTES, type ImageKind, imageKindOf } from './image-cache.ts';
import { GONE, type Image, type Process, SIGNALS, type UThread } from './process.ts';
import { loadProgram, newImage, startProgram } from './program.ts';
import { resolve, type Walk } from './resolve.ts';
import { isCaught, recheck } from './signals.ts';

/** Scripts that may lead to each other before a program (as on Linux): ELOOP. */
const SCRIPT_DEPTH_MAX = 5;

/** What a process is to run. An ELF program's files are open: whoever does not start it closes it. */
export type LoadedProgram =
  | { readonly kind: 'native'; readonly program: Program }
  | { readonly kind: 'elf'; readonly elf: ElfProgram };

export interface Loaded {
  readonly body: LoadedProgram;
  readonly argv: readonly string[];
  /** Path of the file that exec was given: /proc/PID/exe. */
  readonly exe: string;
  /** Name for ps: last component of the path. */
  readonly comm: string;
  readonly setuid: number | undefined;
  readonly setgid: number | undefined;
}

/** Throws what path resolution throws; EACCES, ENOEXEC, E2BIG, ELOOP. */
export async function loadImage(
  t: UThread,
  path: string,
  argv: readonly string[],
  env: Environment,
): Promise<Loaded> {
  checkSize(argv, env);
  let file = executablePath(t.process, path);
  let args: readonly string[] = argv.length > 0 ? argv : [path];
  for (let depth = 0; depth <= SCRIPT_DEPTH_MAX; depth++) {
    const { stat, kind } = await identify(t, file);
    if (kind.kind === 'unknown') throw new SysError('ENOEXEC');
    if (kind.kind !== 'script') {
      const body: LoadedProgram =
        kind.kind === 'native'
          ? { kind: 'native', program: await loadProgram(t.process.pm, kind.name) }
          : { kind: 'elf', elf: await (await guests()).openProgram(t, file) };
      return {
        body,
        argv: args,
        exe: absolute(t.process, file),
        comm: path.slice(path.lastIndexOf('/') + 1).slice(0, 15),
        setuid: stat.mode & S.ISUID ? stat.uid : undefined,
        setgid: stat.mode & S.ISGID ? stat.gid : undefined,
      };
    }
    args = [
      kind.interpreter,
      ...(kind.argument === undefined ? [] : [kind.argument]),
      file,
      ...args.slice(1),
    ];
    file = kind.interpreter;
  }
  throw new SysError('ELOOP');
}

/**
 * /proc/self means another process to the manager, who opens the file, and its link to itself would not
 * survive: the file that it leads to stands for it.
 */
function executablePath(process: Process, path: string): string {
  if (path === '/proc/self/exe' || path === `/proc/${process.pid}/exe`) return process.exe;
  if (path.startsWith('/proc/self/')) return `/proc/${process.pid}${path.slice('/proc/self'.length)}`;
  return path;
}

function absolute({ cwd }: Process, path: string): string {
  if (path.startsWith('/')) return path;
  return cwd.label === '/' ? `/${path}` : `${cwd.label}/${path}`;
}

/** Guests are loaded when there is one: see guest/runtime. */
const guests = () => import('./guest/index.ts');

function checkSize(argv: readonly string[], env: Environment): void {
  if (!Array.isArray(argv) || argv.some((word) => typeof word !== 'string')) throw new SysError('EFAULT');
  let bytes = 0;
  for (const word of argv) bytes += word.length + 1;
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== 'string') throw new SysError('EFAULT');
    bytes += name.length + value.length + 2;
  }
  if (bytes > Limits.ARG_MAX) throw new SysError('E2BIG');
}

async function identify(t: UThread, path: string): Promise<{ stat: Stat; kind: ImageKind }> {
  const { pm } = t.process;
  const ask = (dest: Destination, walk: Walk) => pm.servers.stat(t.thread, dest, { ...walk, follow: true });
  const { reply, port } = await resolve(t.process, path, ask);
  const { stat } = reply;
  if (!stat) throw new SysError('EPROTO');
  if (!isRegular(stat.mode) || !mayExecute(t.process, stat)) throw new SysError('EACCES');
  const identity = `${port}:${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
  const known = pm.images.get(identity);
  if (known) return { stat, kind: known };
  const kind = imageKindOf(await readHeader(t, path));
  pm.images.set(identity, kind);
  return { stat, kind };
}

/** Permission by class, root with any x bit: what access(2) asks. */
function mayExecute({ creds }: Process, { mode, uid, gid }: Stat): boolean {
  if (creds.euid === 0) return (mode & 0o111) !== 0;
  if (creds.euid === uid) return (mode & 0o100) !== 0;
  return (mode & (creds.egid === gid ? 0o010 : 0o001)) !== 0;
}

/** The manager reads: a file may be executable without being readable. */
async function readHeader(t: UThread, path: string): Promise<Uint8Array> {
  const { process, thread } = t;
  const { pm } = process;
  const open = (dest: Destination, walk: Walk) =>
    pm.servers.open(thread, dest, { ...walk, flags: O.RDONLY, mode: 0, umask: 0 });
  return pm.asManager(thread, async () => {
    const { reply, port } = await resolve(process, path, open);
    if (reply.key === undefined || reply.kind !== 'file') throw new SysError('EACCES');
    const { key } = reply;
    const dest = { target: port };
    try {
      return (await pm.servers.read(thread, dest, { key, max: HEADER_BYTES, offset: 0 })).data;
    } finally {
      await pm.servers.release(thread, dest, { key });
    }
  });
}

export async function exec(
  t: UThread,
  path: string,
  argv: readonly string[],
  env: Environment,
): Promise<never> {
  const { process } = t;
  const loaded = await loadImage(t, path, argv, env);
  if (t.image.attention & GONE) {
    dropLoaded(process, loaded);
    throw new Terminated();
  }
  t.image.guest?.prepareExec(t);
  retireImage(t.image);
  process.fds = process.fds.alone();
  await process.fds.closeAll(({ cloexec }) => cloexec);
  if (process.state === 'running') enterImage(process, loaded, env);
  else dropLoaded(process, loaded);
  throw new Terminated();
}

/** A program that will not start after all. */
export function dropLoaded(process: Process, { body }: Loaded): void {
  if (body.kind === 'elf') void guests().then(({ dropProgram }) => dropProgram(process, body.elf));
}

/** The old program's calls end: its Sys throws Terminated from now on, and its u_threads are gone. */
export function retireImage(image: Image): void {
  const { pm } = image.process;
  image.attention |= GONE;
  image.guest?.end();
  for (const t of [...image.busy, ...image.free]) pm.nucleus.threadDelete(t.thread);
}

/** Puts a loaded program into a process and starts it. */
export function enterImage(process: Process, loaded: Loaded, env: Environment): void {
  const { body, argv, exe, comm, setuid, setgid } = loaded;
  process.comm = comm;
  process.argv = argv;
  process.exe = exe;
  process.execed = true;
  process.actor.name = actorName(comm, process.pid);
  if (process.traits.noNewPrivileges) applySetIds(process, undefined, undefined);
  else applySetIds(process, setuid, setgid);
  for (const [sig, { disposition }] of process.signals.actions) {
    if (isCaught(disposition)) process.signals.actions.delete(sig);
  }
  const attention = process.image.attention & ~(GONE | SIGNALS);
  if (body.kind === 'elf') {
    void guests().then(({ startGuest }) => startGuest(process, body.elf, argv, env, attention));
    return;
  }
  const { program } = body;
  newImage(process, program, env).attention = attention;
  recheck(process);
  startProgram(process, (sys) => program.main(sys, argv));
}

/** Effective, saved and file system ids after exec (execve(2)). */
function applySetIds(process: Process, setuid: number | undefined, setgid: number | undefined): void {
  const { creds } = process;
  const euid = setuid ?? creds.euid;
  const egid = setgid ?? creds.egid;
  process.creds = { ...creds, euid, suid: euid, fsuid: euid, egid, sgid: egid, fsgid: egid };
  if (euid !== creds.fsuid || egid !== creds.fsgid) stampCredentials(process);
}
