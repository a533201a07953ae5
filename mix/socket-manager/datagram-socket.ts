/**
 * SOCK_DGRAM: messages without a connection, of either address family.
 *
 * AF_UNIX loses nothing: a sender waits while the receiver's buffer is full, and hears when there is nobody.
 * UDP drops what does not fit, and a sender hears that nobody was there only when it is connected, with its
 * next call (udp(7)).
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import {
  AF,
  IP,
  IPPROTO,
  IPV6,
  MSG,
  type PacketHeader,
  SHUT,
  SO,
  type SocketAddress,
  type SocketCredentials,
} from '../../subsystems/unix/sockets.ts';
import type { Control, SocketNode } from '../protocols/socket.ts';
import { MessageInbox, messageCost, type Taken } from './inbox.ts';
import { SocketManagerLimits } from './limits.ts';
import type { EndpointRef } from './server.ts';
import { type Caller, type Outgoing, Socket } from './socket.ts';
import { NOBODY } from './stream-socket.ts';

const END: Taken = { data: new Uint8Array(0), length: 0, control: null, from: null, record: false, freed: 0 };

/** A datagram as it reaches its receiver. */
export interface Arriving {
  readonly data: Uint8Array;
  readonly control: Control | null;
  readonly owned: boolean;
  readonly header?: PacketHeader | undefined;
  readonly from: SocketAddress | null;
  /** Endpoint of the sender, where it has one. */
  readonly sender: EndpointRef['endpoint'] | null;
  readonly type: number;
}

export class DatagramSocket extends Socket {
  readonly isListening = false;
  private readonly inbox = new MessageInbox();
  /** Where this socket is connected to: AF_UNIX keeps the socket, UDP the address. */
  private target: EndpointRef | null = null;
  private remote: SocketAddress | null = null;
  private remoteCredentials = NOBODY;
  private readShut = false;
  private writeShut = false;
  /** Sockets of this manager that found no room here: they are woken when there is some. */
  private readonly blocked = new Set<DatagramSocket>();

  listen(): never {
    throw new SysError('EOPNOTSUPP');
  }

  accept(): never {
    throw new SysError('EOPNOTSUPP');
  }

  connect(caller: Caller, address: SocketAddress, node: SocketNode | undefined): Awaitable<void> {
    if (address.family === AF.UNSPEC) {
      this.target = this.remote = null;
      return;
    }
    const named = this.naming.nameBefore(caller, this, address);
    const go = (): Awaitable<void> => {
      if (!this.isUnix) {
        this.remote = this.naming.acceptedName(this, address);
        return;
      }
      const found = this.naming.find(caller.thread, this, address, node);
      const keep = (target: EndpointRef): void => {
        const there = this.server.endpoints.get(target.endpoint);
        if (there && there.type !== this.type) throw new SysError('EPROTOTYPE');
        this.target = target;
        this.remote = address;
      };
      return isPromise(found) ? found.then(keep) : keep(found);
    };
    return isPromise(named) ? named.then(go) : go();
  }

  /** socketpair(2). */
  join(other: DatagramSocket, credentials: SocketCredentials): void {
    const ends = [this, other] as const;
    for (const [self, there] of [ends, [other, this] as const]) {
      self.target = { owner: self.server.port, endpoint: self.server.endpointOf(there) };
      self.remoteCredentials = credentials;
    }
  }

  peerAddress(): SocketAddress {
    if (this.target === null && this.remote === null) throw new SysError('ENOTCONN');
    return this.remote ?? this.naming.unnamed;
  }

  peerCredentials(): SocketCredentials {
    return this.remoteCredentials;
  }

  siteLost(): void {}

  // --- sending ---------------------------------------------------------------------------------------------

  send(caller: Caller, message: Outgoing): Awaitable<number> {
    const { DATAGRAM_BYTES, UDP_BYTES } = SocketManagerLimits;
    if (message.flags & MSG.OOB) throw new SysError('EOPNOTSUPP');
    if (message.total > (this.isUnix ? DATAGRAM_BYTES : UDP_BYTES)) throw new SysError('EMSGSIZE');
    this.throwError();
    if (this.writeShut) throw new SysError('EPIPE');
    const to = message.to ?? this.remote;
    if (to === null && this.target === null) throw new SysError(this.isUnix ? 'ENOTCONN' : 'EDESTADDRREQ');
    const named = this.naming.nameBefore(caller, this, to);
    const go = (): Awaitable<number> => this.sendNamed(caller, message, to);
    return isPromise(named) ? named.then(go) : go();
  }

