/**
 * Socket calls: each is an operation of the socket protocol at the manager of the socket's site. What the
 * Process Manager adds: paths of AF_UNIX are resolved here, descriptors in messages become capabilities and
 * back, and EPIPE on a connection raises SIGPIPE.
 */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import type { UI } from '../../../nucleus/ids/ui.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import {
  AF,
  type SendOptions,
  SO,
  SOCK,
  SOL,
  type SocketAddress,
  SocketLimits,
  type SocketOption,
} from '../../../subsystems/unix/sockets.ts';
import { type Fd, Terminated } from '../../../subsystems/unix/sys.ts';
import { SOCKET_MANAGERS } from '../../protocols/socket.ts';
import { andThen } from '../and-then.ts';
import { asVoid, type Manager } from '../manager.ts';
import type { OpenObject } from '../objects.ts';
import type { UThread } from '../process.ts';
import { resolve } from '../resolve.ts';
import { attempt, checkedAddress, isPath, makeNode, nodeOf, socketOf } from '../socket-names.ts';
import { recvmsg, sendTo } from './socket-messages.ts';

/** Throws EAFNOSUPPORT on a site without a Socket Manager. */
function socketManagerHere(pm: Manager): UI {
  const port = pm.nucleus.ipc.groups.membersOf(SOCKET_MANAGERS.ui)[0];
  if (!port) throw new SysError('EAFNOSUPPORT');
  return port;
}

/** Files a socket that this site now holds. Throws EMFILE, ENFILE. */
function fileSocket(t: UThread, port: UI, key: Key, label: string, cloexec: boolean): Fd {
  const { fds, limits, pm } = t.process;
  const object = pm.objects.enter(port, key, 'socket', label);
  if (t.process.state !== 'running') {
    void pm.objects.drop(object);
    throw new Terminated();
  }
  return fds.add(object, cloexec, limits.nofile.soft);
}

