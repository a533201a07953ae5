/** The object protocol for sockets: what any open object answers, as socket(7) has it. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import type { ObjectSpecs } from '../protocols/object.ts';
import { unsupported } from '../protocols/unsupported.ts';
import type { Taken } from './inbox.ts';
import { interfacesOf } from './interfaces.ts';
import { SocketManagerLimits } from './limits.ts';
import type { SocketServer } from './server.ts';
import { callerOf } from './socket-operations.ts';

const EMPTY_REPLY = {};
const NO_FLAGS = 0;

export function objectOperations(server: SocketServer): Implementation<ObjectSpecs> {
  const { objects } = server;
  const countReply = (count: number): { count: number } => ({ count });
  /** Descriptors that came along have nowhere to go. */
  const dataReply = ({ data, control }: Taken): { data: Uint8Array } => {
    if (control) server.discard([control]);
    return { data };
  };
  return {
    ...unsupported,
    read: ({ key, max }, context) => {
      const size = Math.min(max, SocketManagerLimits.READ_BYTES);
      return then(objects.get(key).receive(callerOf(context), size, NO_FLAGS), dataReply);
    },
    write: ({ key, data }, context) => {
      const caller = callerOf(context);
      const control = { credentials: caller.credentials, rights: [] };
      const message = { data, flags: NO_FLAGS, control, owned: false, total: data.length };
      return then(objects.get(key).send(caller, message), countReply);
    },
    poll: (request, { thread }) => objects.get(request.key).poll(thread, request),
    fstat: ({ key }) => ({ stat: objects.get(key).stat() }),
    fchmod: ({ key, mode }, { actorPi }) => {
      const stat = objects.get(key).stat();
      if (actorPi.uid !== 0 && actorPi.uid !== stat.uid) throw new SysError('EPERM');
      stat.mode = (stat.mode & ~0o7777) | (mode & 0o7777);
      return EMPTY_REPLY;
    },
    getFlags: ({ key }) => ({ flags: objects.get(key).flags }),
    setFlags: ({ key, flags }) => {
      objects.get(key).flags = flags;
      return EMPTY_REPLY;
    },
    ioctl: ({ key, request }) => {
      const socket = objects.get(key);
      if (request === 'SIOCGIFCONF') return { result: interfacesOf(server.site) };
      if (request !== 'FIONREAD') throw new SysError('ENOTTY');
      return { result: socket.readableBytes };
    },
    hold: ({ keys }, { srcSite }) => {
      objects.hold(keys, srcSite);
      return EMPTY_REPLY;
    },
    release: ({ key }, { srcSite }) => {
      objects.release(key, srcSite);
      return EMPTY_REPLY;
    },
    sync: () => EMPTY_REPLY,
  };
}

function then<T, R>(value: Awaitable<T>, use: (value: T) => R): Awaitable<R> {
  return isPromise(value) ? value.then(use) : use(value);
}