  private sendNamed(caller: Caller, message: Outgoing, to: SocketAddress | null): Awaitable<number> {
    const { length } = message.data;
    const deliver = (ref: EndpointRef): Awaitable<void> => this.deliver(caller, message, ref);
    const failed = (error: unknown): number => this.unsent(error, message, length);
    try {
      const ref =
        message.to === undefined && this.target !== null
          ? this.target
          : this.naming.find(caller.thread, this, to!, message.node);
      const sent = isPromise(ref) ? ref.then(deliver) : deliver(ref);
      return isPromise(sent) ? sent.then(() => length, failed) : length;
    } catch (error) {
      return failed(error);
    }
  }

  /** UDP: that nobody is there is news for later, if for anybody. */
  private unsent(error: unknown, message: Outgoing, length: number): number {
    const refused = isSysError(error, 'ECONNREFUSED') || (isKError(error) && !isKError(error, 'K_EABORT'));
    if (!refused) throw error;
    if (this.isUnix) {
      if (message.to === undefined) this.target = this.remote = null;
      throw new SysError('ECONNREFUSED');
    }
    if (message.to === undefined) this.error = 'ECONNREFUSED';
    this.changed.wakeAll();
    return length;
  }

  private deliver(caller: Caller, message: Outgoing, ref: EndpointRef): Awaitable<void> {
    const { data } = message;
    const from = this.naming.sourceName(this, message.to ?? this.remote);
    const control = this.isUnix ? message.control : null;
    const header = this.isUnix ? undefined : this.headerOf(message);
    const waits = this.isUnix && this.waits(message.flags);
    if (ref.owner !== this.server.port) {
      const request = {
        endpoint: ref.endpoint,
        type: this.type,
        data,
        wait: waits,
        ...(control ? { control } : {}),
        ...(from ? { from } : {}),
        ...(header ? { header } : {}),
        ...(this.endpoint ? { sender: this.endpoint } : {}),
      };
      const sent = this.server.peers.datagram(caller.thread, { target: ref.owner }, request);
      return isPromise(sent) ? sent.then(() => {}) : undefined;
    }
    const receiver = this.server.endpoints.get(ref.endpoint);
    const { owned } = message;
    const datagram = { data, control, owned, header, from, sender: this.endpoint, type: this.type };
    const limitMs = this.options.milliseconds(SO.SNDTIMEO);
    const put = this.until<Awaitable<true>>(caller.thread, waits, limitMs, () => {
      const there = checkedReceiver(receiver, datagram);
      if (!there.hasRoom(data.length, this.options.bytes(SO.SNDBUF))) {
        if (!this.isUnix) return true;
        there.blocked.add(this);
        return undefined;
      }
      const kept = this.server.keep(caller.thread, control);
      if (isPromise(kept)) return kept.then(() => there.arrived(datagram));
      return there.arrived(datagram);
    });
    return isPromise(put) ? put.then(() => {}) : undefined;
  }

  /** What the message says itself, or the socket's options. */
  private headerOf({ header, to }: Outgoing): PacketHeader {
    const isV6 = this.domain === AF.INET6;
    const [level, hops, traffic] = isV6
      ? [IPPROTO.IPV6, IPV6.UNICAST_HOPS, IPV6.TCLASS]
      : [IPPROTO.IP, IP.TTL, IP.TOS];
    return {
      hops: header?.hops ?? this.options.number(level, hops),
      trafficClass: header?.trafficClass ?? this.options.number(level, traffic),
      to: (to ?? this.remote)?.host,
    };
  }

  // --- receiving -------------------------------------------------------------------------------------------

