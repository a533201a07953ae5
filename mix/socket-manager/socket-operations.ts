/** The socket protocol: what Process Managers ask of sockets for their processes. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation, ReplyOf, RequestOf } from '../../nucleus/ipc/protocol.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import {
  AF,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  type PacketHeader,
  SHUT,
  SO,
  SOCK,
  SOL,
  SocketLimits,
  type SocketOption,
} from '../../subsystems/unix/sockets.ts';
import type { SocketSpecs } from '../protocols/socket.ts';
import { DatagramSocket } from './datagram-socket.ts';
import type { Taken } from './inbox.ts';
import { type Families, makeSocket } from './kinds.ts';
import { SocketManagerLimits } from './limits.ts';
import type { SocketServer } from './server.ts';
import type { Caller, Socket } from './socket.ts';
import { StreamSocket } from './stream-socket.ts';

const EMPTY_REPLY = {};

/** Who calls, as the nucleus says: the protection domain of a process is its pid. */
export function callerOf({ thread, srcSite, actorPi }: CallContext): Caller {
  return {
    thread,
    site: srcSite,
    credentials: { pid: actorPi.domain, uid: actorPi.uid, gid: actorPi.gid },
  };
}

const done = (result: Awaitable<unknown>): Awaitable<Record<never, never>> =>
  isPromise(result) ? result.then(() => EMPTY_REPLY) : EMPTY_REPLY;

export function socketOperations(server: SocketServer, families: Families): Implementation<SocketSpecs> {
  const { objects } = server;
  return {
    create: (request, context) => {
      objects.reserve(1);
      const { credentials } = callerOf(context);
      const socket = makeSocket(server, families, request, request.flags, credentials);
      return { key: objects.add(socket, context.srcSite), label: socket.label };
    },
    pair: (request, context) => makePair(server, families, request, context),
    bind: ({ key, address, node }, context) => done(objects.get(key).bind(callerOf(context), address, node)),
    listen: ({ key, backlog }, context) =>
      done(objects.get(key).listen(callerOf(context), Math.min(backlog, SocketLimits.BACKLOG_MAX))),
    accept: ({ key, flags }, context) => {
      objects.reserve(1);
      const accepted = objects.get(key).accept(callerOf(context));
      const filed = (socket: Socket): ReplyOf<SocketSpecs['accept']> => {
        socket.flags = flags;
        const address = addressOfPeer(socket);
        return { key: objects.add(socket, context.srcSite), address, label: socket.label };
      };
      return isPromise(accepted) ? accepted.then(filed) : filed(accepted);
    },
    connect: ({ key, address, node }, context) =>
      done(objects.get(key).connect(callerOf(context), address, node)),
    send: (request, context) => send(server, request, context),
    receive: ({ key, max, flags }, context) => {
      const socket = objects.get(key);
      const taken = socket.receive(callerOf(context), Math.min(max, SocketManagerLimits.READ_BYTES), flags);
      const received = (got: Taken): ReplyOf<SocketSpecs['receive']> =>
        receivedReply(server, socket, flags, got);
      return isPromise(taken) ? taken.then(received) : received(taken);
    },
    shutdown: ({ key, how }) => {
      if (how > SHUT.RDWR) throw new SysError('EINVAL');
      objects.get(key).shutdown(how);
      return EMPTY_REPLY;
    },
    name: ({ key, peer }) => {
      const socket = objects.get(key);
      return { address: peer ? socket.peerAddress() : socket.address };
    },
    getOption: ({ key, level, name }) => {
      const socket = objects.get(key);
      return { value: socket.options.get(level, name) ?? factOf(socket, name) };
    },
    setOption: ({ key, level, name, value }, { actorPi }) => {
      const forced = name === SO.SNDBUFFORCE || name === SO.RCVBUFFORCE || name === SO.MARK;
      const socket = objects.get(key);
      if (level === SOL.SOCKET && forced && actorPi.uid !== 0) throw new SysError('EPERM');
      socket.options.set(level, name, value);
      socket.changed.wakeAll();
      return EMPTY_REPLY;
    },
  };
}

