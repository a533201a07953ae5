/**
 * AF_NETLINK, as far as programs ask it for interfaces and addresses: NETLINK_ROUTE answers dumps of links
 * and addresses (netlink(7), rtnetlink(7)); there are no routes to tell of; anything else is an error
 * message. The other end is always the system itself, whose port number is 0.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { Errno, SysError } from '../../subsystems/unix/errno.ts';
import { parseIpv4, parseIpv6 } from '../../subsystems/unix/inet.ts';
import { AF, MSG, type NetworkInterface, SO, type SocketAddress } from '../../subsystems/unix/sockets.ts';
import { MessageInbox, type Taken } from './inbox.ts';
import { interfacesOf } from './interfaces.ts';
import type { Naming } from './naming.ts';
import { type Caller, type Outgoing, Socket } from './socket.ts';
import { NOBODY } from './stream-socket.ts';

/** Message types and flags. */
const ERROR = 2;
const DONE = 3;
const NEWLINK = 16;
const GETLINK = 18;
const NEWADDR = 20;
const GETADDR = 22;
const GETROUTE = 26;
const MULTI = 2;
const ACK = 4;
const DUMP = 0x300;
const HEADER_BYTES = 16;

const SYSTEM: SocketAddress = { family: AF.NETLINK, port: 0 };
const encoder = new TextEncoder();

