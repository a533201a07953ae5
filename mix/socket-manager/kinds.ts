/** Which sockets there are, socket(2): families, types and protocols, with the errors for all others. */
import { SysError } from '../../subsystems/unix/errno.ts';
import { AF, IPPROTO, SOCK, type SocketCredentials } from '../../subsystems/unix/sockets.ts';
import { DatagramSocket } from './datagram-socket.ts';
import type { Naming } from './naming.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import type { SocketServer } from './server.ts';
import type { Socket, SocketKind } from './socket.ts';
import { StreamSocket } from './stream-socket.ts';

export interface Families {
  readonly unix: Naming;
  readonly inet: Naming;
  readonly inet6: Naming;
  readonly netlink: Naming;
}

const NETLINK_ROUTE = 0;
/** Linux has it so too. */
const PF_UNIX = AF.UNIX;

function unixKind(type: number, protocol: number): SocketKind {
  if (protocol !== 0 && protocol !== PF_UNIX) throw new SysError('EPROTONOSUPPORT');
  if (type === SOCK.RAW) return { domain: AF.UNIX, type: SOCK.DGRAM, protocol: 0 };
  if (type !== SOCK.STREAM && type !== SOCK.DGRAM && type !== SOCK.SEQPACKET) {
    throw new SysError('ESOCKTNOSUPPORT');
  }
  return { domain: AF.UNIX, type, protocol: 0 };
}

function inetKind(domain: number, type: number, protocol: number): SocketKind {
  if (type !== SOCK.STREAM && type !== SOCK.DGRAM) {
    throw new SysError(type === SOCK.RAW ? 'EPROTONOSUPPORT' : 'ESOCKTNOSUPPORT');
  }
  const own = type === SOCK.STREAM ? IPPROTO.TCP : IPPROTO.UDP;
  // Partial checksums mean nothing here: UDP-Lite is UDP by another name.
  const isLite = type === SOCK.DGRAM && protocol === IPPROTO.UDPLITE;
  if (protocol !== 0 && protocol !== own && !isLite) throw new SysError('EPROTONOSUPPORT');
  return { domain, type, protocol: isLite ? protocol : own };
}

/** Throws EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT. */
export function makeSocket(
  server: SocketServer,
  families: Families,
  wanted: SocketKind,
  flags: number,
  owner: SocketCredentials,
): Socket {
  const { domain, type, protocol } = wanted;
  let naming: Naming;
  let kind: SocketKind;
  if (domain === AF.UNIX) {
    kind = unixKind(type, protocol);
    naming = families.unix;
  } else if (domain === AF.INET || domain === AF.INET6) {
    kind = inetKind(domain, type, protocol);
    naming = domain === AF.INET ? families.inet : families.inet6;
  } else if (domain === AF.NETLINK) {
    if (type !== SOCK.RAW && type !== SOCK.DGRAM) throw new SysError('ESOCKTNOSUPPORT');
    if (protocol !== NETLINK_ROUTE) throw new SysError('EPROTONOSUPPORT');
    return new NetlinkSocket(server, families.netlink, wanted, flags, owner);
  } else throw new SysError('EAFNOSUPPORT');
  const Kind = kind.type === SOCK.DGRAM ? DatagramSocket : StreamSocket;
  return new Kind(server, naming, kind, flags, owner);
}
