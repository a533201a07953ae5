/**
 * The protocols of Socket Managers. A socket is an open object (see `object`: read, write, poll, fstat,
 * flags, hold, release, FIONREAD) that its manager's port also speaks `socket` to: what only sockets do.
 * Managers speak `socket-peer` to one another.
 *
 * Where things live. A socket lives on the manager of the site where it was made. A connection is a pair of
 * sockets; each end knows the other by an *endpoint* {manager's port, endpoint key}, which is not the
 * capability of a descriptor. Bytes in flight lie at the receiver; the sender may send as much as the window
 * that the receiver has opened, so a delivery between sites never waits.
 *
 * Names. A path is an inode of a File Manager; which socket is bound to it is known by the Socket Manager of
 * that File Manager's site (as FIFOs meet at its Device Manager). Abstract names and port numbers are one
 * space of the whole system, kept by the *registrar*: the manager of the lowest site that has one.
 *
 * Descriptors in messages are capabilities of open objects. While they are under way the Process Manager of
 * the receiving socket's site (`keeper`) counts a reference to each.
 */
import { staticGroup } from '../../nucleus/ipc/group.ts';
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import {
  bool,
  bytes,
  key,
  list,
  oneOf,
  opaque,
  opt,
  rec,
  str,
  type TypeOf,
  ui,
  uint,
} from '../../nucleus/ipc/schema.ts';
import { SocketLimits } from '../../subsystems/unix/sockets.ts';
import { unixFaults } from './faults.ts';
import { passedObject } from './object.ts';

export const SOCKET_MANAGERS = staticGroup('staticSystem', 0x534d);

/** Host names and ports, or a name of AF_UNIX: SocketAddress. */
export const address = rec({
  family: uint,
  path: opt(str(SocketLimits.UNIX_PATH_MAX)),
  host: opt(str(64)),
  port: opt(uint),
});

export const credentials = rec({ pid: uint, uid: uint, gid: uint });

/** An inode of type socket: as `special` of the object protocol names it. */
export const node = rec({ site: uint, id: str(128) });
export type SocketNode = TypeOf<typeof node>;

const rights = list(passedObject, SocketLimits.RIGHTS_MAX);

/** PacketHeader. */
export const packet = rec({ hops: opt(uint), trafficClass: opt(uint), to: opt(str(64)) });

/** What travels beside the bytes of a message. */
export const control = rec({ credentials, rights });
export type Control = TypeOf<typeof control>;

/** Client (Process Manager) to Socket Manager. `key`: of the open object. */
export const SocketProtocol = protocol('socket', unixFaults, {
  /** socket(2). `type` without flags; `flags`: O_NONBLOCK. `label`: what /proc/PID/fd shows. */
  create: operation({ domain: uint, type: uint, protocol: uint, flags: uint }, { key, label: str(64) }),
  /** socketpair(2): both ends on this manager. */
  pair: operation(
    { domain: uint, type: uint, protocol: uint, flags: uint },
    { first: key, second: key, label: str(64) },
  ),
  /** bind(2). `node`: the inode made for a path of AF_UNIX. */
  bind: operation({ key, address, node: opt(node) }, {}),
  listen: operation({ key, backlog: uint }, {}),
  /** accept(2): waits for a connection unless the socket is non-blocking. */
  accept: operation({ key, flags: uint }, { key, address, label: str(64) }),
  connect: operation({ key, address, node: opt(node) }, {}),
  /** `sender`: what SCM_CREDENTIALS shall say; default: who the nucleus says it is. */
  send: operation(
    {
      key,
      data: bytes,
      flags: uint,
      to: opt(address),
      node: opt(node),
      sender: opt(credentials),
      rights: opt(rights),
      header: opt(packet),
      /** `data` is the manager's to keep: it need not be copied. */
      owned: opt(bool),
      /** Bytes of the whole call, of which this message has the first: a datagram cannot be cut. */
      total: opt(uint),
    },
    { count: uint },
  ),
  receive: operation(
    { key, max: uint, flags: uint },
    {
      data: bytes,
      length: uint,
      flags: uint,
      from: opt(address),
      sender: opt(credentials),
      rights: opt(rights),
      header: opt(packet),
      /** More may follow: there are no records. */
      stream: bool,
      /** Site whose Process Manager counts references to `rights`: they are the caller's now. */
      keeper: uint,
    },
  ),
  shutdown: operation({ key, how: uint }, {}),
  name: operation({ key, peer: bool }, { address }),
  getOption: operation({ key, level: uint, name: uint }, { value: opaque }),
  setOption: operation({ key, level: uint, name: uint, value: opaque }, {}),
});
export type SocketSpecs = (typeof SocketProtocol)['specs'];

