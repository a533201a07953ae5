/**
 * Layouts of the socket calls on riscv64 Linux: struct sockaddr of each family, struct msghdr, control
 * messages, option values. Sizes in bytes; ports and hosts are in network order.
 */
import { SysError } from '../errno.ts';
import { decodeName, nameBytes } from '../file-names.ts';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../inet.ts';
import {
  AF,
  IPPROTO,
  type Linger,
  type PacketHeader,
  type ReceivedMessage,
  SO,
  SOL,
  type SocketAddress,
  type SocketCredentials,
  SocketLimits,
  type SocketOption,
} from '../sockets.ts';
import type { UserMemory } from './caller.ts';

// --- struct sockaddr

/** struct sockaddr_storage. */
export const ADDRESS_MAX = 128;
const INET_BYTES = 16;
const NETLINK_BYTES = 12;
const INET6_BYTES = 28;
/** An old sockaddr_in6 has no scope. */
const INET6_LEAST = 24;
const encoder = new TextEncoder();

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function unixAddress(bytes: Uint8Array): SocketAddress {
  const path = bytes.subarray(2);
  if (path.length > SocketLimits.UNIX_PATH_MAX) throw new SysError('EINVAL');
  if (path.length === 0) return { family: AF.UNIX, path: '' };
  if (path[0] === 0) return { family: AF.UNIX, path: latin1(path) };
  const end = path.indexOf(0);
  return { family: AF.UNIX, path: decodeName(end < 0 ? path : path.subarray(0, end)) };
}

/** The address of `length` bytes. Throws EINVAL, EFAULT. */
export function readAddress(memory: UserMemory, va: number, length: number): SocketAddress {
  if (length < 0 || length > ADDRESS_MAX) throw new SysError('EINVAL');
  if (length < 2) throw new SysError('EINVAL');
  const bytes = memory.read(va, length);
  const family = bytes[0]! | (bytes[1]! << 8);
  if (family === AF.UNIX) return unixAddress(bytes);
  const port = length >= 4 ? (bytes[2]! << 8) | bytes[3]! : 0;
  if (family === AF.INET) {
    if (length < INET_BYTES) throw new SysError('EINVAL');
    return { family, port, host: formatIpv4(bytes.subarray(4, 8)) };
  }
  if (family === AF.INET6) {
    if (length < INET6_LEAST) throw new SysError('EINVAL');
    return { family, port, host: formatIpv6(bytes.subarray(8, 24)) };
  }
  if (family === AF.NETLINK) {
    if (length < NETLINK_BYTES) throw new SysError('EINVAL');
    return { family, port: new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) };
  }
  return { family };
}

function unixBytes(path: string): Uint8Array {
  const isAbstract = path.charCodeAt(0) === 0;
  const name = isAbstract ? Uint8Array.from(path, (char) => char.charCodeAt(0)) : nameBytes(path);
  // A path is told with its NUL.
  const bytes = new Uint8Array(2 + name.length + (path === '' || isAbstract ? 0 : 1));
  bytes[0] = AF.UNIX;
  bytes.set(name, 2);
  return bytes;
}

/** The bytes of an address; none for none. */
export function addressStruct(address: SocketAddress | undefined): Uint8Array {
  if (!address) return new Uint8Array(0);
  const { family, path = '', host = '', port = 0 } = address;
  if (family === AF.UNIX) return unixBytes(path);
  if (family === AF.NETLINK) return new Uint8Array(Uint32Array.of(family, port, 0).buffer);
  const bytes = new Uint8Array(family === AF.INET6 ? INET6_BYTES : INET_BYTES);
  bytes[0] = family;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  if (family === AF.INET6) bytes.set(parseIpv6(host) ?? [], 8);
  else bytes.set(parseIpv4(host) ?? [], 4);
  return bytes;
}

// --- struct msghdr

export const MSGHDR_BYTES = 56;
/** struct mmsghdr: a msghdr and the length of its message. */
export const MMSGHDR_BYTES = 64;

export interface MessageHeader {
  readonly va: number;
  readonly name: number;
  readonly nameLength: number;
  readonly vector: number;
  readonly count: number;
  readonly control: number;
  readonly controlLength: number;
}

/** Longest control buffer that is looked at: EINVAL (sendmsg), cut (recvmsg). */
const CONTROL_MAX = 20_480;
const COUNT_MAX = 1024;

/** Throws EMSGSIZE (too many segments), EINVAL, EFAULT. */
export function readHeader(memory: UserMemory, va: number): MessageHeader {
  const nameLength = memory.i32(va + 8);
  const count = memory.u64(va + 24);
  if (count > COUNT_MAX) throw new SysError('EMSGSIZE');
  if (nameLength < 0) throw new SysError('EINVAL');
  const name = memory.u64(va);
  return {
    va,
    name,
    nameLength: name === 0 ? 0 : Math.min(nameLength, ADDRESS_MAX),
    vector: memory.u64(va + 16),
    count,
    control: memory.u64(va + 32),
    controlLength: memory.u64(va + 40),
  };
}

