/**
 * Messages over sockets. A message between managers carries 64 KiB; descriptors in one travel as
 * capabilities, and what a site counts of them follows the message: see `socket` in mix/protocols.
 */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import type { SiteId } from '../../../nucleus/ids/ui.ts';
import type { ReplyOf } from '../../../nucleus/ipc/protocol.ts';
import { isSysError, SysError } from '../../../subsystems/unix/errno.ts';
import { Sig } from '../../../subsystems/unix/signals.ts';
import {
  MSG,
  type PacketHeader,
  type ReceivedMessage,
  type ReceiveOptions,
  type SendOptions,
  SO,
  SOCK,
  SOL,
  type SocketAddress,
  type SocketCredentials,
  SocketLimits,
} from '../../../subsystems/unix/sockets.ts';
import type { Fd } from '../../../subsystems/unix/sys.ts';
import type { PassedObject } from '../../protocols/object.ts';
import type { SocketNode, SocketSpecs } from '../../protocols/socket.ts';
import { andThen } from '../and-then.ts';
import type { Manager } from '../manager.ts';
import { takeObjects } from '../marshal.ts';
import { imageOf, type OpenObject } from '../objects.ts';
import type { Process, UThread } from '../process.ts';
import { post } from '../signals.ts';
import { attempt, checkedAddress, nodeOf, socketOf } from '../socket-names.ts';

const MESSAGE_BYTES = 65536;

type Received = ReplyOf<SocketSpecs['receive']>;

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
        ...(options.header ? { header: checkedHeader(options.header) } : {}),
        ...(objects.length > 0 ? { rights: objects.map(imageOf) } : {}),
      };
      return sendPieces(t, object, data, flags, extra, options.give === true);
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
  readonly header?: PacketHeader;
  readonly rights?: PassedObject[];
}

/** A message carries 64 KiB; only the first one carries what goes beside the bytes. */
function sendPieces(
  t: UThread,
  object: OpenObject,
  data: Uint8Array,
  flags: number,
  extra: Extra,
  owned: boolean,
): Awaitable<number> {
  const { sockets } = t.process.pm;
  const key = object.key!;
  for (;;) {
    const at = t.progress;
    const piece = data.length <= MESSAGE_BYTES ? data : data.subarray(at, at + MESSAGE_BYTES);
    const request = { key, data: piece, flags, owned, total: data.length, ...(at === 0 ? extra : {}) };
    const reply = sockets.send(t.thread, object.dest, request);
    const isLast = (count: number): boolean => {
      t.progress += count;
      return count < piece.length || t.progress >= data.length;
    };
    if (isPromise(reply)) {
      return reply.then(({ count }) =>
        isLast(count) ? allSent(t) : sendPieces(t, object, data, flags, extra, owned),
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

/** Throws EINVAL for what fits in no header. */
function checkedHeader({ hops, trafficClass }: PacketHeader): PacketHeader {
  for (const value of [hops, trafficClass]) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= 255)) {
      throw new SysError('EINVAL');
    }
  }
  return { hops, trafficClass };
}

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

export function recvmsg(
  t: UThread,
  fd: Fd,
  max: number,
  options: ReceiveOptions = {},
): Awaitable<ReceivedMessage> {
  const { object, key } = socketOf(t, fd);
  const { flags = 0, rightsMax = 0 } = options;
  if (!(max >= 0) || !Number.isSafeInteger(flags) || flags < 0) throw new SysError('EINVAL');
  // Errors are told by the calls themselves: no queue of them has anything.
  if (flags & MSG.ERRQUEUE) throw new SysError('EAGAIN');
  const request = { key, max: Math.min(max, MESSAGE_BYTES), flags };
  const received = attempt(() => t.process.pm.sockets.receive(t.thread, object.dest, request), lostReceive);
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
  const { data, length, from, sender, header, rights: images, keeper } = received;
  const message: ReceivedMessage = { data, length, flags: received.flags, rights: [] };
  if (from) message.from = from;
  if (sender) message.credentials = sender;
  if (header) message.header = header;
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
