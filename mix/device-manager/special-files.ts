/**
 * Opening what a name on a volume stands for: FIFOs by their id, devices by their number. Memory devices are
 * on every Device Manager; the terminal devices only on the one that has the terminals (elsewhere ENXIO).
 */

import type { DeviceTable } from '../../drivers/devices/device.ts';
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { Device } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { newTermios } from '../../subsystems/unix/termios.ts';
import type { ObjectReply, ObjectRequest } from '../protocols/object.ts';
import { CharacterFile } from './character-file.ts';
import type { Console } from './console.ts';
import type { ObjectTable } from './object-table.ts';
import type { OpenObject } from './open-object.ts';
import type { Pipes } from './pipes.ts';
import type { Ptys } from './ptys.ts';
import { TtyFile } from './tty-file.ts';

/** What a terminal made without a size has (as on Linux: unknown). */
const NO_SIZE = { rows: 0, columns: 0 };

export interface SpecialFiles {
  readonly objects: ObjectTable;
  readonly pipes: Pipes;
  readonly devices: DeviceTable;
  /** Null on a Device Manager without terminals. */
  readonly terminals: { readonly ptys: Ptys; readonly console: Console } | null;
}

/** Throws ENXIO, ENFILE, ENOSPC (too many ptys), K_EABORT (FIFO). */
export function openSpecial(
  files: SpecialFiles,
  request: ObjectRequest<'openSpecial'>,
  context: CallContext,
): Awaitable<ObjectReply<'openSpecial'>> {
  const { objects } = files;
  objects.reserve(1);
  const filed = (file: OpenObject): ObjectReply<'openSpecial'> => {
    const terminal = file instanceof TtyFile && file.terminal.jobs.session === 0;
    return { key: objects.add(file, context.srcSite), kind: file.kind, terminal };
  };
  const { special, flags } = request;
  if (special.kind !== 'fifo') return filed(openDevice(files, request, context));
  const end = files.pipes.openFifo(context.thread, special, flags);
  return isPromise(end) ? end.then(filed) : filed(end);
}

function openDevice(
  { devices, terminals }: SpecialFiles,
  { special, flags, sid }: ObjectRequest<'openSpecial'>,
  { actorPi }: CallContext,
): OpenObject {
  const { rdev, attributes } = special;
  const device = devices.get(rdev);
  if (device) return new CharacterFile(device, flags, attributes);
  if (!terminals) throw new SysError('ENXIO');
  const { ptys, console } = terminals;
  if (rdev === Device.ptmx) return ptys.create(actorPi, NO_SIZE, flags, attributes, newTermios()).master;
  if (rdev === Device.console || (rdev === Device.tty && sid > 0 && console.terminal.jobs.session === sid)) {
    return new TtyFile(console.terminal, flags, undefined, attributes);
  }
  const number = rdev === Device.tty && sid > 0 ? ptys.ofSession(sid) : rdev - Device.pts;
  if (number === undefined || !ptys.numbers().includes(number)) throw new SysError('ENXIO');
  return ptys.openSlave(number, flags, attributes);
}
