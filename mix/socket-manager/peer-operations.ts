/**
 * What a Socket Manager does for the others: names that it keeps, and its ends of connections between sites.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { CallContext } from '../../nucleus/ipc/port.ts';
import type { Implementation, ReplyOf, RequestOf } from '../../nucleus/ipc/protocol.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { managersOnly } from '../protocols/managers-only.ts';
import type { PeerSpecs } from '../protocols/socket.ts';
import { connectFromAfar } from './connect.ts';
import { type Arriving, checkedReceiver } from './datagram-socket.ts';
import type { InetPorts } from './inet-naming.ts';
import { RemotePeer } from './peer.ts';
import type { SocketServer } from './server.ts';
import { callerOf } from './socket-operations.ts';
import { StreamSocket } from './stream-socket.ts';
import type { UnixNaming } from './unix-naming.ts';

const EMPTY_REPLY = {};

type Operations = Implementation<PeerSpecs>;

export function peerOperations(server: SocketServer, names: UnixNaming, ports: InetPorts): Operations {
  /** Throws ENOTCONN: the end that was meant is closed. */
  const connection = (endpoint: RequestOf<PeerSpecs['gone']>['endpoint']): StreamSocket => {
    const socket = server.endpoints.get(endpoint);
    if (!(socket instanceof StreamSocket)) throw new SysError('ENOTCONN');
    return socket;
  };
  return managersOnly({
    nameAdd: ({ name, owner, endpoint, replace }) => {
      names.table.add(name, { owner, endpoint }, replace);
      return EMPTY_REPLY;
    },
    nameRemove: ({ name, endpoint }) => {
      names.table.remove(name, endpoint);
      return EMPTY_REPLY;
    },
    nameFind: ({ name }) => names.table.find(name),
    portClaim: ({ claim, again }) => ({ port: ports.table.claim(claim, again) }),
    portDrop: ({ transport, port, endpoint }) => {
      ports.table.drop(transport, port, endpoint);
      return EMPTY_REPLY;
    },
    portFind: (query) => ports.table.find(query),
    connect: (request, context) => connectHere(server, request, context),
    deliver: ({ endpoint, data, control }, { thread }) => {
      const socket = connection(endpoint);
      const kept = server.keep(thread, control ?? null);
      const put = (): Record<never, never> => {
        socket.delivered(data, control ?? null, false);
        return EMPTY_REPLY;
      };
      return isPromise(kept) ? kept.then(put) : put();
    },
    window: ({ endpoint, bytes }) => {
      const socket = connection(endpoint);
      if (socket.peer instanceof RemotePeer) socket.peer.opened(bytes);
      socket.changed.wakeOutput();
      return EMPTY_REPLY;
    },
    shut: ({ endpoint, read, write }) => {
      connection(endpoint).peerShut(read, write);
      return EMPTY_REPLY;
    },
    gone: ({ endpoint, reset }) => {
      connection(endpoint).peerGone(reset);
      return EMPTY_REPLY;
    },
    datagram: (request, context) => datagramHere(server, request, context),
  });
}

function connectHere(
  server: SocketServer,
  request: RequestOf<PeerSpecs['connect']>,
  context: CallContext,
): Awaitable<ReplyOf<PeerSpecs['connect']>> {
  const { endpoint, type, from, to, port, caller, credentials, window, wait } = request;
  const listener = server.endpoints.get(endpoint);
  const made = connectFromAfar(callerOf(context), listener, {
    type,
    from,
    to,
    credentials,
    window,
    wait,
    ref: { owner: port, endpoint: caller },
  });
  const reply = (connection: StreamSocket): ReplyOf<PeerSpecs['connect']> => ({
    endpoint: server.endpointOf(connection),
    address: connection.address,
    credentials: (listener as StreamSocket).backlog?.credentials ?? connection.remoteCredentials,
    window: connection.bufferBytes,
  });
  return isPromise(made) ? made.then(reply) : reply(made);
}

function datagramHere(
  server: SocketServer,
  request: RequestOf<PeerSpecs['datagram']>,
  context: CallContext,
): Awaitable<Record<never, never>> {
  const { endpoint, type, from = null, sender = null, data, control = null, header, wait } = request;
  const datagram: Arriving = { data, control, owned: false, header, from, sender, type };
  const receiver = server.endpoints.get(endpoint);
  const there = checkedReceiver(receiver, datagram);
  const room = there.until<true>(context.thread, wait || !there.isUnix, 0, () => {
    checkedReceiver(receiver, datagram);
    return there.hasRoom(data.length) || !there.isUnix ? true : undefined;
  });
  const put = (): Awaitable<Record<never, never>> => {
    if (!there.hasRoom(data.length) && !there.isUnix) return EMPTY_REPLY;
    const kept = server.keep(context.thread, control);
    const arrive = (): Record<never, never> => {
      there.arrived(datagram);
      return EMPTY_REPLY;
    };
    return isPromise(kept) ? kept.then(arrive) : arrive();
  };
  return isPromise(room) ? room.then(put) : put();
}
