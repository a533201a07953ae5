/**
 * connect(2) of sockets with connections. The listener may be on this manager or another; the new end of the
 * connection is made where the listener is and waits in its backlog.
 *
 * AF_UNIX connects in the caller's thread, and waits while the backlog is full. TCP connects in a thread of
 * the manager, which goes on when a signal ends the caller's wait.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { AF, SO, type SocketAddress, type SocketCredentials } from '../../subsystems/unix/sockets.ts';
import type { SocketNode } from '../protocols/socket.ts';
import { RemotePeer } from './peer.ts';
import type { EndpointRef } from './server.ts';
import type { Caller } from './socket.ts';
import { StreamSocket } from './stream-socket.ts';

/** connect(2). Throws EISCONN, EALREADY, EINPROGRESS, and what the ways below throw. */
export function connectStream(
  caller: Caller,
  socket: StreamSocket,
  address: SocketAddress,
  node: SocketNode | undefined,
): Awaitable<void> {
  const { state, isUnix } = socket;
  if (address.family === AF.UNSPEC && !isUnix) return socket.disconnect();
  if (state === 'listening') throw new SysError(isUnix ? 'EINVAL' : 'EISCONN');
  const waits = socket.waits(0);
  if (isUnix) {
    if (state !== 'idle') throw new SysError('EISCONN');
    return connectNow(caller, socket, address, node, waits);
  }
  if (state === 'connected') {
    if (!socket.connectUntold) throw new SysError('EISCONN');
    socket.connectUntold = false;
    return;
  }
  if (socket.connectFailed) throw socket.failedConnect();
  if (state === 'idle') connectInBackground(caller, socket, address);
  if (waits) return awaitConnection(caller, socket);
  if (socket.connectFailed && socket.error !== 'ECONNREFUSED') throw socket.failedConnect();
  socket.connectUntold = state === 'idle';
  throw new SysError(state === 'idle' ? 'EINPROGRESS' : 'EALREADY');
}

/** Waits for the end of a connect in progress. */
function awaitConnection(caller: Caller, socket: StreamSocket): Awaitable<void> {
  const failed = (error: unknown): never => {
    throw isSysError(error, 'EAGAIN') ? new SysError('EINPROGRESS') : error;
  };
  const done = socket.until<true>(caller.thread, true, socket.options.milliseconds(SO.SNDTIMEO), () => {
    if (socket.state === 'connecting') return undefined;
    if (socket.state !== 'connected') throw socket.failedConnect();
    return true;
  });
  if (isPromise(done)) return done.then(() => {}, failed);
}

/** Throws ECONNREFUSED, EPROTOTYPE, EAGAIN (the backlog is full), K_EABORT, what finding the name throws. */
function connectNow(
  caller: Caller,
  socket: StreamSocket,
  address: SocketAddress,
  node: SocketNode | undefined,
  waits: boolean,
): Awaitable<void> {
  const { thread } = caller;
  const named = socket.naming.nameBefore(caller, socket, address);
  const find = (): Awaitable<EndpointRef> => socket.naming.find(thread, socket, address, node);
  const found = isPromise(named) ? named.then(find) : find();
  const go = (ref: EndpointRef): Awaitable<void> => {
    const { server } = socket;
    if (ref.owner !== server.port) return connectAfar(caller, socket, address, ref, waits);
    const target = server.endpoints.get(ref.endpoint);
    const limitMs = socket.options.milliseconds(SO.SNDTIMEO);
    const listener = awaitRoom(caller, target, socket.type, waits, limitMs);
    const join = (there: StreamSocket): void => {
      if (socket.isClosed || socket.state === 'connected') throw new SysError('EISCONN');
      const connection = newConnection(there, socket.address, address, caller.credentials);
      socket.remote = there.naming.acceptedName(there, address);
      socket.remoteCredentials = credentialsOf(there);
      socket.join(connection);
      there.backlog!.push(connection);
      there.changed.wakeAll();
    };
    return isPromise(listener) ? listener.then(join) : join(listener);
  };
  return isPromise(found) ? found.then(go) : go(found);
}

/** SO_PEERCRED tells of nobody over TCP. */
const credentialsOf = (listener: StreamSocket): SocketCredentials =>
  listener.isUnix ? listener.backlog!.credentials : listener.remoteCredentials;

