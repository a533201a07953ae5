/**
 * The other end of a connection as a socket sees it: one on the same manager, or one on another site.
 *
 * A remote end is written to within its window: the bytes that it has said it has room for. What it reads is
 * told back when it comes to a good part of the window, so that a busy connection costs few such messages.
 * Deliveries are calls, one after another per sender; an end that fails to answer is lost: a reset.
 */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import { type SiteId, uiCreationSite } from '../../nucleus/ids/ui.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { isSysError, SysError } from '../../subsystems/unix/errno.ts';
import { SO } from '../../subsystems/unix/sockets.ts';
import type { Control } from '../protocols/socket.ts';
import { messageCost } from './inbox.ts';
import type { EndpointRef, SocketServer } from './server.ts';
import type { StreamSocket } from './stream-socket.ts';

export interface Peer {
  readonly site: SiteId;
  /** Bytes of buffer that the other side has for what this one sends. */
  readonly room: number;
  /** All of that room is free. */
  readonly idle: boolean;
  /** Puts data that fits into the room. Throws EPIPE, ECONNRESET, ETOOMANYREFS. */
  deliver(thread: Thread, data: Uint8Array, control: Control | null, owned: boolean): Awaitable<void>;
  /** This side has read so much. */
  consumed(bytes: number): void;
  /** This side reads, or writes, no more. */
  shut(read: boolean, write: boolean): void;
  /** This side is closed. */
  gone(reset: boolean): void;
}

/** A part of the buffer that must be free before a writer is told. */
const WRITABLE_SHARE = 4;

export class LocalPeer implements Peer {
  private readonly self: StreamSocket;
  private readonly other: StreamSocket;

  constructor(self: StreamSocket, other: StreamSocket) {
    this.self = self;
    this.other = other;
  }

  get site(): SiteId {
    return this.self.server.site;
  }

  private get capacity(): number {
    return Math.min(this.other.options.bytes(SO.RCVBUF), this.self.options.bytes(SO.SNDBUF));
  }

  get room(): number {
    return Math.max(0, this.capacity - this.other.inbox.length);
  }

  get idle(): boolean {
    return this.other.inbox.empty;
  }

  deliver(thread: Thread, data: Uint8Array, control: Control | null, owned: boolean): Awaitable<void> {
    const kept = this.self.server.keep(thread, control);
    if (isPromise(kept)) return kept.then(() => this.other.delivered(data, control, owned));
    this.other.delivered(data, control, owned);
  }

  consumed(): void {
    const { peer, changed } = this.other;
    if (peer && isWritable(peer, this.self.options.bytes(SO.RCVBUF))) changed.wakeOutput();
  }

  shut(read: boolean, write: boolean): void {
    this.other.peerShut(read, write);
  }

  gone(reset: boolean): void {
    this.other.peerGone(reset);
  }
}

/** Whether a writer has enough room to be woken for, of a buffer of `capacity` bytes. */
export function isWritable(peer: Peer, capacity: number): boolean {
  return peer.idle || peer.room * WRITABLE_SHARE >= capacity;
}

export class RemotePeer implements Peer {
  readonly site: SiteId;
  private readonly server: SocketServer;
  private readonly self: StreamSocket;
  private readonly ref: EndpointRef;
  private readonly dest: Destination;
  private readonly window: number;
  private credit: number;
  /** Read here and not yet told. */
  private untold = 0;

  constructor(self: StreamSocket, ref: EndpointRef, window: number) {
    this.self = self;
    this.server = self.server;
    this.ref = ref;
    this.site = uiCreationSite(ref.owner);
    this.dest = { target: ref.owner };
    this.window = window;
    this.credit = window;
  }

  get room(): number {
    const held = this.window - this.credit;
    return Math.max(0, Math.min(this.credit, this.self.options.bytes(SO.SNDBUF) - held));
  }

  get idle(): boolean {
    return this.credit === this.window;
  }

  /** The other side has room for so much more. */
  opened(bytes: number): void {
    this.credit = Math.min(this.window, this.credit + bytes);
  }

  deliver(thread: Thread, data: Uint8Array, control: Control | null): Awaitable<void> {
    const cost = this.self.inbox.messages ? messageCost(data.length) : data.length;
    this.credit -= cost;
    const request = { endpoint: this.ref.endpoint, data, ...(control ? { control } : {}) };
    const options = { abortable: false };
    const failed = (error: unknown): never => {
      this.credit += cost;
      if (!isKError(error) && !isSysError(error, 'ENOTCONN')) throw error;
      if (isKError(error, 'K_ESIZE')) throw new SysError('EMSGSIZE');
      this.self.peerGone(true);
      throw new SysError(this.self.takeError() ?? 'EPIPE');
    };
    try {
      const done = this.server.peers.deliver(thread, this.dest, request, options);
      if (isPromise(done)) return done.then(() => {}, failed);
    } catch (error) {
      failed(error);
    }
  }

  consumed(bytes: number): void {
    this.untold += bytes;
    if (this.untold * WRITABLE_SHARE < this.self.options.bytes(SO.RCVBUF) && !this.self.inbox.empty) return;
    const { endpoint } = this.ref;
    const told = this.untold;
    this.untold = 0;
    if (told === 0) return;
    this.server.background((thread) =>
      this.server.peers.window(thread, this.dest, { endpoint, bytes: told }),
    );
  }

  shut(read: boolean, write: boolean): void {
    if (!read && !write) return;
    const { endpoint } = this.ref;
    this.server.background((thread) => this.server.peers.shut(thread, this.dest, { endpoint, read, write }));
  }

  gone(reset: boolean): void {
    const { endpoint } = this.ref;
    this.server.background((thread) => this.server.peers.gone(thread, this.dest, { endpoint, reset }));
  }
}
