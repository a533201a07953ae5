/**
 * SOCK_STREAM and SOCK_SEQPACKET: sockets with connections, of either address family.
 *
 * A socket is idle, listening, connecting or connected; a connection that ended leaves it connected, with
 * both directions shut. What the families do differently (unix(7), tcp(7)): shutting the reading side of an
 * AF_UNIX socket stops the other's writing, and its close shuts both directions; over TCP a close only ends
 * what is read, and the first write after it is answered with a reset.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { Poll } from '../../subsystems/unix/constants.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import {
  MSG,
  SHUT,
  SO,
  SOCK,
  type SocketAddress,
  type SocketCredentials,
} from '../../subsystems/unix/sockets.ts';
import type { Control, SocketNode } from '../protocols/socket.ts';
import { Backlog } from './backlog.ts';
import { connectStream } from './connect.ts';
import { type Inbox, MessageInbox, StreamInbox, type Taken } from './inbox.ts';
import { SocketManagerLimits } from './limits.ts';
import type { Naming } from './naming.ts';
import { isWritable, LocalPeer, type Peer } from './peer.ts';
import { receiveAll } from './receive-all.ts';
import type { SocketServer } from './server.ts';
import { type Caller, type Outgoing, Socket, type SocketKind } from './socket.ts';

const NO_BYTES = new Uint8Array(0);
const END: Taken = { data: NO_BYTES, length: 0, control: null, from: null, record: false, freed: 0 };
const READABLE = Poll.IN | Poll.RDNORM;
/** What SO_PEERCRED says where there is nobody: an id of -1. */
export const NOBODY: SocketCredentials = { pid: 0, uid: 0xffffffff, gid: 0xffffffff };

export class StreamSocket extends Socket {
  state: 'idle' | 'listening' | 'connecting' | 'connected' = 'idle';
  readonly inbox: Inbox;
  peer: Peer | null = null;
  remote: SocketAddress | null = null;
  remoteCredentials: SocketCredentials = NOBODY;
  /** RCV_SHUTDOWN, SEND_SHUTDOWN. */
  readShut = false;
  writeShut = false;
  backlog: Backlog | null = null;
  /** Made by accept: it shares the listener's name and does not own it. */
  isAccepted = false;
  /** The other end went away before this one had heard that they are connected. */
  goneEarly = false;
  /** A connection that was made while nobody waited is told of once. */
  connectUntold = false;
  connectFailed = false;

  constructor(
    server: SocketServer,
    naming: Naming,
    kind: SocketKind,
    flags: number,
    owner: SocketCredentials,
  ) {
    super(server, naming, kind, flags, owner);
    this.inbox = kind.type === SOCK.SEQPACKET ? new MessageInbox() : new StreamInbox();
  }

  // --- connections -----------------------------------------------------------------------------------------

  listen(caller: Caller, backlog: number): Awaitable<void> {
    if (this.state === 'connected' || this.state === 'connecting') throw new SysError('EINVAL');
    if (this.isUnix && this.local === null) throw new SysError('EINVAL');
    if (this.backlog) {
      this.backlog.limit = backlog;
      this.changed.wakeAll();
      return;
    }
    const begin = (): void => {
      this.backlog = new Backlog(backlog, caller.credentials);
      this.state = 'listening';
      this.readShut = false;
    };
    const named = this.naming.nameBefore(caller, this, null);
    const claim = (): Awaitable<void> => this.naming.listening(caller.thread, this);
    const claimed = isPromise(named) ? named.then(claim) : claim();
    return isPromise(claimed) ? claimed.then(begin) : begin();
  }

  get isListening(): boolean {
    return this.state === 'listening';
  }

  accept(caller: Caller): Awaitable<StreamSocket> {
    return this.until(caller.thread, this.waits(0), this.options.milliseconds(SO.RCVTIMEO), () => {
      if (this.backlog === null) throw new SysError('EINVAL');
      const connection = this.backlog.shift();
      if (connection) this.changed.wakeAll();
      return connection;
    });
  }

  connect(caller: Caller, address: SocketAddress, node: SocketNode | undefined): Awaitable<void> {
    return connectStream(caller, this, address, node);
  }

  /** A connect in the background has failed: what SO_ERROR has not told is told now. */
  failedConnect(): SysError {
    this.connectFailed = false;
    return new SysError(this.takeError() ?? 'ECONNABORTED');
  }

  /** connect(2) with AF_UNSPEC: over TCP a connection can be given up for another. */
  disconnect(): void {
    if (this.state === 'listening') throw new SysError('EISCONN');
    this.peer?.gone(true);
    this.peer = null;
    this.state = 'idle';
    this.remote = null;
    this.readShut = this.writeShut = false;
    this.inbox.clear();
  }

