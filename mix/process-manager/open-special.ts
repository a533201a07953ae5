/**
 * Opens what a File Manager only names: FIFOs at the Device Manager of the file's site, devices at the
 * opener's own.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import { Device, majorOf, O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { Special } from '../protocols/object.ts';
import { andThen } from './and-then.ts';
import { atTerminalManager, deviceManagerHere, deviceManagerOf } from './device-managers.ts';
import type { OpenObject } from './objects.ts';
import type { UThread } from './process.ts';
import { adoptTerminal } from './terminal.ts';
import { giveWay } from './trap.ts';

/** Major numbers of devices that only the terminals' Device Manager has: tty, console, ptmx; pty slaves. */
const TERMINAL_MAJORS = new Set([majorOf(Device.tty), majorOf(Device.pts)]);

/** Begins the id of a descriptor link of /proc: the process and the descriptor follow. */
export const DESCRIPTOR_ID = 'fd:';

/**
 * /proc/PID/fd/N of what has no path: a file opened anew, or (pipes and the like, and a place only) the open
 * object itself, shared as by dup(2). Of another process only on this site, and with its user's rights.
 * Throws ENXIO, EACCES, EBADF.
 */
function openDescriptor(t: UThread, id: string, flags: number): Awaitable<OpenObject> {
  const [pid, fd] = id.slice(DESCRIPTOR_ID.length).split(':').map(Number);
  const { process } = t;
  const owner = pid === process.pid ? process : process.pm.find(pid!);
  if (!owner) throw new SysError('ENXIO');
  const { euid } = process.creds;
  if (owner !== process && euid !== 0 && euid !== owner.creds.uid) throw new SysError('EACCES');
  const object = owner.fds.object(fd!);
  if (object.kind === 'file' && object.key !== undefined && !(flags & O.PATH))
    return reopen(t, object, flags);
  object.refs += 1;
  return object;
}

function reopen({ process, thread }: UThread, object: OpenObject, flags: number): Awaitable<OpenObject> {
  const { pm } = process;
  return andThen(pm.servers.reopen(thread, object.dest, { key: object.key!, flags }), ({ key, kind }) => {
    if (key === undefined || kind === undefined) throw new SysError('ENXIO');
    return pm.objects.enter(object.port, key, kind, object.label);
  });
}

export function openSpecial(
  t: UThread,
  special: Special,
  flags: number,
  label: string,
): Awaitable<OpenObject> {
  const { pm, terminal } = t.process;
  const open = (port: UI): Awaitable<OpenObject> => openAt(t, port, special, flags, label);
  if (special.id.startsWith(DESCRIPTOR_ID)) return openDescriptor(t, special.id, flags);
  if (special.kind === 'socket') throw new SysError('ENXIO');
  if (special.kind === 'fifo') {
    giveWay(t);
    return open(deviceManagerOf(pm, special.site));
  }
  if (special.rdev === Device.tty) {
    if (!terminal) throw new SysError('ENXIO');
    return atTerminalManager(pm, open);
  }
  if (TERMINAL_MAJORS.has(majorOf(special.rdev))) return atTerminalManager(pm, open);
  return open(deviceManagerHere(pm));
}

function openAt(t: UThread, port: UI, special: Special, flags: number, label: string): Awaitable<OpenObject> {
  const { pm, pid, sid, pgid } = t.process;
  return andThen(
    pm.servers.openSpecial(t.thread, { target: port }, { special, flags, pid, sid, pgid }),
    ({ key, kind, terminal }) => {
      const object = pm.objects.enter(port, key, kind, label);
      if (!terminal) return object;
      return andThen(adoptTerminal(t, object, flags), () => object);
    },
  );
}
