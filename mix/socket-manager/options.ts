/**
 * Socket options, socket(7), tcp(7), ip(7), ipv6(7): one table. What an option does is looked up where it
 * matters (`flag`, `bytes`, `milliseconds`); an option without effect here is remembered and given back, as
 * programs set many by custom.
 */
import { SysError } from '../../subsystems/unix/errno.ts';
import {
  AF,
  IP,
  IPPROTO,
  IPV6,
  type Linger,
  SO,
  SOCK,
  SOL,
  type SocketOption,
  TCP,
  UDP,
} from '../../subsystems/unix/sockets.ts';
import { SocketManagerLimits } from './limits.ts';
import type { SocketKind } from './socket.ts';

/**
 * `flag`: 0 or 1. `int`: within bounds. `buffer`: doubled, as Linux has it. `time`: ms, 0 = for ever.
 * `linger`, `text`. `fact`: can only be read, and is answered elsewhere.
 */
interface Row {
  readonly kind: 'flag' | 'int' | 'buffer' | 'time' | 'linger' | 'text' | 'fact';
  readonly initial: SocketOption;
  readonly min?: number;
  readonly max?: number;
}

const flag = (initial = 0): Row => ({ kind: 'flag', initial });
const int = (initial: number, min = 0, max = 0x7fffffff): Row => ({ kind: 'int', initial, min, max });
const FACT: Row = { kind: 'fact', initial: 0 };
const BUFFER: Row = { kind: 'buffer', initial: SocketManagerLimits.BUFFER_BYTES };
/** Of local packets: twice what one may have, which is how programs ask for that. */
const PACKETS: Row = { kind: 'buffer', initial: 2 * SocketManagerLimits.DATAGRAM_BYTES };
const TIME: Row = { kind: 'time', initial: 0 };

const SOCKET_ROWS: ReadonlyMap<number, Row> = new Map([
  [SO.DEBUG, flag()],
  [SO.REUSEADDR, flag()],
  [SO.TYPE, FACT],
  [SO.ERROR, FACT],
  [SO.DONTROUTE, flag()],
  [SO.BROADCAST, flag()],
  [SO.SNDBUF, BUFFER],
  [SO.RCVBUF, BUFFER],
  [SO.SNDBUFFORCE, BUFFER],
  [SO.RCVBUFFORCE, BUFFER],
  [SO.KEEPALIVE, flag()],
  [SO.OOBINLINE, flag()],
  [SO.NO_CHECK, flag()],
  [SO.PRIORITY, int(0, 0, 6)],
  [SO.LINGER, { kind: 'linger', initial: { on: false, seconds: 0 } }],
  [SO.BSDCOMPAT, flag()],
  [SO.REUSEPORT, flag()],
  [SO.PASSCRED, flag()],
  [SO.PEERCRED, FACT],
  [SO.RCVLOWAT, int(1)],
  [SO.SNDLOWAT, FACT],
  [SO.RCVTIMEO, TIME],
  [SO.SNDTIMEO, TIME],
  [SO.TIMESTAMP, flag()],
  [SO.ACCEPTCONN, FACT],
  [SO.PASSSEC, flag()],
  [SO.TIMESTAMPNS, flag()],
  [SO.MARK, int(0)],
  [SO.TIMESTAMPING, int(0)],
  [SO.PROTOCOL, FACT],
  [SO.DOMAIN, FACT],
  [SO.RXQ_OVFL, flag()],
  [SO.BUSY_POLL, int(0)],
  [SO.BINDTODEVICE, { kind: 'text', initial: '' }],
]);

const TCP_ROWS: ReadonlyMap<number, Row> = new Map([
  [TCP.NODELAY, flag()],
  [TCP.MAXSEG, int(65_483, 88, 65_535)],
  [TCP.CORK, flag()],
  [TCP.KEEPIDLE, int(7200, 1, 32_767)],
  [TCP.KEEPINTVL, int(75, 1, 32_767)],
  [TCP.KEEPCNT, int(9, 1, 127)],
  [TCP.SYNCNT, int(6, 1, 127)],
  [TCP.LINGER2, int(60, -1)],
  [TCP.DEFER_ACCEPT, int(0)],
  [TCP.WINDOW_CLAMP, int(0)],
  [TCP.QUICKACK, flag(1)],
  [TCP.CONGESTION, { kind: 'text', initial: 'cubic' }],
  [TCP.USER_TIMEOUT, int(0)],
  [TCP.FASTOPEN, int(0)],
  [TCP.NOTSENT_LOWAT, int(0)],
]);

const UDP_ROWS: ReadonlyMap<number, Row> = new Map([
  [UDP.CORK, flag()],
  [UDP.SEND_CSCOV, int(0)],
  [UDP.RECV_CSCOV, int(0)],
  [UDP.SEGMENT, int(0, 0, 0xffff)],
  [UDP.GRO, flag()],
]);

const IP_ROWS: ReadonlyMap<number, Row> = new Map([
  [IP.TOS, int(0, 0, 255)],
  [IP.TTL, int(64, 1, 255)],
  [IP.PKTINFO, flag()],
  [IP.MTU_DISCOVER, int(1, 0, 5)],
  [IP.RECVERR, flag()],
  [IP.RECVTTL, flag()],
  [IP.RECVTOS, flag()],
  [IP.FREEBIND, flag()],
  [IP.BIND_ADDRESS_NO_PORT, flag()],
  [IP.MULTICAST_TTL, int(1, 0, 255)],
  [IP.MULTICAST_LOOP, flag(1)],
]);

