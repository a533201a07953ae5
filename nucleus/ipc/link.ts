/**
 * A link: the reliable, ordered conversation of one pair of sites, over a transport that promises nothing.
 *
 * Sessions. Each side names its end by a session number that it never uses twice; a link is up once a frame
 * shows that the peer knows ours. Frames of any other pair of sessions are dropped, so nothing of a dead
 * conversation can reach a new one, and a peer that rebooted or was cut off starts afresh. A greeting that is
 * newer than the peer's known session ends the current one: the peer has given it up.
 *
 * Within a session: data frames are numbered, acknowledged cumulatively (on whatever goes back, else after a
 * short delay), sent again with growing intervals, put in order and delivered exactly once.
 *
 * Death is certain in bounded time: nothing heard for `deadMs`, or a frame unacknowledged for `deadMs` (the
 * one-way cut), or word from the transport. Time during which this site itself stood still does not count.
 *
 * Batching: the first packet after frames arrived leaves at once, in a frame of its own, without arming
 * anything; what follows leaves together at the end of the turn.
 */
import type { Clock } from '../clock.ts';
import { KError } from '../errors.ts';
import type { SiteId } from '../ids/ui.ts';
import {
  type Arrived,
  encodeFrame,
  encodeOne,
  type FrameHead,
  FrameKind,
  type FrameKindCode,
  MalformedFrame,
  PACKETS_PER_FRAME_MAX,
  type Packed,
  packetsOf,
} from './frame.ts';
import { SentFrames } from './sent-frames.ts';

export interface LinkTiming {
  /** A silent link says something this often. */
  pingMs: number;
  /** Silence that means death. */
  deadMs: number;
  /** Acknowledgements wait this long for something to travel with. */
  ackDelayMs: number;
  /** First and longest interval of sending again. */
  retryMs: number;
  retryMaxMs: number;
}

export const DEFAULT_TIMING: LinkTiming = {
  pingMs: 1000,
  deadMs: 5000,
  ackDelayMs: 20,
  retryMs: 250,
  retryMaxMs: 2000,
};

/** Frames on their way, and frames that wait for an earlier one. */
const WINDOW_FRAMES = 1024;
/** Packets leave together up to this many bytes a frame. */
const FRAME_BYTES = 128 * 1024;
/** Frames sent again at one time. */
const RESEND_MAX = 64;

export interface LinkCounters {
  framesOut: number;
  framesIn: number;
  resent: number;
  duplicates: number;
  stale: number;
}

/** What a link needs of its site. */
export interface LinkHost {
  readonly clock: Clock;
  readonly epoch: number;
  /** Bytes that may wait for the peer: K_EFULL. */
  readonly linkBytes: number;
  readonly timing: LinkTiming;
  nextSession(): number;
  /** Changes with every arrival of frames: what is sent for the first time since is the first of its turn. */
  turn(): number;
  stamp(): number;
  transmit(to: SiteId, frames: readonly Uint8Array[]): void;
  onUp(link: Link): void;
  onDown(link: Link): void;
  onPacket(link: Link, packet: Arrived): void;
}

export class Link {
  readonly peer: SiteId;
  up = false;
  peerEpoch = 0;
  readonly counters: LinkCounters = { framesOut: 0, framesIn: 0, resent: 0, duplicates: 0, stale: 0 };
  private readonly host: LinkHost;
  private session: number;
  private peerSession = 0;
  private reachable = false;
  private closed = false;
  private outbox: Packed[] = [];
  private waitingBytes = 0;
  private nextOut = 1;
  private oldestOut = 1;
  private readonly unacknowledged = new SentFrames();
  private nextIn = 1;
  private readonly early = new Map<number, readonly Uint8Array[]>();
  private turnArmed = false;
  private sentInTurn = -1;
  private ackDue = false;
  private ackArmed = false;
  private retryArmed = false;
  private lastHeardMs = 0;
  /** Something was heard, or said, since the last tick. */
  private heard = false;
  private spoke = false;
  private helloWaitMs = 0;
  private cancelTick: (() => void) | null = null;
  /** Written into each frame: made once. */
  private readonly head: FrameHead;

  constructor(peer: SiteId, host: LinkHost) {
    this.peer = peer;
    this.host = host;
    this.session = host.nextSession();
    this.head = {
      kind: FrameKind.hello,
      session: this.session,
      peerSession: 0,
      sequence: 0,
      acknowledged: 0,
      stamp: 0,
      epoch: host.epoch,
    };
  }

  // --- the peer comes and goes -----------------------------------------------------------------------------

  /** The transport can reach the peer, or has lost it. */
  setReachable(reachable: boolean): void {
    if (this.closed) return;
    if (!reachable) {
      this.reachable = false;
      this.stopTick();
      this.fail();
      return;
    }
    this.reachable = true;
    if (!this.up) this.greet();
  }

  private greet(): void {
    this.helloWaitMs = Math.min(this.host.timing.retryMs, this.host.timing.pingMs);
    this.sendControl(FrameKind.hello);
    this.armTick(this.helloWaitMs);
  }

