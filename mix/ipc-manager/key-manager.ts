/**
 * The Key Manager of the system: which object a key of System V IPC, or the name of a POSIX message queue,
 * stands for. It runs on one site and knows nothing else of the objects; their managers tell it when they
 * come and go. Names of objects on a lost site are free again.
 */
import type { CallContext } from '../../nucleus/ipc/port.ts';
import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { ipcSiteOf, isIpcId, KEY_MANAGER, KeyProtocol } from '../protocols/ipc.ts';
import { IpcManagerLimits } from './limits.ts';

/** Programs may ask, and change nothing. */
function demandManager({ actorPi }: CallContext): void {
  if (actorPi.domain !== 0) throw new SysError('EPERM');
}

export function startKeyManager(nucleus: Nucleus): void {
  const actor = nucleus.actorCreate(null, { name: 'KeyM', privilege: 'supervisor' });
  const ids = new Map<string, number>();
  const port = serve(nucleus, actor, KeyProtocol, {
    find: ({ name }) => {
      const id = ids.get(name);
      return id === undefined ? {} : { id };
    },
    enter: ({ name, id }, context) => {
      demandManager(context);
      if (!isIpcId(id)) throw new SysError('EINVAL');
      const present = ids.get(name);
      if (present !== undefined) return { id: present };
      if (ids.size >= IpcManagerLimits.KEYS_MAX) throw new SysError('ENOSPC');
      ids.set(name, id);
      return { id };
    },
    forget: ({ name, id }, context) => {
      demandManager(context);
      if (ids.get(name) === id) ids.delete(name);
      return {};
    },
  });
  nucleus.grpPortInsert(actor, KEY_MANAGER, port.ui);
  const unsubscribe = nucleus.onSite((site, up) => {
    if (up) return;
    for (const [name, id] of [...ids]) if (ipcSiteOf(id) === site) ids.delete(name);
  });
  actor.onDelete.add(unsubscribe);
}