  /** Makes this and `other`, on the same manager, the ends of a connection. */
  join(other: StreamSocket): void {
    this.connectedTo(new LocalPeer(this, other));
    other.connectedTo(new LocalPeer(other, this));
  }

  connectedTo(peer: Peer): void {
    this.peer = this.goneEarly ? null : peer;
    this.state = 'connected';
    this.changed.wakeAll();
  }

  peerAddress(): SocketAddress {
    if (this.state !== 'connected' || this.hasEnded) throw new SysError('ENOTCONN');
    return this.remote ?? this.naming.unnamed;
  }

  /** TCP forgets a connection of which both directions have ended. */
  private get hasEnded(): boolean {
    return !this.isUnix && this.peer === null && this.readShut && this.writeShut;
  }

  peerCredentials(): SocketCredentials {
    return this.remoteCredentials;
  }

  // --- what the other end does -----------------------------------------------------------------------------

  /** Throws EPIPE when nobody will read it. */
  delivered(data: Uint8Array, control: Control | null, owned: boolean): void {
    if (this.isClosed || this.readShut) {
      if (control) this.server.discard([control]);
      if (this.isClosed || this.isUnix) throw new SysError('EPIPE');
      return;
    }
    this.inbox.append(data, control, owned);
    this.changed.wakeInput();
  }

  peerShut(read: boolean, write: boolean): void {
    if (write) this.readShut = true;
    if (read) this.writeShut = true;
    this.changed.wakeAll();
  }

  peerGone(reset: boolean): void {
    if (this.peer === null && this.state !== 'connecting') return;
    this.goneEarly = this.peer === null;
    this.peer = null;
    this.readShut = true;
    if (reset) this.error = 'ECONNRESET';
    if (reset || this.isUnix) this.writeShut = true;
    this.changed.wakeAll();
  }

  siteLost(site: SiteId): void {
    if (this.peer?.site === site) this.peerGone(true);
  }

  // --- sending ---------------------------------------------------------------------------------------------

  send(caller: Caller, message: Outgoing): Awaitable<number> {
    if (message.flags & MSG.OOB) throw new SysError('EOPNOTSUPP');
    if (message.to && this.isUnix) throw new SysError(this.state === 'connected' ? 'EISCONN' : 'EOPNOTSUPP');
    if (this.inbox.messages && message.total > SocketManagerLimits.DATAGRAM_BYTES)
      throw new SysError('EMSGSIZE');
    return this.sendOn(caller, message, 0);
  }

  /** Sends what follows `already`; all of it, if it may wait. */
  private sendOn(caller: Caller, message: Outgoing, already: number): Awaitable<number> {
    const { data } = message;
    let sent = already;
    for (;;) {
      const count = this.sendable(data.length - sent);
      if (count < 0) break;
      if (count === 0 && !this.inbox.messages) return sent;
      if (this.peer === null) return this.answeredByReset(data.length);
      const piece = count === data.length ? data : data.subarray(sent, sent + count);
      const delivered = this.peer.deliver(caller.thread, piece, this.controlOf(message, sent), message.owned);
      sent += count;
      if (isPromise(delivered)) return delivered.then(() => this.sentSome(caller, message, sent));
      if (sent === data.length) return sent;
    }
    if (this.waits(message.flags)) return this.sendWaiting(caller, message, sent);
    if (sent > 0) return sent;
    throw new SysError('EAGAIN');
  }

  private sentSome(caller: Caller, message: Outgoing, sent: number): Awaitable<number> {
    return sent === message.data.length ? sent : this.sendOn(caller, message, sent);
  }

  /** Descriptors go with the first piece. Over TCP nothing travels beside the bytes. */
  private controlOf({ control }: Outgoing, sent: number): Control | null {
    if (!this.isUnix) return null;
    return sent > 0 && control.rights.length > 0 ? { credentials: control.credentials, rights: [] } : control;
  }

  /** How many of `left` bytes may be sent now; -1: none yet. Throws EPIPE, ENOTCONN, the pending error. */
  private sendable(left: number): number {
    if (this.error !== null) this.throwError();
    if (this.state === 'connecting') return -1;
    if (this.state !== 'connected') throw new SysError(this.isUnix ? 'ENOTCONN' : 'EPIPE');
    if (this.writeShut) throw new SysError('EPIPE');
    const { peer } = this;
    if (peer === null) return left;
    // A packet goes in whole while there is any room.
    if (this.inbox.messages) return peer.idle || peer.room > 0 ? left : -1;
    return left === 0 ? 0 : Math.min(left, peer.room) || -1;
  }

  private async sendWaiting(caller: Caller, message: Outgoing, sent: number): Promise<number> {
    const left = message.data.length - sent;
    try {
      await this.until<true>(caller.thread, true, this.options.milliseconds(SO.SNDTIMEO), () =>
        this.sendable(left) >= 0 ? true : undefined,
      );
      return await this.sendOn(caller, message, sent);
    } catch (error) {
      if (sent > 0 && (error instanceof SysError || isKError(error, 'K_EABORT'))) return sent;
      throw error;
    }
  }

