/**
 * What every socket is, whatever its type: options, names, the waits, what poll sees. The kinds answer for
 * what they do (StreamSocket: streams and records with connections; DatagramSocket).
 *
 * Invariants: a socket lives in the object table while a site holds it, or in a backlog until it is accepted;
 * `closed` runs once. Whatever could make a wait or poll go on wakes `changed`.
 */

import type { Awaitable } from '../../nucleus/awaitable.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { Key } from '../../nucleus/ids/capability.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { O, S } from '../../subsystems/unix/constants.ts';
import { type ErrnoName, SysError } from '../../subsystems/unix/errno.ts';
import {
  AF,
  MSG,
  type PacketHeader,
  type SocketAddress,
  type SocketCredentials,
} from '../../subsystems/unix/sockets.ts';
import type { Stat } from '../../subsystems/unix/sys.ts';
import { statWithoutVolume } from '../protocols/anonymous-stat.ts';
import { PollQueue, type PollReply, type PollRequest } from '../protocols/poll-queue.ts';
import type { Control, SocketNode } from '../protocols/socket.ts';
import type { Taken } from './inbox.ts';
import type { Naming } from './naming.ts';
import { Options } from './options.ts';
import type { SocketServer } from './server.ts';

/** st_dev of sockets: no volume has it. */
const SOCKET_DEVICE = 0x08;

/** Who calls: the thread that may wait, and who the nucleus says it is. */
export interface Caller {
  readonly thread: Thread;
  readonly site: SiteId;
  readonly credentials: SocketCredentials;
}

export interface Outgoing {
  readonly data: Uint8Array;
  readonly flags: number;
  readonly to?: SocketAddress | undefined;
  readonly node?: SocketNode | undefined;
  readonly control: Control;
  readonly header?: PacketHeader | undefined;
  /** The sender does not touch `data` again. */
  readonly owned: boolean;
  /** Bytes of the whole call: more than `data` when this is its first piece. */
  readonly total: number;
}

export abstract class Socket {
  readonly server: SocketServer;
  readonly naming: Naming;
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  readonly holders = new Set<SiteId>();
  readonly changed = new PollQueue();
  readonly options: Options;
  endpoint: Key | null = null;
  /** The name that bind gave it, or that it took by itself. */
  local: SocketAddress | null = null;
  /** What SO_ERROR tells next. */
  error: ErrnoName | null = null;
  isClosed = false;
  private readonly attributes: Stat;
  private statusFlags: number;

  constructor(
    server: SocketServer,
    naming: Naming,
    kind: SocketKind,
    flags: number,
    owner: SocketCredentials,
  ) {
    this.server = server;
    this.naming = naming;
    this.domain = kind.domain;
    this.type = kind.type;
    this.protocol = kind.protocol;
    this.options = new Options(kind);
    this.statusFlags = O.RDWR | (flags & O.NONBLOCK);
    this.attributes = attributesOf(server, owner);
  }

  abstract readiness(): number;
  /** What waits to be read at once: FIONREAD. */
  abstract readonly readableBytes: number;
  abstract listen(caller: Caller, backlog: number): Awaitable<void>;
  abstract accept(caller: Caller): Awaitable<Socket>;
  abstract connect(caller: Caller, address: SocketAddress, node: SocketNode | undefined): Awaitable<void>;
  /** Returns the bytes taken. Throws EPIPE, EAGAIN, … */
  abstract send(caller: Caller, message: Outgoing): Awaitable<number>;
  abstract receive(caller: Caller, max: number, flags: number): Awaitable<Taken>;
  abstract shutdown(how: number): void;
  /** Throws ENOTCONN. */
  abstract peerAddress(): SocketAddress;
  /** Throws ENODATA-like errors of SO_PEERCRED: nobody has pid 0, uid and gid -1. */
  abstract peerCredentials(): SocketCredentials;
  abstract readonly isListening: boolean;
  /** A site is lost: what was connected with it is reset. */
  abstract siteLost(site: SiteId): void;
  protected abstract end(): void;

  bind(caller: Caller, address: SocketAddress, node: SocketNode | undefined): Awaitable<void> {
    return this.naming.bind(caller, this, address, node);
  }

  /** The last hold is gone. */
  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.naming.release(this);
    this.end();
    if (this.endpoint !== null) this.server.endpoints.delete(this.endpoint);
    this.changed.wakeAll();
  }

  get address(): SocketAddress {
    return this.local ?? this.naming.unnamed;
  }

  get flags(): number {
    return this.statusFlags;
  }

  set flags(flags: number) {
    this.statusFlags = O.RDWR | (flags & (O.NONBLOCK | O.APPEND));
  }

  get isUnix(): boolean {
    return this.domain === AF.UNIX;
  }

  get label(): string {
    return `socket:[${this.attributes.ino}]`;
  }

  stat(): Stat {
    return this.attributes;
  }

  /** Whether a call with these flags may wait. */
  waits(flags: number): boolean {
    return (this.statusFlags & O.NONBLOCK) === 0 && (flags & MSG.DONTWAIT) === 0;
  }

  /** The pending error, taken: SO_ERROR, and what the next call throws. */
  takeError(): ErrnoName | null {
    const { error } = this;
    this.error = null;
    return error;
  }

  protected throwError(): void {
    const error = this.takeError();
    if (error !== null) throw new SysError(error);
  }

  /** poll(2) on one object. Throws K_EABORT. */
  poll(thread: Thread, request: PollRequest): Awaitable<PollReply> {
    return this.changed.poll(thread, request, () => this.readiness());
  }

  /**
   * What `attempt` gives, as soon as it gives something: at once if it can. Throws EAGAIN when the call may
   * not wait, or has waited for `limitMs` (0: for ever); K_EABORT; what `attempt` throws.
   */
  until<T>(thread: Thread, waits: boolean, limitMs: number, attempt: () => T | undefined): Awaitable<T> {
    const now = attempt();
    if (now !== undefined) return now;
    if (!waits) throw new SysError('EAGAIN');
    return this.untilWaiting(thread, limitMs, attempt);
  }

  private async untilWaiting<T>(thread: Thread, limitMs: number, attempt: () => T | undefined): Promise<T> {
    const { clock } = this.server.nucleus;
    const deadlineMs = limitMs > 0 ? clock.monotonic() + limitMs : 0;
    for (;;) {
      const delayMs = deadlineMs > 0 ? Math.max(0, deadlineMs - clock.monotonic()) : -1;
      try {
        await this.changed.wait(thread, { abortable: true, delayMs });
      } catch (error) {
        throw isKError(error, 'K_ETIMEOUT') ? new SysError('EAGAIN') : error;
      }
      if (this.isClosed) throw new SysError('EBADF');
      const result = attempt();
      if (result !== undefined) return result;
    }
  }
}

export interface SocketKind {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
}

function attributesOf(server: SocketServer, { uid, gid }: SocketCredentials): Stat {
  const timeMs = server.nucleus.clock.now();
  const mode = S.IFSOCK | 0o777;
  return statWithoutVolume({ dev: SOCKET_DEVICE, ino: server.newIno(), mode, uid, gid, timeMs });
}
