/**
 * Serves the epoll instances that processes of this site made, as open objects: their descriptors are shared,
 * inherited and polled like any other, also from other sites.
 */

import { isPromise } from '../../../nucleus/awaitable.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import type { CallContext } from '../../../nucleus/ipc/port.ts';
import type { Implementation } from '../../../nucleus/ipc/protocol.ts';
import { serve, serveAlso } from '../../../nucleus/ipc/stubs.ts';
import { O, Poll } from '../../../subsystems/unix/constants.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { statWithoutVolume } from '../../protocols/anonymous-stat.ts';
import { EpollProtocol } from '../../protocols/epoll.ts';
import { HoldTable } from '../../protocols/hold-table.ts';
import {
  ObjectProtocol,
  type ObjectReply,
  type ObjectRequest,
  type ObjectSpecs,
} from '../../protocols/object.ts';
import { unsupported } from '../../protocols/unsupported.ts';
import type { Manager } from '../manager.ts';
import { EpollInstance } from './instance.ts';

/** Instances of one site: ENFILE. */
const INSTANCES_MAX = 16384;
/** Instances that may watch one another in a row: ELOOP. */
const NESTING_MAX = 4;
/** Events of one answer. */
const EVENTS_MAX = 4096;

export function serveEpoll(pm: Manager): UI {
  const table = new HoldTable<EpollInstance>(pm.nucleus.random, INSTANCES_MAX);
  const port = serve(pm.nucleus, pm.actor, ObjectProtocol, objectOperations(pm, table));
  serveAlso(pm.nucleus, port, EpollProtocol, {
    create: (_request, { srcSite }) => {
      table.reserve(1);
      return { key: table.add(new EpollInstance(pm), srcSite) };
    },
    ctl: ({ key, operation, fd, port: targetPort, target, event }) => {
      const instance = table.get(key);
      const at = { fd, port: targetPort, key: target };
      if (operation === 'delete') {
        instance.delete(at);
        return {};
      }
      if (event === undefined) throw new SysError('EFAULT');
      if (operation === 'modify') instance.modify(at, event);
      else {
        if (targetPort === port.ui) checkLoop(table, port.ui, target, key, NESTING_MAX);
        instance.add(at, event);
      }
      return {};
    },
    wait: ({ key, max, timeoutMs }, { thread }) => {
      const ready = table.get(key).wait(thread, Math.min(max, EVENTS_MAX), timeoutMs);
      return isPromise(ready) ? ready.then((events) => ({ ready: events })) : { ready };
    },
  });
  pm.nucleus.onSite((site, up) => (up ? table.siteUp(site) : table.dropSite(site)));
  return port.ui;
}

/** What an instance is as an open object. */
function objectOperations(pm: Manager, table: HoldTable<EpollInstance>): Implementation<ObjectSpecs> {
  return {
    ...unsupported,
    poll: ({ key, events, wait, edge }, { thread }): Promise<ObjectReply<'poll'>> | ObjectReply<'poll'> => {
      // Each answer counts as news: an instance inside another is level-triggered.
      const tell = (ready: boolean): ObjectReply<'poll'> => {
        const revents = ready ? Poll.IN & events : 0;
        return edge ? { revents, edge: { input: edge.input + 1, output: 0 } } : { revents };
      };
      const ready = table.get(key).poll(thread, wait);
      return isPromise(ready) ? ready.then(tell) : tell(ready);
    },
    read: () => refuse(),
    write: () => refuse(),
    /** As on Linux: no position, and no error. */
    seek: ({ key }) => {
      table.get(key);
      return { offset: 0 };
    },
    fstat: ({ key }) => {
      table.get(key);
      return { stat: statWithoutVolume({ timeMs: pm.bootedMs }) };
    },
    getFlags: ({ key }) => {
      table.get(key);
      return { flags: O.RDWR };
    },
    setFlags: ({ key }) => {
      table.get(key);
      return {};
    },
    ioctl: ({ key, request }) => {
      if (request !== 'FDINFO') throw new SysError('ENOTTY');
      return table
        .get(key)
        .describe()
        .then((result) => ({ result }));
    },
    hold: ({ keys }: ObjectRequest<'hold'>, { srcSite }: CallContext) => {
      table.hold(keys, srcSite);
      return {};
    },
    release: ({ key }: ObjectRequest<'release'>, { srcSite }: CallContext) => {
      table.release(key, srcSite);
      return {};
    },
  };
}

function refuse(): never {
  throw new SysError('EINVAL');
}

/** Throws ELOOP when `from` leads to `to`, or on through more than `depth` instances. */
function checkLoop(table: HoldTable<EpollInstance>, port: UI, from: Key, to: Key, depth: number): void {
  if (from === to || depth === 0) throw new SysError('ELOOP');
  for (const key of table.get(from).watchedAt(port)) checkLoop(table, port, key, to, depth - 1);
}