/** Splits the flags from a type. Throws EINVAL. */
function typeAndFlags(domain: number, typed: number, protocol: number) {
  const flags = typed & ~SOCK.TYPE_MASK;
  if ((flags & ~(SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0 || protocol < 0) throw new SysError('EINVAL');
  if (domain < 0) throw new SysError('EAFNOSUPPORT');
  const cloexec = (flags & SOCK.CLOEXEC) !== 0;
  const wanted = { domain, type: typed & SOCK.TYPE_MASK, protocol, flags: flags & SOCK.NONBLOCK };
  return { wanted, cloexec };
}

export const socketCalls = {
  socket: (t: UThread, domain: number, type: number, protocol = 0): Awaitable<Fd> => {
    const { wanted, cloexec } = typeAndFlags(domain, type, protocol);
    const { pm } = t.process;
    const port = socketManagerHere(pm);
    return andThen(pm.sockets.create(t.thread, { target: port }, wanted), ({ key, label }) =>
      fileSocket(t, port, key, label, cloexec),
    );
  },
  socketpair: (t: UThread, domain: number, type: number, protocol = 0): Awaitable<[Fd, Fd]> => {
    const { wanted, cloexec } = typeAndFlags(domain, type, protocol);
    const { pm, fds } = t.process;
    const port = socketManagerHere(pm);
    return andThen(pm.sockets.pair(t.thread, { target: port }, wanted), ({ first, second, label }) => {
      const one = fileSocket(t, port, first, label, cloexec);
      try {
        return [one, fileSocket(t, port, second, label, cloexec)];
      } catch (error) {
        void pm.objects.drop(fds.take(one));
        throw error;
      }
    });
  },
  bind,
  listen: (t: UThread, fd: Fd, backlog: number): Awaitable<void> => {
    const { object, key } = socketOf(t, fd);
    // A negative one is a very long one, as on Linux.
    const length = backlog < 0 ? SocketLimits.BACKLOG_MAX : backlog;
    return asVoid(t.process.pm.sockets.listen(t.thread, object.dest, { key, backlog: length }));
  },
  accept: (t: UThread, fd: Fd, flags = 0): Awaitable<{ fd: Fd; address: SocketAddress }> => {
    const { object, key } = socketOf(t, fd);
    if ((flags & ~(SOCK.NONBLOCK | SOCK.CLOEXEC)) !== 0) throw new SysError('EINVAL');
    const request = { key, flags: flags & SOCK.NONBLOCK };
    return andThen(t.process.pm.sockets.accept(t.thread, object.dest, request), (accepted) => {
      const { address, label } = accepted;
      return { fd: fileSocket(t, object.port, accepted.key, label, (flags & SOCK.CLOEXEC) !== 0), address };
    });
  },
  connect: (t: UThread, fd: Fd, to: SocketAddress): Awaitable<void> => {
    const { object, key } = socketOf(t, fd);
    const address = checkedAddress(to);
    return andThen(nodeOf(t, address), (node) =>
      asVoid(
        t.process.pm.sockets.connect(t.thread, object.dest, { key, address, ...(node ? { node } : {}) }),
      ),
    );
  },
  sendmsg: (t: UThread, fd: Fd, data: Uint8Array, options: SendOptions = {}): Awaitable<number> =>
    sendTo(t, socketOf(t, fd).object, data, options),
  recvmsg,
  shutdown: (t: UThread, fd: Fd, how: number): Awaitable<void> => {
    const { object, key } = socketOf(t, fd);
    if (how < 0) throw new SysError('EINVAL');
    return asVoid(t.process.pm.sockets.shutdown(t.thread, object.dest, { key, how }));
  },
  getsockname: (t: UThread, fd: Fd): Awaitable<SocketAddress> => nameOf(t, fd, false),
  getpeername: (t: UThread, fd: Fd): Awaitable<SocketAddress> => nameOf(t, fd, true),
  getsockopt: (t: UThread, fd: Fd, level: number, name: number): Awaitable<SocketOption> => {
    const { object, key } = socketOf(t, fd);
    if (level < 0 || name < 0) throw new SysError('ENOPROTOOPT');
    return andThen(
      t.process.pm.sockets.getOption(t.thread, object.dest, { key, level, name }),
      ({ value }) => value as SocketOption,
    );
  },
  setsockopt: (t: UThread, fd: Fd, level: number, name: number, value: SocketOption): Awaitable<void> => {
    const { object, key } = socketOf(t, fd);
    if (level < 0 || name < 0) throw new SysError('ENOPROTOOPT');
    return asVoid(t.process.pm.sockets.setOption(t.thread, object.dest, { key, level, name, value }));
  },
};

function nameOf(t: UThread, fd: Fd, peer: boolean): Awaitable<SocketAddress> {
  const { object, key } = socketOf(t, fd);
  return andThen(t.process.pm.sockets.name(t.thread, object.dest, { key, peer }), ({ address }) => address);
}

function bind(t: UThread, fd: Fd, to: SocketAddress): Awaitable<void> {
  const { object, key } = socketOf(t, fd);
  const { pm } = t.process;
  const address = checkedAddress(to);
  if (!isPath(address)) return asVoid(pm.sockets.bind(t.thread, object.dest, { key, address }));
  const domain = pm.sockets.getOption(t.thread, object.dest, { key, level: SOL.SOCKET, name: SO.DOMAIN });
  return andThen(domain, ({ value }) => {
    if (value !== AF.UNIX) throw new SysError('EAFNOSUPPORT');
    return bindPath(t, object, key, address);
  });
}

/** The name is an inode first, which goes again when the socket does not get it. */
function bindPath(t: UThread, object: OpenObject, key: Key, address: SocketAddress): Awaitable<void> {
  const { pm } = t.process;
  return andThen(makeNode(t, address.path!), (node) => {
    const undo = (error: unknown): Awaitable<never> => {
      const gone = attempt<unknown>(
        () => resolve(t.process, address.path!, (dest, walk) => pm.servers.unlink(t.thread, dest, walk)),
        () => undefined,
      );
      return andThen(gone, () => {
        throw error;
      });
    };
    return attempt(() => asVoid(pm.sockets.bind(t.thread, object.dest, { key, address, node })), undo);
  });
}
