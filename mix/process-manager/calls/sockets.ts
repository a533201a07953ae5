/**
 * Socket calls: each is an operation of the socket protocol at the manager of the socket's site. What the
 * Process Manager adds: paths of AF_UNIX are resolved here, descriptors in messages become capabilities and
 * back, and EPIPE on a connection raises SIGPIPE.
 */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import type { Key } from '../../../nucleus/ids/capability.ts';
import type { SiteId, UI } from '../../../nucleus/ids/ui.ts';
import type { ReplyOf } from '../../../nucleus/ipc/protocol.ts';
import { O, S } from '../../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import {
  AF,
  MSG,
  type ReceivedMessage,
  type ReceiveOptions,
  type SendOptions,
  SO,
  SOCK,
  SOL,
  type SocketAddress,
  type SocketCredentials,
  SocketLimits,
  type SocketOption,
} from '../../../subsystems/unix/sockets.ts';
import { type Fd, Terminated } from '../../../subsystems/unix/sys.ts';
import type { PassedObject } from '../../protocols/object.ts';
import { SOCKET_MANAGERS, type SocketNode, type SocketSpecs } from '../../protocols/socket.ts';
import { andThen } from '../and-then.ts';
import { asVoid, type Manager } from '../manager.ts';
import { takeObjects } from '../marshal.ts';
import { imageOf, type OpenObject } from '../objects.ts';
import type { Process, UThread } from '../process.ts';
import { resolve } from '../resolve.ts';
import { post } from '../signals.ts';

const MESSAGE_BYTES = 65536;

type Received = ReplyOf<SocketSpecs['receive']>;

/** Throws EBADF, ENOTSOCK. */
function socketOf(t: UThread, fd: Fd): { object: OpenObject; key: Key } {
  const object = t.process.fds.object(fd);
  if (object.kind !== 'socket' || object.key === undefined) throw new SysError('ENOTSOCK');
  return { object, key: object.key };
}

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

// --- addresses ---------------------------------------------------------------------------------------------

/** Throws EFAULT, EINVAL for what is no address. */
function checkedAddress(value: SocketAddress): SocketAddress {
  if (typeof value !== 'object' || value === null) throw new SysError('EFAULT');
  const { family, path, host, port } = value;
  const shaped =
    Number.isSafeInteger(family) &&
    family >= 0 &&
    (path === undefined || typeof path === 'string') &&
    (host === undefined || typeof host === 'string') &&
    (port === undefined || (Number.isSafeInteger(port) && port >= 0));
  if (!shaped || (path ?? '').length > SocketLimits.UNIX_PATH_MAX || (host ?? '').length > 64) {
    throw new SysError('EINVAL');
  }
  return { family, path, host, port };
}

const isPath = ({ family, path = '' }: SocketAddress): boolean =>
  family === AF.UNIX && path !== '' && path.charCodeAt(0) !== 0;

/** The inode of a path of AF_UNIX. Throws ECONNREFUSED for one of another type, what walking throws. */
function nodeOf(t: UThread, address: SocketAddress): Awaitable<SocketNode | undefined> {
  if (!isPath(address)) return undefined;
  const { process, thread } = t;
  const { pm, umask } = process;
  const refused = (error: unknown): never => {
    throw isSysError(error, 'EISDIR') || isSysError(error, 'ENXIO') ? new SysError('ECONNREFUSED') : error;
  };
  const found = resolveOr(
    () =>
      resolve(process, address.path!, (dest, walk) =>
        pm.servers.open(thread, dest, { ...walk, flags: O.WRONLY, mode: 0, umask }),
      ),
    refused,
  );
  return andThen(found, ({ reply, port }) => {
    if (reply.key !== undefined) void pm.objects.drop(pm.objects.enter(port, reply.key, 'file', ''));
    if (reply.special?.kind !== 'socket') throw new SysError('ECONNREFUSED');
    const { site, id } = reply.special;
    return { site, id };
  });
}

