/**
 * The Key Manager of the system: which object a key of System V IPC names. It runs on one site and knows
 * nothing else of the objects; their managers tell it when they come and go. Keys of objects on a lost site
 * are free again.
 */

import { serve } from '../../nucleus/ipc/stubs.ts';
import type { Nucleus } from '../../nucleus/nucleus.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { IpcKind } from '../../subsystems/unix/ipc.ts';
import { ipcSiteOf, isIpcId, KEY_MANAGER, KeyProtocol } from '../protocols/ipc.ts';
import { IpcManagerLimits } from './limits.ts';

export function startKeyManager(nucleus: Nucleus): void {
  const actor = nucleus.actorCreate(null, { name: 'KeyM', privilege: 'supervisor' });
  const ids = new Map<string, number>();
  const nameOf = (kind: IpcKind, value: number): string => `${kind}:${value}`;
  const port = serve(nucleus, actor, KeyProtocol, {
    find: ({ kind, value }) => {
      const id = ids.get(nameOf(kind, value));
      return id === undefined ? {} : { id };
    },
    enter: ({ kind, value, id }, { actorPi }) => {
      if (actorPi.domain !== 0) throw new SysError('EPERM');
      if (!isIpcId(id)) throw new SysError('EINVAL');
      const name = nameOf(kind, value);
      const present = ids.get(name);
      if (present !== undefined) return { id: present };
      if (ids.size >= IpcManagerLimits.KEYS_MAX) throw new SysError('ENOSPC');
      ids.set(name, id);
      return { id };
    },
    forget: ({ kind, value, id }, { actorPi }) => {
      if (actorPi.domain !== 0) throw new SysError('EPERM');
      const name = nameOf(kind, value);
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