// --- control messages

const CMSG_HEADER = 16;
const UCRED_BYTES = 12;
const SCM_RIGHTS = 1;
const SCM_CREDENTIALS = 2;

const align = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export interface SentControl {
  rights: number[];
  credentials?: SocketCredentials;
  header?: PacketHeader;
}

/** What goes along with a message. Throws EINVAL, ENOBUFS. */
export function readControl(memory: UserMemory, va: number, length: number): SentControl {
  const result: SentControl = { rights: [] };
  if (va === 0 || length === 0) return result;
  if (length > CONTROL_MAX) throw new SysError('ENOBUFS');
  const bytes = memory.read(va, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + CMSG_HEADER <= length; ) {
    const size = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) !== 0 || size < CMSG_HEADER || at + size > length) {
      throw new SysError('EINVAL');
    }
    const level = view.getInt32(at + 8, true);
    if (level === SOL.SOCKET) takeControl(view, at, size, result);
    else if (level === IPPROTO.IP || level === IPPROTO.IPV6) takeHeader(view, at, size, result);
    at += align(size);
  }
  return result;
}

/** Control messages of IP and IPv6: hops to live, and traffic class; the answer to PKTINFO. */
const IP_TYPES = { level: IPPROTO.IP, hops: 2, trafficClass: 1, info: 8 };
const IPV6_TYPES = { level: IPPROTO.IPV6, hops: 52, trafficClass: 67, info: 50 };

function takeControl(view: DataView, at: number, size: number, result: SentControl): void {
  const type = view.getInt32(at + 12, true);
  const data = at + CMSG_HEADER;
  const bytes = size - CMSG_HEADER;
  if (type === SCM_RIGHTS) {
    for (let i = 0; i + 4 <= bytes; i += 4) result.rights.push(view.getInt32(data + i, true));
    return;
  }
  if (type !== SCM_CREDENTIALS || bytes !== UCRED_BYTES) throw new SysError('EINVAL');
  const [pid, uid, gid] = [0, 4, 8].map((offset) => view.getUint32(data + offset, true));
  result.credentials = { pid: pid!, uid: uid!, gid: gid! };
}

/** -1 leaves a field to the socket's options. */
function takeHeader(view: DataView, at: number, size: number, result: SentControl): void {
  const level = view.getInt32(at + 8, true);
  const type = view.getInt32(at + 12, true);
  const types = level === IPPROTO.IP ? IP_TYPES : IPV6_TYPES;
  if (type !== types.hops && type !== types.trafficClass) return;
  const bytes = size - CMSG_HEADER;
  if (bytes !== 4 && !(bytes === 1 && level === IPPROTO.IP)) throw new SysError('EINVAL');
  const value = bytes === 1 ? view.getUint8(at + CMSG_HEADER) : view.getInt32(at + CMSG_HEADER, true);
  if (value < -1 || value > 255) throw new SysError('EINVAL');
  if (value >= 0)
    result.header = { ...result.header, [type === types.hops ? 'hops' : 'trafficClass']: value };
}

/** Descriptors that a control buffer has room for. */
export const rightsRoom = (length: number): number =>
  Math.max(0, Math.floor((Math.min(length, CONTROL_MAX) - CMSG_HEADER) / 4));

export interface ReceivedControl {
  readonly bytes: Uint8Array;
  /** Descriptors that found no room: to be closed. */
  readonly excess: readonly number[];
  /** Something was left out: MSG_CTRUNC. */
  readonly cut: boolean;
}