/** A connection may be gone before it is accepted. */
function addressOfPeer(socket: Socket) {
  return (socket instanceof StreamSocket ? socket.remote : null) ?? socket.naming.unnamed;
}

/** What an option that can only be read says. */
function factOf(socket: Socket, name: number): SocketOption {
  switch (name) {
    case SO.TYPE:
      return socket.type;
    case SO.DOMAIN:
      return socket.domain;
    case SO.PROTOCOL:
      return socket.protocol;
    case SO.ACCEPTCONN:
      return socket.isListening ? 1 : 0;
    case SO.PEERCRED:
      return socket.peerCredentials();
    case SO.ERROR: {
      const error = socket.takeError();
      return error === null ? 0 : new SysError(error).errno;
    }
    default:
      return 1;
  }
}

function makePair(
  server: SocketServer,
  families: Families,
  wanted: RequestOf<SocketSpecs['pair']>,
  context: CallContext,
): ReplyOf<SocketSpecs['pair']> {
  const { objects } = server;
  const { credentials } = callerOf(context);
  objects.reserve(2);
  const one = makeSocket(server, families, wanted, wanted.flags, credentials);
  if (wanted.domain !== AF.UNIX) throw new SysError('EOPNOTSUPP');
  const two = makeSocket(server, families, wanted, wanted.flags, credentials);
  if (one instanceof StreamSocket && two instanceof StreamSocket) {
    one.remoteCredentials = two.remoteCredentials = credentials;
    one.join(two);
  } else if (one instanceof DatagramSocket && two instanceof DatagramSocket) one.join(two, credentials);
  const first = objects.add(one, context.srcSite);
  return { first, second: objects.add(two, context.srcSite), label: one.label };
}

function send(
  server: SocketServer,
  request: RequestOf<SocketSpecs['send']>,
  context: CallContext,
): Awaitable<{ count: number }> {
  const { key, data, flags, to, node, sender, rights = [], header, owned = false, total } = request;
  const caller = callerOf(context);
  const control = { credentials: sender ?? caller.credentials, rights };
  const message = { data, flags, to, node, control, header, owned, total: Math.max(data.length, total ?? 0) };
  const sent = server.objects.get(key).send(caller, message);
  return isPromise(sent) ? sent.then((count) => ({ count })) : { count: sent };
}

function receivedReply(
  server: SocketServer,
  socket: Socket,
  flags: number,
  { data, length, control, from, header, record }: Taken,
): ReplyOf<SocketSpecs['receive']> {
  if (!(flags & MSG.PEEK)) server.handedOver(control);
  return {
    data,
    length,
    flags: record && length > data.length ? MSG.TRUNC : 0,
    stream: socket.type === SOCK.STREAM,
    keeper: server.site,
    ...(from ? { from } : {}),
    ...(control && socket.options.flag(SO.PASSCRED) ? { sender: control.credentials } : {}),
    ...(control?.rights.length ? { rights: control.rights } : {}),
    ...(header ? { header: askedHeader(socket, header) } : {}),
  };
}

/** What the options of a socket ask for of a datagram's header. */
function askedHeader({ options, domain }: Socket, header: PacketHeader): PacketHeader {
  const asks = (v4: number, v6: number): boolean =>
    domain === AF.INET6 ? options.flag(v6, IPPROTO.IPV6) : options.flag(v4, IPPROTO.IP);
  return {
    ...(asks(IP.RECVTTL, IPV6.RECVHOPLIMIT) ? { hops: header.hops } : {}),
    ...(asks(IP.RECVTOS, IPV6.RECVTCLASS) ? { trafficClass: header.trafficClass } : {}),
    ...(asks(IP.PKTINFO, IPV6.RECVPKTINFO) ? { to: header.to } : {}),
  };
}
