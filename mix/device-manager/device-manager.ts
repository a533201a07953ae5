/**
 * The Device Manager of a site: pipes, FIFOs, character devices, terminals. A supervisor actor with message handlers:
 * for clients of its own site an operation that need not wait runs in the caller's thread and returns at once.
 */

import { memoryDevices } from '../../drivers/devices/memory.ts';
import type { Actor } from '../../nucleus/actors/actor.ts';
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { UI } from '../../nucleus/ids/ui.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { ObjectProtocol, type ObjectReply, type ObjectRequest } from '../protocols/object.ts';
import { DEVICE_MANAGERS } from '../protocols/process.ts';
import { unsupported } from '../protocols/unsupported.ts';
import { CharacterFile } from './character-file.ts';
import { handleOperations } from './handles.ts';
import { ObjectTable } from './object-table.ts';
import { Pipes } from './pipes.ts';

export interface DeviceManager {
  readonly actor: Actor;
  /** Devices, pipes, FIFOs, terminals. */
  readonly port: UI;
}

export function startDeviceManager(nucleus: Nucleus, _options: { terminals: boolean }): DeviceManager {
  const actor = nucleus.actorCreate(null, { name: 'DM', privilege: 'supervisor' });
  const objects = new ObjectTable(nucleus.random);
  const pipes = new Pipes(() => nucleus.clock.now());
  const devices = memoryDevices(nucleus.random);

  const openSpecial = (
    { special, flags }: ObjectRequest<'openSpecial'>,
    context: CallContext,
  ): Awaitable<ObjectReply<'openSpecial'>> => {
    objects.reserve(1);
    if (special.kind === 'fifo') {
      const end = pipes.openFifo(context.thread, special, flags);
      const filed = (opened: Awaited<typeof end>): ObjectReply<'openSpecial'> => ({
        key: objects.add(opened, context.srcSite),
        kind: 'pipe',
        terminal: false,
      });
      return end instanceof Promise ? end.then(filed) : filed(end);
    }
    const device = devices.get(special.rdev);
    if (!device) throw new SysError('ENXIO');
    const file = new CharacterFile(device, flags, special.attributes);
    return { key: objects.add(file, context.srcSite), kind: 'char', terminal: false };
  };

  const port = serve(nucleus, actor, ObjectProtocol, {
    ...unsupported,
    ...handleOperations(objects),
    openSpecial,
    pipe: ({ flags }, { actorPi, srcSite }) => {
      objects.reserve(2);
      const { reader, writer } = pipes.create(flags, actorPi);
      return { reader: objects.add(reader, srcSite), writer: objects.add(writer, srcSite) };
    },
  });
  nucleus.grpPortInsert(actor, DEVICE_MANAGERS, port.ui);
  nucleus.onSite((site, up) => {
    if (!up) objects.dropSite(site);
  });
  return { actor, port: port.ui };
}
