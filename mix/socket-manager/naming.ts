/** How the sockets of an address family get names and find one another. */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SocketAddress } from '../../subsystems/unix/sockets.ts';
import type { SocketNode } from '../protocols/socket.ts';
import type { EndpointRef } from './server.ts';
import type { Caller, Socket } from './socket.ts';

export interface Naming {
  /** What getsockname says of a socket without a name. */
  readonly unnamed: SocketAddress;
  /** bind(2). Throws EINVAL (has a name), EADDRINUSE, EADDRNOTAVAIL, EACCES, EAFNOSUPPORT. */
  bind(caller: Caller, socket: Socket, address: SocketAddress, node: SocketNode | undefined): Awaitable<void>;
  /** Gives a socket without a name one, where its family demands one before it is used towards `to`. */
  nameBefore(caller: Caller, socket: Socket, to: SocketAddress | null): Awaitable<void>;
  /** The socket listens from now on. Throws EADDRINUSE. */
  listening(thread: Thread, socket: Socket): Awaitable<void>;
  /** The socket that has a name. Throws ECONNREFUSED, ENETUNREACH, EAFNOSUPPORT, EINVAL. */
  find(
    thread: Thread,
    socket: Socket,
    address: SocketAddress,
    node: SocketNode | undefined,
  ): Awaitable<EndpointRef>;
  /** The name that a connection accepted at `listener` from `from` has here. */
  acceptedName(listener: Socket, to: SocketAddress): SocketAddress;
  /** The name that what is sent to `to` comes from; null: none. */
  sourceName(socket: Socket, to: SocketAddress | null): SocketAddress | null;
  /** The name of another socket as this one's family writes it. */
  seenBy(socket: Socket, address: SocketAddress): SocketAddress;
  /** The socket is closed: its name is free. */
  release(socket: Socket): void;
}