  /** Ends the session: everything in it is over. A new one is sought while the peer can be reached. */
  fail(): void {
    const wasUp = this.up;
    this.up = false;
    this.outbox = [];
    this.waitingBytes = 0;
    this.nextOut = 1;
    this.oldestOut = 1;
    this.nextIn = 1;
    this.unacknowledged.clear();
    this.early.clear();
    this.ackDue = false;
    if (wasUp) {
      this.session = this.host.nextSession();
      this.host.onDown(this);
    }
    if (this.reachable && !this.closed && wasUp) this.greet();
  }

  /** Takes leave: the peer knows at once. */
  close(): void {
    if (this.closed) return;
    if (this.up) {
      this.pump();
      this.sendControl(FrameKind.bye);
    }
    this.closed = true;
    this.reachable = false;
    this.stopTick();
    this.fail();
  }

  private becomeUp(): void {
    this.up = true;
    this.lastHeardMs = this.host.clock.monotonic();
    this.armTick(this.host.timing.pingMs);
    this.host.onUp(this);
  }

  // --- the clock -------------------------------------------------------------------------------------------

  private stopTick(): void {
    this.cancelTick?.();
    this.cancelTick = null;
  }

  private armTick(delayMs: number): void {
    this.stopTick();
    const dueMs = this.host.clock.monotonic() + delayMs;
    this.cancelTick = this.host.clock.setTimer(delayMs, () => this.tick(dueMs));
  }

  private tick(dueMs: number): void {
    const { pingMs, deadMs } = this.host.timing;
    const now = this.host.clock.monotonic();
    if (!this.up) {
      this.sendControl(FrameKind.hello);
      this.helloWaitMs = Math.min(this.helloWaitMs * 2, pingMs);
      this.armTick(this.helloWaitMs);
      return;
    }
    // This site stood still: what the peer said meanwhile has not been read yet.
    const late = now - dueMs;
    if (late > pingMs) this.lastHeardMs += late;
    if (this.heard) this.lastHeardMs = now;
    this.heard = false;
    if (now - this.lastHeardMs > deadMs || this.oldestAgeMs(now) > deadMs + Math.max(0, late)) {
      this.fail();
      return;
    }
    if (!this.spoke) this.sendControl(FrameKind.ack);
    this.spoke = false;
    this.armTick(pingMs);
  }

  private oldestAgeMs(now: number): number {
    const { oldest } = this.unacknowledged;
    return oldest && oldest.firstMs >= 0 ? now - oldest.firstMs : 0;
  }

  // --- sending ---------------------------------------------------------------------------------------------

  /**
   * Sends a packet, after those sent before. Throws K_EFULL, K_ELINKFAILURE (the link is down). The nuclei's
   * own small packets are `exempt` from the limit: each answers something, so what is limited limits them.
   */
  send(packet: Packed, exempt = false): void {
    if (!this.up) throw new KError('K_ELINKFAILURE');
    if (!exempt && this.waitingBytes + packet.size > this.host.linkBytes) throw new KError('K_EFULL');
    this.waitingBytes += packet.size;
    if (!this.turnArmed && this.outbox.length === 0 && this.unacknowledged.size < WINDOW_FRAMES) {
      const turn = this.host.turn();
      if (turn !== this.sentInTurn) {
        this.sentInTurn = turn;
        this.sendData(encodeOne(this.nextHead(), packet), packet.size);
        return;
      }
    }
    this.outbox.push(packet);
    if (this.turnArmed) return;
    this.turnArmed = true;
    this.host.clock.defer(this.endTurn);
  }

  private readonly endTurn = (): void => {
    this.turnArmed = false;
    this.sentInTurn = -1;
    if (this.up) this.pump();
  };

  private pump(): void {
    while (this.outbox.length > 0 && this.unacknowledged.size < WINDOW_FRAMES) {
      let count = 0;
      let bytes = 0;
      while (count < this.outbox.length && count < PACKETS_PER_FRAME_MAX && bytes < FRAME_BYTES) {
        bytes += this.outbox[count]!.size;
        count += 1;
      }
      const packets = count === this.outbox.length ? this.outbox : this.outbox.slice(0, count);
      this.outbox = count === this.outbox.length ? [] : this.outbox.slice(count);
      this.sendData(encodeFrame(this.nextHead(), packets), bytes);
    }
  }

  private sendData(frames: readonly Uint8Array[], bytes: number): void {
    // Off it goes first: the rest is done while it travels.
    this.transmit(frames);
    const waitMs = this.host.timing.retryMs;
    this.unacknowledged.push({ frames, bytes, firstMs: -1, dueMs: 0, waitMs });
    this.armRetry(waitMs);
  }

  private transmit(frames: readonly Uint8Array[]): void {
    this.ackDue = false;
    this.spoke = true;
    this.counters.framesOut += 1;
    this.host.transmit(this.peer, frames);
  }

  private sendControl(kind: FrameKindCode): void {
    this.transmit(encodeFrame(this.headFor(kind, 0), []));
  }

  /** The head of the next data frame. */
  private nextHead(): FrameHead {
    this.nextOut += 1;
    return this.headFor(FrameKind.data, this.nextOut - 1);
  }