/** The listener, once its backlog has room. Throws ECONNREFUSED, EPROTOTYPE, EAGAIN, K_EABORT. */
function awaitRoom(
  caller: Caller,
  target: unknown,
  type: number,
  waits: boolean,
  limitMs: number,
): Awaitable<StreamSocket> {
  const listener = target as StreamSocket | undefined;
  if (listener && listener.type !== type) throw new SysError('EPROTOTYPE');
  if (!(listener instanceof StreamSocket)) throw new SysError('ECONNREFUSED');
  return listener.until(caller.thread, waits, limitMs, () => {
    if (!listener.backlog) throw new SysError('ECONNREFUSED');
    return listener.backlog.full ? undefined : listener;
  });
}

/** The end of a new connection at the listener. */
function newConnection(
  listener: StreamSocket,
  from: SocketAddress,
  to: SocketAddress,
  credentials: SocketCredentials,
): StreamSocket {
  const { server, naming, domain, type, protocol } = listener;
  const connection = new StreamSocket(server, naming, { domain, type, protocol }, 0, credentials);
  connection.options.inherit(listener.options);
  connection.local = naming.acceptedName(listener, to);
  connection.isAccepted = true;
  connection.remote = naming.seenBy(listener, from);
  if (listener.isUnix) connection.remoteCredentials = credentials;
  return connection;
}

// --- between sites -----------------------------------------------------------------------------------------

async function connectAfar(
  caller: Caller,
  socket: StreamSocket,
  address: SocketAddress,
  { owner, endpoint }: EndpointRef,
  wait: boolean,
): Promise<void> {
  const { server } = socket;
  const before = socket.state;
  socket.state = 'connecting';
  const request = {
    endpoint,
    wait,
    type: socket.type,
    from: socket.address,
    to: address,
    port: server.port,
    caller: server.endpointOf(socket),
    credentials: caller.credentials,
    window: socket.options.bytes(SO.RCVBUF),
  };
  try {
    const reply = await server.peers.connect(caller.thread, { target: owner }, request);
    const ref = { owner, endpoint: reply.endpoint };
    const peer = new RemotePeer(socket, ref, reply.window);
    if (socket.isClosed) {
      peer.gone(true);
      throw new SysError('ECONNABORTED');
    }
    socket.remote = socket.isUnix ? reply.address : address;
    if (socket.isUnix) socket.remoteCredentials = reply.credentials;
    socket.connectedTo(peer);
  } catch (error) {
    if (socket.state === 'connecting') socket.state = before === 'connecting' ? 'connecting' : 'idle';
    throw isKError(error) && !isKError(error, 'K_EABORT') ? new SysError('ECONNREFUSED') : error;
  }
}

/** At the listener's manager: a socket of another site asks for a connection. */
export function connectFromAfar(
  caller: Caller,
  listener: unknown,
  request: {
    type: number;
    from: SocketAddress;
    to: SocketAddress;
    ref: EndpointRef;
    credentials: SocketCredentials;
    window: number;
    wait: boolean;
  },
): Awaitable<StreamSocket> {
  const make = (there: StreamSocket): StreamSocket => {
    const { from, ref, credentials, window } = request;
    const connection = newConnection(there, from, request.to, credentials);
    connection.connectedTo(new RemotePeer(connection, ref, window));
    there.server.endpointOf(connection);
    there.backlog!.push(connection);
    there.changed.wakeAll();
    return connection;
  };
  const room = awaitRoom(caller, listener, request.type, request.wait, 0);
  return isPromise(room) ? room.then(make) : make(room);
}

// --- TCP ---------------------------------------------------------------------------------------------------

/** Goes on whatever happens to the caller; the outcome is the socket's state and pending error. */
function connectInBackground(
  { site, credentials }: Caller,
  socket: StreamSocket,
  address: SocketAddress,
): void {
  socket.state = 'connecting';
  const { server } = socket;
  const failed = (error: unknown): void => {
    if (!isKError(error) && !isSysError(error)) server.nucleus.reportBug(error);
    if (socket.state !== 'connecting') return;
    socket.state = 'idle';
    socket.connectFailed = true;
    socket.error = isSysError(error) ? (error.code as 'ECONNREFUSED') : 'ECONNREFUSED';
    socket.changed.wakeAll();
  };
  try {
    const done = server.withThread((thread) =>
      connectNow({ thread, site, credentials }, socket, address, undefined, true),
    );
    if (isPromise(done)) done.catch(failed);
  } catch (error) {
    failed(error);
  }
}