const IPV6_ROWS: ReadonlyMap<number, Row> = new Map([
  [IPV6.UNICAST_HOPS, int(64, 0, 255)],
  [IPV6.MULTICAST_IF, int(0)],
  [IPV6.MULTICAST_HOPS, int(1, 0, 255)],
  [IPV6.MULTICAST_LOOP, flag(1)],
  [IPV6.MTU_DISCOVER, int(1, 0, 5)],
  [IPV6.RECVERR, flag()],
  [IPV6.V6ONLY, flag()],
  [IPV6.RECVPKTINFO, flag()],
  [IPV6.RECVHOPLIMIT, flag()],
  [IPV6.RECVTCLASS, flag()],
  [IPV6.TCLASS, int(0, 0, 255)],
]);

/** The row of an option of a socket of this kind. Throws ENOPROTOOPT, EOPNOTSUPP. */
function rowOf({ domain, type, protocol }: SocketKind, level: number, name: number, isSetting = false): Row {
  let rows: ReadonlyMap<number, Row> | undefined;
  if (level === SOL.SOCKET && name === SO.SNDBUF && domain === AF.UNIX && type !== SOCK.STREAM)
    return PACKETS;
  if (level === SOL.SOCKET) rows = SOCKET_ROWS;
  else if (domain !== AF.INET && domain !== AF.INET6) throw new SysError('EOPNOTSUPP');
  else if (level === IPPROTO.TCP && type === SOCK.STREAM) rows = TCP_ROWS;
  else if (level === IPPROTO.UDP && protocol === IPPROTO.UDP) rows = UDP_ROWS;
  else if (level === IPPROTO.UDPLITE && protocol === IPPROTO.UDPLITE) rows = UDP_ROWS;
  else if (level === IPPROTO.IP) rows = IP_ROWS;
  else if (level === IPPROTO.IPV6 && domain === AF.INET6) rows = IPV6_ROWS;
  // A level that the protocol does not have: only IPv4's getsockopt says so in other words.
  else throw new SysError(isSetting || domain === AF.INET6 ? 'ENOPROTOOPT' : 'EOPNOTSUPP');
  const row = rows?.get(name);
  if (!row) throw new SysError('ENOPROTOOPT');
  return row;
}

const number = (value: unknown): number => {
  if (!Number.isSafeInteger(value)) throw new SysError('EINVAL');
  return value as number;
};

function lingerOf(value: unknown): Linger {
  const { on, seconds } = (value ?? {}) as Partial<Linger>;
  if (typeof on !== 'boolean') throw new SysError('EINVAL');
  return { on, seconds: Math.max(0, number(seconds)) };
}

function checked(row: Row, value: unknown): SocketOption {
  const { BUFFER_BYTES_MAX, BUFFER_BYTES_MIN } = SocketManagerLimits;
  switch (row.kind) {
    case 'flag':
      return number(value) === 0 ? 0 : 1;
    case 'int':
      if (number(value) < row.min! || number(value) > row.max!) throw new SysError('EINVAL');
      return number(value);
    case 'buffer':
      return Math.min(BUFFER_BYTES_MAX, Math.max(BUFFER_BYTES_MIN, number(value) * 2));
    case 'time':
      if (typeof value !== 'number' || !(value >= 0)) throw new SysError('EDOM');
      return value;
    case 'linger':
      return lingerOf(value);
    case 'text':
      if (typeof value !== 'string' || value.length > 64) throw new SysError('EINVAL');
      return value;
    case 'fact':
      throw new SysError('ENOPROTOOPT');
  }
}

/** The buffer sizes have a name for root that sets the same. */
const SAME = new Map<number, number>([
  [SO.SNDBUFFORCE, SO.SNDBUF],
  [SO.RCVBUFFORCE, SO.RCVBUF],
]);

export class Options {
  private readonly kind: SocketKind;
  /** Only what was set. */
  private values: Map<number, SocketOption> | null = null;

  constructor(kind: SocketKind) {
    this.kind = kind;
  }

  private slot(level: number, name: number): number {
    return level * 0x10000 + (level === SOL.SOCKET ? (SAME.get(name) ?? name) : name);
  }

  /** Throws ENOPROTOOPT, EOPNOTSUPP, EINVAL, EDOM. */
  set(level: number, name: number, value: unknown): void {
    const accepted = checked(rowOf(this.kind, level, name, true), value);
    this.values ??= new Map();
    this.values.set(this.slot(level, name), accepted);
  }

  /** undefined: a fact, which the socket itself tells. Throws ENOPROTOOPT, EOPNOTSUPP. */
  get(level: number, name: number): SocketOption | undefined {
    const row = rowOf(this.kind, level, name);
    if (row.kind === 'fact') return undefined;
    return this.values?.get(this.slot(level, name)) ?? row.initial;
  }

  /** A connection that is accepted has the options of its listener. */
  inherit(from: Options): void {
    this.values = from.values && new Map(from.values);
  }

  flag(name: number, level: number = SOL.SOCKET): boolean {
    return this.values?.get(this.slot(level, name)) === 1;
  }

  bytes(name: typeof SO.SNDBUF | typeof SO.RCVBUF): number {
    const value = this.values?.get(this.slot(SOL.SOCKET, name));
    return (value ?? rowOf(this.kind, SOL.SOCKET, name).initial) as number;
  }

  milliseconds(name: typeof SO.RCVTIMEO | typeof SO.SNDTIMEO): number {
    return (this.values?.get(this.slot(SOL.SOCKET, name)) as number | undefined) ?? 0;
  }

  /** An option of a protocol level that is a number. */
  number(level: number, name: number): number {
    return this.get(level, name) as number;
  }

  /** SO_LINGER with no time: close sends a reset. */
  get abortsAtClose(): boolean {
    const linger = this.values?.get(this.slot(SOL.SOCKET, SO.LINGER)) as Linger | undefined;
    return linger?.on === true && linger.seconds === 0;
  }
}