const transport = oneOf('tcp', 'udp');
export type Transport = TypeOf<typeof transport>;

/** A socket's claim on a port number of one transport. */
export const claim = rec({
  transport,
  family: uint,
  host: str(64),
  port: uint,
  /** SO_REUSEADDR, SO_REUSEPORT, listening (TCP), IPV6_V6ONLY. */
  reuseAddress: bool,
  reusePort: bool,
  listening: bool,
  v6only: bool,
  uid: uint,
  owner: ui,
  endpoint: key,
  site: uint,
});
export type Claim = TypeOf<typeof claim>;

/** Socket Manager to Socket Manager. */
export const PeerProtocol = protocol('socket-peer', unixFaults, {
  // --- names -----------------------------------------------------------------------------------------------
  /** Binds a node of this site, or an abstract name (at the registrar). EADDRINUSE unless `replace`. */
  nameAdd: operation({ name: str(256), owner: ui, endpoint: key, replace: bool }, {}),
  nameRemove: operation({ name: str(256), endpoint: key }, {}),
  /** ECONNREFUSED when nobody has it. */
  nameFind: operation({ name: str(256) }, { owner: ui, endpoint: key }),
  /** At the registrar: claims a port; 0 gives a free one. EADDRINUSE. `again`: told anew after a change. */
  portClaim: operation({ claim, again: bool }, { port: uint }),
  /** The claim of `endpoint` begins or ends. */
  portDrop: operation({ transport, port: uint, endpoint: key }, {}),
  /** Who takes what is sent to this address; `listening`: a TCP socket that listens. ECONNREFUSED. */
  portFind: operation({ transport, host: str(64), port: uint, fromPort: uint }, { owner: ui, endpoint: key }),
  // --- connections -----------------------------------------------------------------------------------------
  /**
   * Asks the listener `endpoint` for a connection: waits while its backlog is full, if `wait`. `caller`: the
   * endpoint that asks, on the manager `port`; `window`: bytes that may be sent to it.
   */
  connect: operation(
    {
      endpoint: key,
      type: uint,
      from: address,
      to: address,
      port: ui,
      caller: key,
      credentials,
      window: uint,
      wait: bool,
    },
    { endpoint: key, address, credentials, window: uint },
  ),
  /** Bytes, or one message of a SOCK_SEQPACKET; within the window. */
  deliver: operation({ endpoint: key, data: bytes, control: opt(control) }, {}),
  /** The other end has read: so many bytes more may be sent. */
  window: operation({ endpoint: key, bytes: uint }, {}),
  /** The other end sends (`write`) or reads (`read`) no more. */
  shut: operation({ endpoint: key, read: bool, write: bool }, {}),
  /** The other end is closed; `reset`: with bytes unread. */
  gone: operation({ endpoint: key, reset: bool }, {}),
  // --- datagrams -------------------------------------------------------------------------------------------
  /** To a bound or connected socket; waits for room if `wait`, else EAGAIN. */
  datagram: operation(
    {
      endpoint: key,
      type: uint,
      from: opt(address),
      sender: opt(key),
      data: bytes,
      control: opt(control),
      header: opt(packet),
      wait: bool,
    },
    {},
  ),
});
export type PeerSpecs = (typeof PeerProtocol)['specs'];