  /**
   * Empty, it takes a datagram of any size. One of UDP must fit; a local one goes in while less than `most`,
   * the sender's SO_SNDBUF, waits.
   */
  hasRoom(bytes: number, most = this.options.bytes(SO.SNDBUF)): boolean {
    if (this.inbox.empty) return true;
    const { length, count } = this.inbox;
    const fits = this.isUnix ? length < most : length + messageCost(bytes) <= this.options.bytes(SO.RCVBUF);
    return fits && count < SocketManagerLimits.DATAGRAMS_QUEUED;
  }

  /** Whether a connected socket takes messages of this sender. */
  takesFrom({ sender, from }: Arriving): boolean {
    if (this.isUnix) return this.target === null || this.target.endpoint === sender;
    if (this.remote === null || from === null) return true;
    const { host, port } = this.naming.seenBy(this, from);
    return host === this.remote.host && port === this.remote.port;
  }

  get refuses(): boolean {
    return this.isClosed || this.readShut;
  }

  arrived({ data, control, owned, from, header }: Arriving): true {
    if (this.isClosed) {
      if (control) this.server.discard([control]);
      throw new SysError('ECONNREFUSED');
    }
    this.inbox.append(data, control, owned, from && this.naming.seenBy(this, from), header);
    this.changed.wakeInput();
    return true;
  }

  receive(caller: Caller, max: number, flags: number): Awaitable<Taken> {
    if (flags & MSG.OOB) throw new SysError('EOPNOTSUPP');
    const limitMs = this.options.milliseconds(SO.RCVTIMEO);
    return this.until(caller.thread, this.waits(flags), limitMs, () => {
      if (!this.inbox.empty) return this.takeOut(max, (flags & MSG.PEEK) !== 0);
      this.throwError();
      return this.readShut ? END : undefined;
    });
  }

  private takeOut(max: number, peek: boolean): Taken {
    const taken = this.inbox.take(max, peek);
    if (taken.freed === 0) return taken;
    for (const sender of this.blocked) sender.changed.wakeOutput();
    this.blocked.clear();
    // Senders of other sites wait here.
    if (this.changed.length > 0) this.changed.wakeOutput();
    return taken;
  }

  // --- the end, and what is seen ---------------------------------------------------------------------------

  shutdown(how: number): void {
    if (!this.isUnix && this.remote === null) throw new SysError('ENOTCONN');
    if (how !== SHUT.WR) this.readShut = true;
    if (how !== SHUT.RD) this.writeShut = true;
    this.changed.wakeAll();
  }

  protected end(): void {
    this.server.discard(this.inbox.clear());
    for (const sender of this.blocked) sender.changed.wakeOutput();
    this.blocked.clear();
  }

  get readableBytes(): number {
    return this.inbox.firstBytes;
  }

  readiness(): number {
    let events = this.error !== null ? Poll.ERR : 0;
    if (!this.inbox.empty) events |= Poll.IN | Poll.RDNORM;
    if (this.readShut) events |= Poll.IN | Poll.RDNORM | Poll.RDHUP;
    if (this.readShut && this.writeShut) events |= Poll.HUP;
    if (this.hasSpaceThere()) events |= Poll.OUT | Poll.WRNORM | Poll.WRBAND;
    return events;
  }

  /** Only a connected AF_UNIX socket can know that a message would have to wait. */
  private hasSpaceThere(): boolean {
    if (this.target === null || !this.isUnix || this.target.owner !== this.server.port) return true;
    const there = this.server.endpoints.get(this.target.endpoint);
    if (!(there instanceof DatagramSocket) || there.hasRoom(1, this.options.bytes(SO.SNDBUF))) return true;
    there.blocked.add(this);
    return false;
  }
}

/** Throws ECONNREFUSED, EPROTOTYPE, EPERM (connected with somebody else), EPIPE. */
export function checkedReceiver(receiver: Socket | undefined, datagram: Arriving): DatagramSocket {
  if (receiver && receiver.type !== datagram.type) throw new SysError('EPROTOTYPE');
  if (!(receiver instanceof DatagramSocket) || receiver.isClosed) throw new SysError('ECONNREFUSED');
  if (!receiver.takesFrom(datagram)) throw new SysError(receiver.isUnix ? 'EPERM' : 'ECONNREFUSED');
  if (receiver.refuses && receiver.isUnix) throw new SysError('EPIPE');
  return receiver;
}