  /** The other end of a TCP connection is closed: this write still succeeds, the next one is EPIPE. */
  private answeredByReset(count: number): number {
    this.error = 'EPIPE';
    this.writeShut = true;
    this.changed.wakeAll();
    return count;
  }

  // --- receiving -------------------------------------------------------------------------------------------

  receive(caller: Caller, max: number, flags: number): Awaitable<Taken> {
    if (flags & MSG.OOB) throw new SysError(this.isUnix ? 'EOPNOTSUPP' : 'EINVAL');
    const limitMs = this.options.milliseconds(SO.RCVTIMEO);
    const waits = this.waits(flags);
    const next = (size: number): Awaitable<Taken> =>
      this.until(caller.thread, waits, limitMs, () => this.receivable(size, flags));
    const first = next(max);
    if (!(flags & MSG.WAITALL) || flags & MSG.PEEK || this.inbox.messages || !waits) return first;
    return isPromise(first)
      ? first.then((taken) => receiveAll(taken, max, next))
      : receiveAll(first, max, next);
  }

  /** What can be had now; undefined: nothing yet. Throws the pending error, ENOTCONN. */
  private receivable(max: number, flags: number): Taken | undefined {
    if (this.state === 'connecting') return undefined;
    if (!this.inbox.empty) return this.takeOut(max, flags);
    if (this.error !== null) this.throwError();
    if (this.state === 'idle' || this.state === 'listening') {
      if (this.readShut) return END;
      throw new SysError(this.isUnix && !this.inbox.messages ? 'EINVAL' : 'ENOTCONN');
    }
    if (this.readShut || (max === 0 && !this.inbox.messages)) return END;
    return undefined;
  }

  private takeOut(max: number, flags: number): Taken {
    const peek = (flags & MSG.PEEK) !== 0;
    const taken = this.inbox.messages
      ? this.inbox.take(max, peek)
      : this.inbox.take(max, peek, this.options.flag(SO.PASSCRED));
    if (taken.freed > 0) this.peer?.consumed(taken.freed);
    return taken;
  }

  // --- the end ---------------------------------------------------------------------------------------------

  shutdown(how: number): void {
    const reads = how !== SHUT.WR;
    const writes = how !== SHUT.RD;
    if (this.state === 'listening') {
      if (reads) this.stopListening();
      return;
    }
    if (!this.isUnix && (this.state !== 'connected' || this.hasEnded)) throw new SysError('ENOTCONN');
    if (reads) this.readShut = true;
    if (writes) this.writeShut = true;
    this.peer?.shut(reads && this.isUnix, writes);
    this.changed.wakeAll();
  }

  private stopListening(): void {
    const { backlog } = this;
    this.backlog = null;
    this.state = 'idle';
    this.readShut = this.isUnix;
    backlog?.refuseAll();
    this.changed.wakeAll();
  }

  /** In a backlog when its listener ended. */
  refused(): void {
    this.peer?.gone(true);
    this.peer = null;
    this.closed();
  }

  protected end(): void {
    if (this.state === 'listening') this.stopListening();
    const unread = !this.inbox.empty;
    this.server.discard(this.inbox.clear());
    this.peer?.gone(unread || (!this.isUnix && this.options.abortsAtClose));
    this.peer = null;
    this.readShut = this.writeShut = true;
  }

  /** What the other end may send before this one reads. */
  get bufferBytes(): number {
    return this.options.bytes(SO.RCVBUF);
  }

  // --- what is seen ----------------------------------------------------------------------------------------

  get readableBytes(): number {
    if (this.state === 'listening') throw new SysError('EINVAL');
    return this.inbox.messages ? this.inbox.firstBytes : this.inbox.length;
  }

  readiness(): number {
    const written = Poll.OUT | Poll.WRNORM | (this.isUnix ? Poll.WRBAND : 0);
    let events = this.error !== null ? Poll.ERR : 0;
    if (this.backlog) return events | (this.backlog.empty ? 0 : READABLE);
    if (this.state === 'connecting') return events;
    if (this.state === 'idle') {
      const told = !this.connectFailed && !this.readShut;
      return events | written | Poll.HUP | (told ? 0 : READABLE | Poll.RDHUP);
    }
    if (!this.inbox.empty) events |= READABLE;
    if (this.readShut) events |= READABLE | Poll.RDHUP;
    if (this.readShut && this.writeShut) events |= Poll.HUP;
    const { peer } = this;
    if (this.writeShut || peer === null || isWritable(peer, this.options.bytes(SO.SNDBUF))) events |= written;
    return events;
  }
}
