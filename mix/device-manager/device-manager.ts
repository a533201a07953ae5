/**
 * The Device Manager of a site: pipes, FIFOs, character devices, terminals. A supervisor actor with message
 * handlers: for clients of its own site an operation that need not wait runs in the caller's thread and
 * returns at once.
 *
 * Two ports, one table of open objects: `port` makes pipes and opens special files and ptys, `ptsPort` is the
 * tree mounted on /dev/pts. What was opened through either is used through the same operations by handle.
 */

import { memoryDevices } from '../../drivers/devices/memory.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { O } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { ObjectProtocol, type ObjectReply, type ObjectRequest } from '../protocols/object.ts';
import { DEVICE_MANAGERS } from '../protocols/process.ts';
import { unsupported } from '../protocols/unsupported.ts';
import { Console } from './console.ts';
import { eventOperations } from './events.ts';
import { handleOperations } from './handles.ts';
import { Inotifies } from './inotifies.ts';
import { ObjectTable } from './object-table.ts';
import { Pipes } from './pipes.ts';
import { PtsTree } from './pts-tree.ts';
import { Ptys } from './ptys.ts';
import { Signaller } from './signaller.ts';
import { openSpecial, type SpecialFiles } from './special-files.ts';
import { checkedSize } from './tty-ioctls.ts';

export interface DeviceManager {
  readonly actor: Actor;
  /** Devices, pipes, FIFOs, terminals. */
  readonly port: UI;
  /** The tree of pseudo-terminals, to be mounted on /dev/pts; empty without terminals. */
  readonly ptsPort: UI;
  /** Null without terminals. */
  readonly console: Console | null;
}

/** Starts the Device Manager of a site. `terminals`: it has the console and makes pseudo-terminals. */
export function startDeviceManager(nucleus: Nucleus, options: { terminals: boolean }): DeviceManager {
  const actor = nucleus.actorCreate(null, { name: 'DM', privilege: 'supervisor' });
  const now = (): number => nucleus.clock.now();
  const signals = new Signaller(nucleus, actor);
  const objects = new ObjectTable(nucleus.random);
  const pipes = new Pipes(now);
  const ptys = new Ptys(signals, now);
  const console = options.terminals ? new Console(signals, now()) : null;
  const terminals = console ? { ptys, console } : null;
  const files: SpecialFiles = { objects, pipes, devices: memoryDevices(nucleus.random), terminals };
  const inotifies = new Inotifies(nucleus, actor, objects);
  const shared = { ...unsupported, ...handleOperations(objects) };

  const port = serve(nucleus, actor, ObjectProtocol, {
    ...shared,
    openSpecial: (request, context) => openSpecial(files, request, context),
    pipe: ({ flags }, context) => openPipe(files, flags, context),
    openpty: (request, context) => openPty(files, request, context),
    ...eventOperations(nucleus, objects),
    inotify: (request, context) => inotifies.create(request, context),
  });
  inotifies.serve(port);
  const tree = new PtsTree(objects, ptys, now());
  const ptsPort = serve(nucleus, actor, ObjectProtocol, { ...shared, ...tree.operations() });

  nucleus.grpPortInsert(actor, DEVICE_MANAGERS, port.ui);
  const unsubscribe = nucleus.onSite((site, up) => {
    if (up) {
      objects.siteUp(site);
      return;
    }
    objects.dropSite(site);
    inotifies.siteLost(site);
    ptys.dropSessions(site);
  });
  actor.onDelete.add(unsubscribe);
  return { actor, port: port.ui, ptsPort: ptsPort.ui, console };
}

function openPipe(
  { objects, pipes }: SpecialFiles,
  flags: number,
  context: CallContext,
): ObjectReply<'pipe'> {
  objects.reserve(2);
  const { reader, writer } = pipes.create(flags, context.actorPi);
  return { reader: objects.add(reader, context.srcSite), writer: objects.add(writer, context.srcSite) };
}

/** Throws ENXIO without terminals, ENOSPC, ENFILE, EINVAL (size). */
function openPty(
  { objects, terminals }: SpecialFiles,
  { rows, columns, uid, gid }: ObjectRequest<'openpty'>,
  { srcSite }: CallContext,
): ObjectReply<'openpty'> {
  if (!terminals) throw new SysError('ENXIO');
  objects.reserve(2);
  const size = checkedSize({ rows, columns });
  const { master, number } = terminals.ptys.create({ uid, gid }, size, O.RDWR);
  const slave = terminals.ptys.openSlave(number, O.RDWR);
  return {
    master: objects.add(master, srcSite),
    slave: objects.add(slave, srcSite),
    name: slave.terminal.name,
  };
}
