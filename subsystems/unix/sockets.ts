/**
 * The vocabulary of sockets: Linux's numbers (asm-generic, as on riscv64), and the shapes of addresses,
 * messages and option values that the socket calls of `Sys` take and give.
 */
import type { Fd, Pid } from './sys.ts';

/** Address families, socket(2). */
export const AF = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const;

/** Socket types, and the flags that socket(2) and accept4(2) take beside them. */
export const SOCK = {
  STREAM: 1,
  DGRAM: 2,
  RAW: 3,
  SEQPACKET: 5,
  TYPE_MASK: 0xf,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
} as const;

export const IPPROTO = { IP: 0, TCP: 6, UDP: 17, IPV6: 41, UDPLITE: 136 } as const;

/** Levels of getsockopt(2) beside the protocols. */
export const SOL = { SOCKET: 1 } as const;

/** Options at SOL_SOCKET. */
export const SO = {
  DEBUG: 1,
  REUSEADDR: 2,
  TYPE: 3,
  ERROR: 4,
  DONTROUTE: 5,
  BROADCAST: 6,
  SNDBUF: 7,
  RCVBUF: 8,
  KEEPALIVE: 9,
  OOBINLINE: 10,
  NO_CHECK: 11,
  PRIORITY: 12,
  LINGER: 13,
  BSDCOMPAT: 14,
  REUSEPORT: 15,
  PASSCRED: 16,
  PEERCRED: 17,
  RCVLOWAT: 18,
  SNDLOWAT: 19,
  RCVTIMEO: 20,
  SNDTIMEO: 21,
  BINDTODEVICE: 25,
  TIMESTAMP: 29,
  ACCEPTCONN: 30,
  SNDBUFFORCE: 32,
  RCVBUFFORCE: 33,
  PASSSEC: 34,
  TIMESTAMPNS: 35,
  MARK: 36,
  TIMESTAMPING: 37,
  PROTOCOL: 38,
  DOMAIN: 39,
  RXQ_OVFL: 40,
  PEEK_OFF: 42,
  BUSY_POLL: 46,
  INCOMING_CPU: 49,
} as const;

/** Options at IPPROTO_TCP. */
export const TCP = {
  NODELAY: 1,
  MAXSEG: 2,
  CORK: 3,
  KEEPIDLE: 4,
  KEEPINTVL: 5,
  KEEPCNT: 6,
  SYNCNT: 7,
  LINGER2: 8,
  DEFER_ACCEPT: 9,
  WINDOW_CLAMP: 10,
  QUICKACK: 12,
  CONGESTION: 13,
  USER_TIMEOUT: 18,
  FASTOPEN: 23,
  NOTSENT_LOWAT: 25,
} as const;

/** Options at IPPROTO_UDP and IPPROTO_UDPLITE. */
export const UDP = { CORK: 1, SEND_CSCOV: 10, RECV_CSCOV: 11, SEGMENT: 103, GRO: 104 } as const;

/** Options at IPPROTO_IP. */
export const IP = {
  TOS: 1,
  TTL: 2,
  HDRINCL: 3,
  PKTINFO: 8,
  MTU_DISCOVER: 10,
  RECVERR: 11,
  RECVTTL: 12,
  RECVTOS: 13,
  FREEBIND: 15,
  BIND_ADDRESS_NO_PORT: 24,
  MULTICAST_IF: 32,
  MULTICAST_TTL: 33,
  MULTICAST_LOOP: 34,
} as const;

/** Options at IPPROTO_IPV6. */
export const IPV6 = {
  UNICAST_HOPS: 16,
  MULTICAST_IF: 17,
  MULTICAST_HOPS: 18,
  MULTICAST_LOOP: 19,
  MTU_DISCOVER: 23,
  RECVERR: 25,
  V6ONLY: 26,
  RECVPKTINFO: 49,
  RECVHOPLIMIT: 51,
  RECVTCLASS: 66,
  TCLASS: 67,
} as const;