  private headFor(kind: FrameKindCode, sequence: number): FrameHead {
    const { head } = this;
    head.kind = kind;
    head.session = this.session;
    head.peerSession = this.peerSession;
    head.sequence = sequence;
    head.acknowledged = this.nextIn - 1;
    head.stamp = this.host.stamp();
    return head;
  }

  private armRetry(delayMs: number): void {
    if (this.retryArmed) return;
    this.retryArmed = true;
    this.host.clock.setTimer(delayMs, () => this.retry());
  }

  private retry(): void {
    this.retryArmed = false;
    if (this.unacknowledged.size === 0) return;
    const now = this.host.clock.monotonic();
    let soonestMs = this.host.timing.retryMaxMs;
    let resent = 0;
    for (const sent of this.unacknowledged.values()) {
      if (sent.firstMs < 0) {
        sent.firstMs = now;
        sent.dueMs = now + sent.waitMs;
      }
      if (sent.dueMs <= now && resent < RESEND_MAX) {
        resent += 1;
        sent.waitMs = Math.min(sent.waitMs * 2, this.host.timing.retryMaxMs);
        sent.dueMs = now + sent.waitMs;
        this.transmit(sent.frames);
      }
      soonestMs = Math.min(soonestMs, Math.max(1, sent.dueMs - now));
      if (resent >= RESEND_MAX) break;
    }
    this.counters.resent += resent;
    this.armRetry(soonestMs);
  }

  // --- receiving -------------------------------------------------------------------------------------------

  /** Frames arrived from the peer. Throws MalformedFrame. */
  receive(head: FrameHead, frames: readonly Uint8Array[]): void {
    if (this.closed) return;
    this.counters.framesIn += 1;
    if (head.kind === FrameKind.hello) {
      this.greeted(head);
      return;
    }
    if (head.peerSession !== this.session || head.session !== this.peerSession) {
      this.counters.stale += 1;
      // Something is wrong with the peer's idea of this link: tell it who is here.
      if (!this.up && this.reachable) this.sendControl(FrameKind.hello);
      return;
    }
    if (head.kind === FrameKind.bye) {
      if (this.up) this.fail();
      return;
    }
    if (!this.up) this.becomeUp();
    this.heard = true;
    this.acknowledge(head.acknowledged);
    if (head.kind === FrameKind.data) this.receiveData(head, frames);
  }

  private greeted(head: FrameHead): void {
    if (head.session !== this.peerSession) {
      if (!this.isNewer(head)) {
        this.counters.stale += 1;
        return;
      }
      if (this.up) this.fail();
      this.peerSession = head.session;
      this.peerEpoch = head.epoch;
    }
    if (head.peerSession === this.session) {
      if (!this.up) this.becomeUp();
      this.heard = true;
      this.sendControl(FrameKind.ack);
    } else {
      this.sendControl(FrameKind.hello);
    }
  }

  /** A session of a later boot, or a later session of the same one. Epochs are 16 bits and wrap. */
  private isNewer(head: FrameHead): boolean {
    if (this.peerSession === 0) return true;
    const ahead = (head.epoch - this.peerEpoch) & 0xffff;
    if (ahead === 0) return head.session > this.peerSession;
    return ahead < 0x8000;
  }

  private acknowledge(upTo: number): void {
    if (upTo >= this.nextOut) throw new MalformedFrame('acknowledges what was never sent');
    if (upTo < this.oldestOut) return;
    for (; this.oldestOut <= upTo; this.oldestOut++) {
      this.waitingBytes -= this.unacknowledged.shift()?.bytes ?? 0;
    }
    if (this.outbox.length > 0 && !this.turnArmed) this.pump();
  }

  private receiveData(head: FrameHead, frames: readonly Uint8Array[]): void {
    if (head.sequence < this.nextIn) {
      this.counters.duplicates += 1;
      this.sendControl(FrameKind.ack);
      return;
    }
    if (head.sequence >= this.nextIn + WINDOW_FRAMES) throw new MalformedFrame('sequence beyond the window');
    this.ackSoon();
    if (head.sequence !== this.nextIn) {
      this.early.set(head.sequence, frames);
      return;
    }
    const { session } = this;
    let next: readonly Uint8Array[] | undefined = frames;
    while (next && this.up && this.session === session) {
      this.nextIn += 1;
      this.deliver(next, session);
      next = this.early.get(this.nextIn);
      if (next) this.early.delete(this.nextIn);
    }
  }

  private deliver(frames: readonly Uint8Array[], session: number): void {
    const packets = packetsOf(frames);
    for (let i = 0; i < packets.length; i++) {
      if (!this.up || this.session !== session) return;
      this.host.onPacket(this, packets[i]!);
    }
  }

  private ackSoon(): void {
    this.ackDue = true;
    if (this.ackArmed) return;
    this.ackArmed = true;
    this.host.clock.setTimer(this.host.timing.ackDelayMs, () => {
      this.ackArmed = false;
      if (this.ackDue && this.up) this.sendControl(FrameKind.ack);
    });
  }
}
