/**
 * The Process Manager of a site: boots its tables, serves the process protocol and /proc, runs init where the
 * system has it, and gives the world outside processes to act through.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { isPromise } from '../../nucleus/awaitable.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SA } from '../../subsystems/unix/constants.ts';
import { Sig, WaitStatus } from '../../subsystems/unix/signals.ts';
import type { Environment, Program, Sys } from '../../subsystems/unix/sys.ts';
import { PROCESS_MANAGERS, ProcessProtocol } from '../protocols/process.ts';
import { buildProcess, stampCredentials } from './build.ts';
import { CALLS } from './calls/index.ts';
import { Descriptors } from './descriptors.ts';
import { serveEpoll } from './epoll/server.ts';
import { endProcess } from './exit.ts';
import { initProgram } from './init.ts';
import { defaultLimits } from './limits.ts';
import { Manager, type ProcessManagerOptions, type ProgramError } from './manager.ts';
import { defineCalls } from './native-sys.ts';
import { peerOperations } from './peers.ts';
import { initPidOf } from './pids.ts';
import { serveProc } from './proc/server.ts';
import { GATE, type Limits, type Process } from './process.ts';
import { newImage, startProgram } from './program.ts';
import { watchSites } from './site-loss.ts';

export type { ProcessManagerOptions, ProgramError };

export interface HostProcessOptions {
  /**
   * Its entries are what this process' `fork` can name; also to be in the program table for forks to other
   * sites.
   */
  program?: Program;
  env?: Environment;
  cwd?: string;
  uid?: number;
  gid?: number;
  umask?: number;
  limits?: Partial<Limits>;
}

export interface ProcessManager {
  readonly actor: Actor;
  readonly port: UI;
  /** The /proc tree: object protocol. */
  readonly procPort: UI;
  /**
   * A process of the world outside: no program of its own; whoever holds its Sys makes its calls, many at
   * once.
   */
  hostProcess(name: string, options?: HostProcessOptions): Sys;
  /** Processes of this site, zombies included. */
  readonly processCount: number;
  /** Kills everything on the site; settles when every descriptor is closed. */
  shutdown(): Promise<void>;
}

/** Starts the Process Manager of a nucleus. The File Manager of the root may be on another site. */
export function startProcessManager(nucleus: Nucleus, options: ProcessManagerOptions): ProcessManager {
  defineCalls(CALLS);
  const pm = new Manager(nucleus, options);
  const port = serve(nucleus, pm.actor, ProcessProtocol, peerOperations(pm));
  pm.port = port.ui;
  nucleus.grpPortInsert(pm.actor, PROCESS_MANAGERS, port.ui);
  const procPort = serveProc(pm);
  pm.epollPort = serveEpoll(pm);
  watchSites(pm);
  if (options.init) startInit(pm);
  return {
    actor: pm.actor,
    port: port.ui,
    procPort,
    hostProcess: (name, given = {}) => hostProcess(pm, name, given),
    get processCount() {
      return pm.processes.size;
    },
    shutdown: () => shutdown(pm),
  };
}

function firstProcess(pm: Manager, pid: number, comm: string, uid: number, gid: number): Process {
  pm.rootObject.refs += 2;
  return buildProcess(pm, pid, {
    comm,
    fds: new Descriptors(pm.objects),
    root: pm.rootObject,
    cwd: pm.rootObject,
    limits: defaultLimits(pm.options.limits),
    uid,
    gid,
  });
}

function startInit(pm: Manager): void {
  const init = firstProcess(pm, initPidOf(pm.site), 'init', 0, 0);
  init.argv = ['init'];
  pm.enter(init);
  pm.init = init;
  newImage(init, initProgram, {});
  startProgram(init, (sys) => initProgram.main(sys, ['init']));
}

function hostProcess(pm: Manager, name: string, options: HostProcessOptions): Sys {
  const { program, env = {}, cwd, uid = 0, gid = 0, umask = 0o022, limits } = options;
  const process = firstProcess(pm, pm.pids.allocate(), name, uid, gid);
  process.isHost = true;
  process.argv = [name];
  process.umask = umask;
  process.creds = {
    uid,
    euid: uid,
    suid: uid,
    fsuid: uid,
    gid,
    egid: gid,
    sgid: gid,
    fsgid: gid,
  };
  process.groups = [gid];
  stampCredentials(process);
  if (limits) process.limits = { ...process.limits, ...limits };
  pm.enter(process);
  const image = newImage(process, program ?? null, env);
  // A reader that closed its end is news for the host as an error, not as a death; children get the default
  // back.
  process.signals.actions.set(Sig.PIPE, { disposition: () => {}, flags: SA.RESTART, mask: [] });
  if (cwd !== undefined && cwd !== '/') enterDirectory(process, cwd);
  return image.sys;
}

/** The directory may be on another site: calls wait at the gate until the process is in it. */
function enterDirectory(process: Process, path: string): void {
  const { image } = process;
  const entered = image.sys.chdir(path);
  if (!isPromise(entered)) return;
  image.attention |= GATE;
  const open = (): void => {
    image.attention &= ~GATE;
    for (const wake of process.waiters.splice(0)) wake();
  };
  entered.then(open, open);
}

async function shutdown(pm: Manager): Promise<void> {
  for (const process of [...pm.processes.values()]) {
    process.children.clear();
    endProcess(process, WaitStatus.signaled(Sig.KILL));
  }
  const ending = (): boolean => [...pm.processes.values()].some(({ state }) => state === 'exiting');
  while (ending()) await pm.nucleus.scheduler.yieldTurn();
  pm.processes.clear();
  pm.groups.clear();
}
