/**
 * Makes the nucleus objects of a process: its actor, its control port with the control thread, and its
 * context.
 */
import type { Actor } from '../../nucleus/actors/actor.ts';
import { isKError } from '../../nucleus/errors.ts';
import { serveLoop } from '../../nucleus/ipc/stubs.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import { ProcessProtocol } from '../protocols/process.ts';
import type { Descriptors } from './descriptors.ts';
import type { Manager } from './manager.ts';
import type { OpenObject } from './objects.ts';
import { peerOperations } from './peers.ts';
import { type Limits, Process } from './process.ts';

export interface Parts {
  comm: string;
  fds: Descriptors;
  root: OpenObject;
  cwd: OpenObject;
  limits: Limits;
  uid: number;
  gid: number;
}

/** Throws EAGAIN when a nucleus table is full. */
export function makeActor(pm: Manager, pid: Pid, comm: string, uid: number, gid: number): Actor {
  const pi = { uid, gid, domain: pid };
  try {
    return pm.nucleus.actorCreate(pm.actor, { name: actorName(comm, pid), privilege: 'system', pi });
  } catch (error) {
    if (isKError(error, 'K_ENOMEM')) throw new SysError('EAGAIN');
    throw error;
  }
}

export const actorName = (comm: string, pid: Pid): string => `${comm}[${pid}]`;

/**
 * A process with a fresh control port. The caller fills in what it inherits, then enters it in the tables.
 */
export function buildProcess(pm: Manager, pid: Pid, parts: Parts): Process {
  const actor = makeActor(pm, pid, parts.comm, parts.uid, parts.gid);
  const port = pm.nucleus.portCreate(actor);
  const process = new Process(pm, pid, { ...parts, actor, controlPort: port.ui });
  process.comm = parts.comm;
  startControl(process, port.li);
  return process;
}

/**
 * The control thread: serves what arrives at the control port, one message after another, until the actor
 * ends.
 */
export function startControl(process: Process, li: number): void {
  const { pm, actor } = process;
  const thread = pm.nucleus.threadCreate(actor, { name: 'control' });
  void serveLoop(pm.nucleus, thread, li, ProcessProtocol, peerOperations(pm));
}

/** Tells the nucleus the effective ids and the groups: what servers check from now on. */
export function stampCredentials(process: Process): void {
  const { pm, actor, creds } = process;
  const groups = process.groups.filter((gid) => gid !== creds.fsgid);
  const pi = { uid: creds.fsuid, gid: creds.fsgid, domain: process.pid };
  pm.nucleus.actorPi(pm.actor, actor, groups.length === 0 ? pi : { ...pi, groups });
}
