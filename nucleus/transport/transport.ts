/**
 * What joins nuclei: one interface, three carriers (in one process, ZeroMQ, simulated).
 *
 * A transport moves frames between sites and promises nothing: frames may be lost, doubled or overtake one
 * another, and a peer may vanish without a word. Everything that is promised (order, once only, noticing a
 * death) is made above it, by the link (ipc/link.ts), so a new carrier is little work. What a transport must
 * do: name the sending site truly, keep no reference to a sender's buffer that the receiver could see change,
 * and bound its queues.
 */
import type { SiteId } from '../ids/ui.ts';

export interface TransportListener {
  /** Frames that one `send` of site `from` carried. */
  onFrames(from: SiteId, frames: readonly Uint8Array[]): void;
  /** A peer can be sent to from now on, or is known to be gone (a hint: silence is noticed by the link). */
  onPeer(site: SiteId, reachable: boolean): void;
}

export interface Transport {
  readonly site: SiteId;
  /** Where others reach this site: what they give to `connect`. */
  readonly address: string;
  /** Starts reception. Called once, before anything else. */
  listen(listener: TransportListener): void;
  /** Sends frames to a site, as a unit. Never throws and never waits: what cannot be sent is lost. */
  send(to: SiteId, frames: readonly Uint8Array[]): void;
  /** Tries, and goes on trying, to reach the site at `address`; `onPeer` tells. */
  connect(address: string): void;
  /** Sites that frames can be sent to. */
  peers(): readonly SiteId[];
  /** Frames that were to be sent and could not be, since the start. */
  readonly lost: number;
  close(): Promise<void>;
}
