/**
 * Trace: every event of a nucleus, causally stamped, to whoever subscribes. With no subscriber nothing is
 * built: emitters test `active` first.
 *
 * The stamp is a Lamport clock: it grows with every event and with every message from another site, so
 * sorting the merged events of all sites by (stamp, site) respects causality.
 */
import type { SiteId, UI } from '../ids/ui.ts';

export type TraceKind =
  | 'send'
  | 'receive'
  | 'call'
  | 'reply'
  | 'abort'
  | 'locate'
  | 'migrate'
  | 'group'
  | 'actor'
  | 'drop'
  | 'failure'
  | 'syscall'
  | 'signal';

export interface TraceEvent {
  readonly kind: TraceKind;
  readonly site: SiteId;
  /** Lamport stamp. */
  readonly stamp: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Name of the actor whose thread acted. */
  readonly actor?: string;
  readonly port?: UI;
  /** The other site, for messages that cross. */
  readonly peer?: SiteId;
  /** `protocol.operation`, or a call's name. */
  readonly operation?: string;
  /** Arguments or result, decoded. */
  readonly detail?: string;
  readonly bytes?: number;
  readonly durationMs?: number;
  /** Error name when the event is a failure. */
  readonly error?: string;
}

export type TraceInput = Omit<TraceEvent, 'site' | 'stamp' | 'atMs'>;
export type TraceListener = (event: TraceEvent) => void;

export class Tracer {
  /** Test before building an event: false costs nothing more. */
  active = false;
  private readonly site: SiteId;
  private readonly now: () => number;
  private readonly listeners = new Set<TraceListener>();
  private clock = 0;

  constructor(site: SiteId, now: () => number) {
    this.site = site;
    this.now = now;
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: TraceListener): () => void {
    this.listeners.add(listener);
    this.active = true;
    return () => {
      this.listeners.delete(listener);
      this.active = this.listeners.size > 0;
    };
  }

  emit(input: TraceInput): void {
    if (!this.active) return;
    this.clock += 1;
    const event: TraceEvent = { site: this.site, stamp: this.clock, atMs: this.now(), ...input };
    for (const listener of this.listeners) listener(event);
  }

  /** The stamp to send with a message. */
  stamp(): number {
    return this.clock;
  }

  /** A message arrived that left its site at `stamp`. */
  witness(stamp: number): void {
    if (stamp > this.clock) this.clock = stamp;
  }
}