const align = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** Struct rtattr: length, type, value. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(4 + value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

const word = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const text = (value: string): Uint8Array => encoder.encode(`${value}\0`);

interface Asked {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
}

/** Struct nlmsghdr and what follows it. */
function message({ sequence, port }: Asked, type: number, flags: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, HEADER_BYTES);
  const bytes = new Uint8Array(align(length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, port, true);
  let at = HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** struct ifinfomsg and IFLA_IFNAME, IFLA_MTU, IFLA_ADDRESS, IFLA_OPERSTATE (up). */
function link(asked: Asked, { name, index, type, flags, mtu, hardware }: NetworkInterface): Uint8Array {
  const info = new Uint8Array(16);
  const view = new DataView(info.buffer);
  view.setUint16(2, type, true);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  const attributes = [
    attribute(3, text(name)),
    attribute(4, word(mtu)),
    attribute(1, hardware),
    attribute(16, Uint8Array.of(6)),
  ];
  return message(asked, NEWLINK, MULTI, info, ...attributes);
}

/** struct ifaddrmsg and IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, of every address of an interface. */
function addresses(
  asked: Asked,
  { name, index, addresses: all }: NetworkInterface,
  family: number,
): Uint8Array[] {
  const HOST_SCOPE = 254;
  return all.flatMap(({ host, prefix }) => {
    const v4 = parseIpv4(host);
    const bytes = v4 ?? parseIpv6(host)!;
    const own = v4 ? AF.INET : AF.INET6;
    if (family !== AF.UNSPEC && family !== own) return [];
    const info = new Uint8Array(8);
    info.set([own, prefix, 0x80, index === 1 ? HOST_SCOPE : 0]);
    new DataView(info.buffer).setUint32(4, index, true);
    const local = v4 ? [attribute(2, bytes), attribute(3, text(name))] : [];
    return [message(asked, NEWADDR, MULTI, info, attribute(1, bytes), ...local)];
  });
}

export class NetlinkSocket extends Socket {
  readonly isListening = false;
  private readonly inbox = new MessageInbox();

  listen(): never {
    throw new SysError('EOPNOTSUPP');
  }

  accept(): never {
    throw new SysError('EOPNOTSUPP');
  }

  connect(caller: Caller): Awaitable<void> {
    return this.naming.nameBefore(caller, this, null);
  }

  shutdown(): never {
    throw new SysError('EOPNOTSUPP');
  }

  peerAddress(): SocketAddress {
    return SYSTEM;
  }

  peerCredentials() {
    return NOBODY;
  }

  siteLost(): void {}

  /** Answers every message of the request. Throws ECONNREFUSED: nobody but the system can be written to. */
  send(caller: Caller, { data, flags, to }: Outgoing): Awaitable<number> {
    if (flags & MSG.OOB) throw new SysError('EOPNOTSUPP');
    if (to && (to.family !== AF.NETLINK || (to.port ?? 0) !== 0)) throw new SysError('ECONNREFUSED');
    void this.naming.nameBefore(caller, this, null);
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    for (let at = 0; at + HEADER_BYTES <= data.length; ) {
      const length = view.getUint32(at, true);
      if (length < HEADER_BYTES || at + length > data.length) break;
      const asked = {
        type: view.getUint16(at + 4, true),
        flags: view.getUint16(at + 6, true),
        sequence: view.getUint32(at + 8, true),
        port: this.address.port ?? 0,
      };
      const family = length > HEADER_BYTES ? data[at + HEADER_BYTES]! : 0;
      this.answer(asked, family, data.subarray(at, at + HEADER_BYTES));
      at += align(length);
    }
    return data.length;
  }

  private answer(asked: Asked, family: number, header: Uint8Array): void {
    const { type, flags } = asked;
    const dumps = type === GETLINK || type === GETADDR || type === GETROUTE;
    if (!dumps || (flags & DUMP) === 0) {
      const refused = dumps || (flags & ACK) !== 0 || type >= NEWLINK;
      if (refused) this.put(message(asked, ERROR, 0, word(-Errno.EOPNOTSUPP), header));
      return;
    }
    const interfaces = interfacesOf(this.server.site);
    const parts =
      type === GETLINK
        ? interfaces.map((one) => link(asked, one))
        : type === GETADDR
          ? interfaces.flatMap((one) => addresses(asked, one, family))
          : [];
    if (parts.length > 0) this.put(Buffer.concat(parts));
    this.put(message(asked, DONE, MULTI, word(0)));
  }

  private put(data: Uint8Array): void {
    if (this.inbox.length > this.options.bytes(SO.RCVBUF)) {
      this.error = 'ENOBUFS';
      return;
    }
    this.inbox.append(data, null, true, SYSTEM);
    this.changed.wakeInput();
  }

  receive(caller: Caller, max: number, flags: number): Awaitable<Taken> {
    const limitMs = this.options.milliseconds(SO.RCVTIMEO);
    return this.until(caller.thread, this.waits(flags), limitMs, () => {
      if (this.error !== null) this.throwError();
      return this.inbox.empty ? undefined : this.inbox.take(max, (flags & MSG.PEEK) !== 0);
    });
  }

  get readableBytes(): number {
    return this.inbox.firstBytes;
  }

  readiness(): number {
    const input = this.inbox.empty ? 0 : Poll.IN | Poll.RDNORM;
    return input | Poll.OUT | Poll.WRNORM | Poll.WRBAND | (this.error === null ? 0 : Poll.ERR);
  }

  protected end(): void {
    this.inbox.clear();
  }
}

/** Port numbers of netlink sockets: the process number for its first one, as on Linux; then others. */
export class NetlinkNaming implements Naming {
  readonly unnamed: SocketAddress = SYSTEM;
  private readonly taken = new Map<number, Socket>();
  private next = 0xf000_0000;

  bind(caller: Caller, socket: Socket, { family, port = 0 }: SocketAddress): void {
    if (family !== AF.NETLINK) throw new SysError('EINVAL');
    if (socket.local !== null && port !== 0 && socket.local.port !== port) throw new SysError('EINVAL');
    if (socket.local !== null) return;
    if (port !== 0 && this.taken.has(port)) throw new SysError('EADDRINUSE');
    const chosen = port !== 0 ? port : this.freePort(caller.credentials.pid);
    this.taken.set(chosen, socket);
    socket.local = { family: AF.NETLINK, port: chosen };
  }

  private freePort(pid: number): number {
    if (pid > 0 && !this.taken.has(pid)) return pid;
    while (this.taken.has(this.next)) this.next += 1;
    return this.next;
  }

  nameBefore(caller: Caller, socket: Socket): void {
    if (socket.local === null) this.bind(caller, socket, SYSTEM);
  }

  listening(): never {
    throw new SysError('EOPNOTSUPP');
  }

  find(): never {
    throw new SysError('ECONNREFUSED');
  }

  acceptedName(): SocketAddress {
    return SYSTEM;
  }

  sourceName(socket: Socket): SocketAddress | null {
    return socket.local;
  }

  seenBy(_socket: Socket, address: SocketAddress): SocketAddress {
    return address;
  }

  release(socket: Socket): void {
    const { local } = socket;
    if (local?.port !== undefined && this.taken.get(local.port) === socket) this.taken.delete(local.port);
  }
}