interface Item {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

/** The control messages of a received message but for descriptors, in Linux's order. */
function itemsOf({ credentials, header, from }: ReceivedMessage): Item[] {
  const items: Item[] = [];
  if (credentials) {
    const { pid, uid, gid } = credentials;
    items.push({ level: SOL.SOCKET, type: SCM_CREDENTIALS, data: words(pid, uid, gid) });
  }
  if (!header) return items;
  const { level, hops, trafficClass, info } = from?.family === AF.INET6 ? IPV6_TYPES : IP_TYPES;
  if (header.to !== undefined) items.push({ level, type: info, data: packetInfo(header.to, level) });
  if (header.hops !== undefined) items.push({ level, type: hops, data: words(header.hops) });
  if (header.trafficClass !== undefined) {
    const value = header.trafficClass;
    const data = level === IPPROTO.IP ? Uint8Array.of(value) : words(value);
    items.push({ level, type: trafficClass, data });
  }
  return items;
}

/** Index of the loopback interface. */
const LOOPBACK_INDEX = 1;

/** struct in_pktinfo {index, local, destination}, struct in6_pktinfo {destination, index}. */
function packetInfo(host: string, level: number): Uint8Array {
  const bytes = new Uint8Array(level === IPPROTO.IP ? 12 : 20);
  const view = new DataView(bytes.buffer);
  if (level === IPPROTO.IP) {
    view.setInt32(0, LOOPBACK_INDEX, true);
    bytes.set(parseIpv4(host) ?? [], 4);
    bytes.set(parseIpv4(host) ?? [], 8);
  } else {
    bytes.set(parseIpv6(host) ?? [], 0);
    view.setInt32(16, LOOPBACK_INDEX, true);
  }
  return bytes;
}

/** What came along with a message, for a buffer of `length` bytes: descriptors are last. */
export function controlStruct(length: number, message: ReceivedMessage): ReceivedControl {
  const { rights } = message;
  const room = Math.min(length, CONTROL_MAX);
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  let at = 0;
  let cut = false;
  const put = ({ level, type, data }: Item): void => {
    const size = Math.min(CMSG_HEADER + data.length, room - at);
    if (size < CMSG_HEADER + data.length) cut = true;
    if (size < CMSG_HEADER) return;
    view.setUint32(at, size, true);
    view.setInt32(at + 8, level, true);
    view.setInt32(at + 12, type, true);
    bytes.set(data.subarray(0, size - CMSG_HEADER), at + CMSG_HEADER);
    at = Math.min(room, at + align(size));
  };
  for (const item of itemsOf(message)) put(item);
  const fits = Math.min(rights.length, rightsRoom(room - at));
  if (fits > 0) put({ level: SOL.SOCKET, type: SCM_RIGHTS, data: words(...rights.slice(0, fits)) });
  if (fits < rights.length) cut = true;
  return { bytes: bytes.subarray(0, at), excess: rights.slice(fits), cut };
}

// --- options

const US_PER_SECOND = 1_000_000;
/** The names for 64-bit times mean the same here. */
const TIME_NAMES = new Map<number, number>([
  [66, SO.RCVTIMEO],
  [67, SO.SNDTIMEO],
]);

export const optionName = (level: number, name: number): number =>
  level === SOL.SOCKET ? (TIME_NAMES.get(name) ?? name) : name;

const isTime = (level: number, name: number): boolean =>
  level === SOL.SOCKET && (name === SO.RCVTIMEO || name === SO.SNDTIMEO);

function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values, (value) => value | 0).buffer);
}

/** struct timeval of a time in ms. */
function timeval(ms: number): Uint8Array {
  const seconds = Math.floor(ms / 1000);
  return new Uint8Array(
    BigInt64Array.of(BigInt(seconds), BigInt(Math.round((ms - seconds * 1000) * 1000))).buffer,
  );
}

/** The bytes of an option's value. */
export function optionStruct(level: number, name: number, value: SocketOption): Uint8Array {
  if (typeof value === 'string') return encoder.encode(`${value}\0`);
  if (typeof value === 'number') return isTime(level, name) ? timeval(value) : words(value);
  if ('on' in value) return words(value.on ? 1 : 0, value.seconds);
  return words(value.pid, value.uid, value.gid);
}

const TEXT_OPTIONS: readonly (readonly [number, number])[] = [
  [SOL.SOCKET, SO.BINDTODEVICE],
  [6, 13],
];
const TEXT_MAX = 64;

/** The value behind the bytes of an option. Throws EINVAL (too short), EDOM (no time). */
export function readOption(
  memory: UserMemory,
  level: number,
  name: number,
  va: number,
  length: number,
): SocketOption {
  if (TEXT_OPTIONS.some(([l, n]) => l === level && n === name)) {
    const bytes = memory.read(va, Math.min(length, TEXT_MAX));
    const end = bytes.indexOf(0);
    return latin1(end < 0 ? bytes : bytes.subarray(0, end));
  }
  if (isTime(level, name)) return readTime(memory, va, length);
  if (level === SOL.SOCKET && name === SO.LINGER) {
    if (length < 8) throw new SysError('EINVAL');
    return { on: memory.i32(va) !== 0, seconds: Math.max(0, memory.i32(va + 4)) } satisfies Linger;
  }
  // Options of IP may be bytes, as on BSD.
  if (level === IPPROTO.IP && length >= 1 && length < 4) return memory.u8(va);
  if (length < 4) throw new SysError('EINVAL');
  return memory.i32(va);
}

function readTime(memory: UserMemory, va: number, length: number): number {
  if (length < 16) throw new SysError('EINVAL');
  const seconds = memory.i64(va);
  const micros = memory.i64(va + 8);
  if (micros < 0 || micros >= US_PER_SECOND) throw new SysError('EDOM');
  // A negative time is over at once; 0 would mean for ever.
  if (seconds < 0) return 1 / 1000;
  return Math.min(seconds, 2 ** 31) * 1000 + micros / 1000;
}