/** Flags of send(2) and recv(2); the last row comes back from recvmsg(2). */
export const MSG = {
  OOB: 0x1,
  PEEK: 0x2,
  DONTROUTE: 0x4,
  CTRUNC: 0x8,
  TRUNC: 0x20,
  DONTWAIT: 0x40,
  EOR: 0x80,
  WAITALL: 0x100,
  CONFIRM: 0x800,
  ERRQUEUE: 0x2000,
  NOSIGNAL: 0x4000,
  MORE: 0x8000,
  WAITFORONE: 0x10000,
  FASTOPEN: 0x20000000,
  CMSG_CLOEXEC: 0x40000000,
} as const;

/** shutdown(2). */
export const SHUT = { RD: 0, WR: 1, RDWR: 2 } as const;

/** Bounds that programs know. */
export const SocketLimits = {
  /** Backlog of listen(2), SOMAXCONN: more is cut. */
  BACKLOG_MAX: 4096,
  /** Descriptors in one message, SCM_MAX_FD: EINVAL. */
  RIGHTS_MAX: 253,
  /** Bytes of sun_path. */
  UNIX_PATH_MAX: 108,
} as const;

/**
 * A socket address. AF_UNIX has `path`: '' unnamed, '\0…' an abstract name with one character per byte, else
 * a path. AF_INET and AF_INET6 have `host`, in the usual notation ('127.0.0.1', '::1'), and `port`. AF_UNSPEC
 * has nothing: connect(2) with it dissolves a datagram socket's association. AF_NETLINK has `port`: nl_pid.
 */
export interface SocketAddress {
  family: number;
  path?: string | undefined;
  host?: string | undefined;
  port?: number | undefined;
}

/** A network interface of a site, netdevice(7). */
export interface NetworkInterface {
  name: string;
  index: number;
  /** ARPHRD number. */
  type: number;
  /** IFF flags. */
  flags: number;
  mtu: number;
  hardware: Uint8Array;
  addresses: { host: string; prefix: number }[];
}

/** struct ucred. */
export interface SocketCredentials {
  pid: Pid;
  uid: number;
  gid: number;
}

export interface Linger {
  on: boolean;
  seconds: number;
}

/** Value of an option: a number (times in ms, 0 = for ever); SO_LINGER, SO_PEERCRED, a name. */
export type SocketOption = number | string | Linger | SocketCredentials;

/** What an internet datagram says in its header; `to`: the host that it was sent to. */
export interface PacketHeader {
  hops?: number | undefined;
  trafficClass?: number | undefined;
  to?: string | undefined;
}

/** What sendmsg(2) is told beside the data. */
export interface SendOptions {
  /** MSG flags. */
  flags?: number;
  /** Destination of a datagram. */
  to?: SocketAddress;
  /** Descriptors to pass: SCM_RIGHTS. */
  rights?: readonly Fd[];
  /** SCM_CREDENTIALS: root may say anything, others only what they are. */
  credentials?: SocketCredentials;
  /** IP_TTL, IPV6_HOPLIMIT; IP_TOS, IPV6_TCLASS: for this datagram. */
  header?: PacketHeader;
  /** The system may keep the data, which the caller does not touch again: see `write`. */
  give?: boolean;
}

export interface ReceiveOptions {
  /** MSG flags. */
  flags?: number;
  /** Descriptors that the caller has room for; more are closed, and MSG_CTRUNC is set. Default: none. */
  rightsMax?: number;
}

/** What recvmsg(2) gives. */
export interface ReceivedMessage {
  /** Empty: end of a stream, or an empty datagram. */
  data: Uint8Array;
  /** Bytes of the datagram, longer than `data` when it was cut. */
  length: number;
  /** MSG flags: TRUNC, CTRUNC, EOR. */
  flags: number;
  /** Sender of a datagram, when it has a name. */
  from?: SocketAddress | undefined;
  /** Descriptors that came along. */
  rights: Fd[];
  /** Present when SO_PASSCRED is set. */
  credentials?: SocketCredentials | undefined;
  /** What IP_RECVTTL, IP_RECVTOS, IP_PKTINFO and their kin of IPv6 ask for. */
  header?: PacketHeader | undefined;
}