function resolveOr<R>(work: () => Awaitable<R>, failed: (error: unknown) => Awaitable<R>): Awaitable<R> {
  try {
    const result = work();
    return isPromise(result) ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function bind(t: UThread, fd: Fd, to: SocketAddress): Awaitable<void> {
  const { object, key } = socketOf(t, fd);
  const { pm } = t.process;
  const address = checkedAddress(to);
  if (!isPath(address)) return asVoid(pm.sockets.bind(t.thread, object.dest, { key, address }));
  return andThen(makeNode(t, address.path!), (node) => {
    const undo = (error: unknown): Awaitable<never> => {
      const gone = resolveOr<unknown>(
        () => resolve(t.process, address.path!, (dest, walk) => pm.servers.unlink(t.thread, dest, walk)),
        () => undefined,
      );
      return andThen(gone, () => {
        throw error;
      });
    };
    return resolveOr(() => asVoid(pm.sockets.bind(t.thread, object.dest, { key, address, node })), undo);
  });
}

/** Makes the inode. Throws EADDRINUSE for a path that exists. */
function makeNode(t: UThread, path: string): Awaitable<SocketNode> {
  const { process, thread } = t;
  const { pm, umask } = process;
  const taken = (error: unknown): never => {
    throw isSysError(error, 'EEXIST') ? new SysError('EADDRINUSE') : error;
  };
  const made = resolveOr(
    () =>
      resolve(process, path, (dest, walk) =>
        pm.servers.mknod(thread, dest, { ...walk, mode: S.IFSOCK | 0o777, umask, rdev: 0 }),
      ),
    taken,
  );
  return andThen(made, ({ reply: { special } }) => {
    if (!special) throw new SysError('EPERM');
    return { site: special.site, id: special.id };
  });
}

// --- sending -----------------------------------------------------------------------------------------------

/** sendmsg(2), and write(2) on a socket. Short only where it may not wait, or was interrupted. */
export function sendTo(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  options: SendOptions,
): Awaitable<number> {
  if (!(data instanceof Uint8Array)) throw new SysError('EFAULT');
  const { process } = t;
  const { flags = 0, rights: fds = [], credentials } = options;
  if (!Number.isSafeInteger(flags) || flags < 0 || !Array.isArray(fds)) throw new SysError('EINVAL');
  if (fds.length > SocketLimits.RIGHTS_MAX) throw new SysError('EINVAL');
  const objects = fds.map((fd) => process.fds.object(fd));
  const sender = credentials === undefined ? undefined : checkedCredentials(process, credentials);
  const to = options.to === undefined ? undefined : checkedAddress(options.to);
  // Held until the receiver's site has them, whatever the process does meanwhile.
  for (const passed of objects) passed.refs += 1;
  const release = (): void => {
    for (const passed of objects) void process.pm.objects.drop(passed);
  };
  const failed = (error: unknown): Awaitable<number> => sendFailed(t, object, flags, error);
  let sent: Awaitable<number>;
  try {
    sent = andThen(to === undefined ? undefined : nodeOf(t, to), (node) => {
      const extra = {
        ...(to ? { to } : {}),
        ...(node ? { node } : {}),
        ...(sender ? { sender } : {}),
        ...(objects.length > 0 ? { rights: objects.map(imageOf) } : {}),
      };
      return sendPieces(t, object, data, flags, extra);
    });
  } catch (error) {
    release();
    return failed(error);
  }
  if (!isPromise(sent)) {
    release();
    return sent;
  }
  return sent.catch(failed).finally(release);
}

interface Extra {
  readonly to?: SocketAddress;
  readonly node?: SocketNode;
  readonly sender?: SocketCredentials;
  readonly rights?: PassedObject[];
}

/** A message carries 64 KiB; only the first one carries what goes beside the bytes. */
function sendPieces(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  flags: number,
  extra: Extra,
): Awaitable<number> {
  const { sockets } = t.process.pm;
  const key = object.key!;
  for (;;) {
    const at = t.progress;
    const piece = data.length <= MESSAGE_BYTES ? data : data.subarray(at, at + MESSAGE_BYTES);
    const request = { key, data: piece, flags, total: data.length, ...(at === 0 ? extra : {}) };
    const reply = sockets.send(t.thread, object.dest, request);
    const isLast = (count: number): boolean => {
      t.progress += count;
      return count < piece.length || t.progress >= data.length;
    };
    if (isPromise(reply)) {
      return reply.then(({ count }) =>
        isLast(count) ? allSent(t) : sendPieces(t, object, data, flags, extra),
      );
    }
    if (isLast(reply.count)) return allSent(t);
  }
}

/** The bytes of the whole call; a guest's sendmmsg sends several times within one. */
function allSent(t: UThread): number {
  const { progress } = t;
  t.progress = 0;
  return progress;
}

/** What was sent before an error counts. EPIPE on a byte stream raises SIGPIPE, unless MSG_NOSIGNAL. */
function sendFailed(t: UThread, object: OpenObject, flags: number, error: unknown): Awaitable<number> {
  if (t.progress > 0 && (error instanceof SysError || isKError(error))) return allSent(t);
  if (isLost(error)) throw new SysError('ECONNRESET');
  if (!isSysError(error, 'EPIPE') || flags & MSG.NOSIGNAL) throw error;
  const { pm } = t.process;
  const asked = pm.sockets.getOption(t.thread, object.dest, {
    key: object.key!,
    level: SOL.SOCKET,
    name: SO.TYPE,
  });
  return andThen(asked, ({ value }) => {
    if (value === SOCK.STREAM) post(t.process, Sig.PIPE);
    throw error;
  });
}

const isLost = (error: unknown): boolean =>
  isKError(error, 'K_ELINKFAILURE') || isKError(error, 'K_EUNREACHABLE');

/** Others than root can only say what they are. Throws EPERM. */
function checkedCredentials({ pid, creds }: Process, value: SocketCredentials): SocketCredentials {
  const { pid: claimed, uid, gid } = value;
  if (![claimed, uid, gid].every((id) => Number.isSafeInteger(id) && id >= 0)) throw new SysError('EINVAL');
  const isUser = [creds.uid, creds.euid, creds.suid].includes(uid);
  const isGroup = [creds.gid, creds.egid, creds.sgid].includes(gid);
  if (creds.euid !== 0 && !(claimed === pid && isUser && isGroup)) throw new SysError('EPERM');
  return { pid: claimed, uid, gid };
}

// --- receiving ---------------------------------------------------------------------------------------------

function recvmsg(t: UThread, fd: Fd, max: number, options: ReceiveOptions = {}): Awaitable<ReceivedMessage> {
  const { object, key } = socketOf(t, fd);
  const { flags = 0, rightsMax = 0 } = options;
  if (!(max >= 0) || !Number.isSafeInteger(flags) || flags < 0) throw new SysError('EINVAL');
  const request = { key, max: Math.min(max, MESSAGE_BYTES), flags };
  const received = resolveOr(() => t.process.pm.sockets.receive(t.thread, object.dest, request), lostReceive);
  return andThen(received, (first) => {
    const all = wantsMore(first, max, flags) ? receiveOn(t, object, max, flags, first) : first;
    return andThen(all, (whole) => delivered(t, whole, flags, rightsMax));
  });
}

/** What a lost site's connections give. */
function lostReceive(error: unknown): never {
  throw isLost(error) ? new SysError('ECONNRESET') : error;
}

/** MSG_WAITALL goes on past what one message carries. */
function wantsMore({ data, rights, stream }: Received, max: number, flags: number): boolean {
  const whole = data.length === MESSAGE_BYTES && data.length < max && !rights?.length;
  return whole && stream && (flags & MSG.WAITALL) !== 0 && (flags & MSG.PEEK) === 0;
}

async function receiveOn(
  t: UThread,
  object: OpenObject,
  max: number,
  flags: number,
  first: Received,
): Promise<Received> {
  const parts = [first.data];
  let total = first.data.length;
  let last = first;
  while (total < max) {
    const size = Math.min(max - total, MESSAGE_BYTES);
    try {
      last = await t.process.pm.sockets.receive(t.thread, object.dest, {
        key: object.key!,
        max: size,
        flags,
      });
    } catch (error) {
      if (!isKError(error) && !isSysError(error)) throw error;
      break;
    }
    parts.push(last.data);
    total += last.data.length;
    if (last.data.length < size || last.rights?.length) break;
  }
  return { ...last, data: Buffer.concat(parts), length: total };
}

/** Descriptors that came along are filed, as many as there is room for; the others are closed. */
function delivered(
  t: UThread,
  received: Received,
  flags: number,
  rightsMax: number,
): Awaitable<ReceivedMessage> {
  const { data, length, from, sender, rights: images, keeper } = received;
  const message: ReceivedMessage = { data, length, flags: received.flags, rights: [] };
  if (from) message.from = from;
  if (sender) message.credentials = sender;
  if (!images?.length) return message;
  return andThen(takeRights(t.process.pm, images, keeper, (flags & MSG.PEEK) !== 0), (objects) => {
    const { fds, limits, pm, state } = t.process;
    const cloexec = (flags & MSG.CMSG_CLOEXEC) !== 0;
    for (const [i, object] of objects.entries()) {
      try {
        if (i >= rightsMax || state !== 'running') void pm.objects.drop(object);
        else message.rights.push(fds.add(object, cloexec, limits.nofile.soft));
      } catch {
        // EMFILE: the object is dropped.
      }
    }
    if (message.rights.length < images.length) message.flags |= MSG.CTRUNC;
    return message;
  });
}

/**
 * This site's references to objects that came in a message. Those that waited here are ours already; the site
 * where others waited keeps them until we have ours. A peek takes copies.
 */
function takeRights(
  pm: Manager,
  images: readonly PassedObject[],
  keeper: SiteId,
  peek: boolean,
): Awaitable<OpenObject[]> {
  if (keeper !== pm.site) {
    return takeObjects(pm, images).then((objects) => {
      const request = { objects: [...images] };
      if (!peek) pm.background((thread) => pm.peers.dropObjects(thread, pm.managerOf(keeper), request));
      return objects;
    });
  }
  const objects = images.map(({ port, key }) => pm.objects.find(port, key));
  const found = objects.filter((object) => object !== undefined);
  if (peek) for (const object of found) object.refs += 1;
  return found;
}
