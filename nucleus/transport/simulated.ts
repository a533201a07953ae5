/**
 * A simulated network of sites in one process, with its own clock: everything that happens follows from the
 * seed, and nothing from the host, so a run replays exactly.
 *
 *     const network = new SimulatedNetwork(seed, { delayMs: [1, 20], loss: 0.05 });
 *     const machine = network.boot(1);                // { site, epoch, clock, random, transport }
 *     const nucleus = new Nucleus(machine);
 *     joinTransport(nucleus, machine.transport, { timing });
 *     await network.run(1000);                        // a second of virtual time
 *     network.cut([1, 2], [3]); network.heal();
 *     network.crash(2); network.boot(2);              // a reboot: the next epoch
 *
 * Frames are copied, delayed each on its own (so they overtake one another), lost and doubled. A crashed
 * machine's timers never fire again and what it hears is lost; what it had sent still travels. Events at one
 * instant run in the order in which they were set; after each, all promises that it settled run to their end.
 */
import { type Clock, type RandomSource, seededRandom } from '../clock.ts';
import { EPOCH_MAX, type SiteId } from '../ids/ui.ts';
import type { Transport, TransportListener } from './transport.ts';

export interface NetworkFaults {
  /** Each frame takes a time in this range. */
  delayMs: readonly [number, number];
  /** Probabilities, per frame. */
  loss: number;
  duplicate: number;
  /** Probability that a peer's crash is noticed by the transport, as a broken connection is. */
  crashNoticed: number;
}

export const NO_FAULTS: NetworkFaults = { delayMs: [0.1, 0.1], loss: 0, duplicate: 0, crashNoticed: 1 };

/** A booted machine: what a nucleus needs. */
export interface Machine {
  readonly site: SiteId;
  readonly epoch: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: Transport;
}

/** Virtual time starts here: a date that a trace shows as such. */
const START_MS = Date.UTC(2000, 0, 1);

interface TimedEvent {
  readonly atMs: number;
  readonly order: number;
  fn: (() => void) | null;
}

/** Pending events, soonest first; a binary heap. */
class EventQueue {
  private readonly heap: TimedEvent[] = [];

  get size(): number {
    return this.heap.length;
  }

  peek(): TimedEvent | undefined {
    return this.heap[0];
  }

  private before(a: number, b: number): boolean {
    const [x, y] = [this.heap[a]!, this.heap[b]!];
    return x.atMs === y.atMs ? x.order < y.order : x.atMs < y.atMs;
  }

  private swap(a: number, b: number): void {
    const item = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = item;
  }

  push(event: TimedEvent): void {
    this.heap.push(event);
    let at = this.heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): TimedEvent | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (!first || !last || this.heap.length === 0) return first;
    this.heap[0] = last;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.heap.length && this.before(child, least)) least = child;
      }
      if (least === at) return first;
      this.swap(at, least);
      at = least;
    }
  }
}

export class SimulatedNetwork {
  faults: NetworkFaults;
  /** Draws that the test's own program may share. */
  readonly random: RandomSource & { next(): number };
  /** Events run so far. */
  events = 0;
  private nowMs = 0;
  private order = 0;
  private readonly queue = new EventQueue();
  private readonly machines = new Map<SiteId, SimulatedMachine>();
  private readonly epochs = new Map<SiteId, number>();
  /** Side of the cut that each site is on; all on 0 when whole. */
  private readonly sides = new Map<SiteId, number>();

  constructor(seed: number, faults: Partial<NetworkFaults> = {}) {
    this.faults = { ...NO_FAULTS, ...faults };
    this.random = seededRandom(seed);
  }

  /** Virtual milliseconds since the start. */
  now(): number {
    return this.nowMs;
  }

  /** Boots a machine, with the epoch after its last one. Throws RangeError while it runs. */
  boot(site: SiteId): Machine {
    if (this.machines.has(site)) throw new RangeError(`site ${site} is running`);
    const epoch = ((this.epochs.get(site) ?? 0) % EPOCH_MAX) + 1;
    this.epochs.set(site, epoch);
    const machine = new SimulatedMachine(this, site, epoch, seededRandom((this.random.next() * 2 ** 31) | 0));
    this.machines.set(site, machine);
    return machine;
  }

  /** Stops a machine dead. */
  crash(site: SiteId): void {
    const machine = this.machines.get(site);
    if (!machine) return;
    machine.alive = false;
    this.machines.delete(site);
    for (const other of this.machines.values()) {
      if (this.random.next() < this.faults.crashNoticed) this.at(1, () => other.tell(site, false));
    }
  }

  /** Separates sites into groups that cannot hear one another; sites not named stay with the first. */
  cut(...groups: readonly (readonly SiteId[])[]): void {
    this.sides.clear();
    groups.forEach((group, side) => {
      for (const site of group) this.sides.set(site, side);
    });
  }

  heal(): void {
    this.sides.clear();
  }

  isUp(site: SiteId): boolean {
    return this.machines.has(site);
  }

  /** Sets an event. The result cancels it. */
  at(delayMs: number, fn: () => void): () => void {
    this.order += 1;
    const event: TimedEvent = { atMs: this.nowMs + Math.max(0, delayMs), order: this.order, fn };
    this.queue.push(event);
    return () => {
      event.fn = null;
    };
  }

  /** Runs events for that much virtual time, or until `done`. True when `done` ended it. */
  async run(forMs: number, done: () => boolean = () => false): Promise<boolean> {
    const endMs = this.nowMs + forMs;
    // What was started before the call has its promises run first.
    await settle();
    for (;;) {
      if (done()) return true;
      const event = this.queue.peek();
      if (!event || event.atMs > endMs) break;
      this.queue.pop();
      if (!event.fn) continue;
      this.nowMs = event.atMs;
      this.events += 1;
      event.fn();
      await settle();
    }
    this.nowMs = endMs;
    return done();
  }

  // --- for machines ----------------------------------------------------------------------------------------

  announce(machine: SimulatedMachine): void {
    for (const other of this.machines.values()) {
      if (other === machine) continue;
      this.at(0, () => other.tell(machine.site, true));
      this.at(0, () => machine.tell(other.site, true));
    }
  }

  sites(): SiteId[] {
    return [...this.machines.keys()];
  }

  carry(from: SiteId, to: SiteId, frames: readonly Uint8Array[]): void {
    const { loss, duplicate, delayMs } = this.faults;
    const copies = this.random.next() < duplicate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const lost = this.random.next() < loss;
      const takesMs = delayMs[0] + this.random.next() * (delayMs[1] - delayMs[0]);
      if (lost) continue;
      const copied = frames.map((frame) => Uint8Array.prototype.slice.call(frame));
      this.at(takesMs, () => this.arrive(from, to, copied));
    }
  }

  private arrive(from: SiteId, to: SiteId, frames: readonly Uint8Array[]): void {
    if ((this.sides.get(from) ?? 0) !== (this.sides.get(to) ?? 0)) return;
    this.machines.get(to)?.hear(from, frames);
  }
}

/** Lets every promise that can settle do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

class SimulatedMachine implements Machine, Transport, Clock {
  readonly site: SiteId;
  readonly epoch: number;
  readonly random: RandomSource;
  readonly address: string;
  readonly lost = 0;
  alive = true;
  private readonly network: SimulatedNetwork;
  private listener: TransportListener | null = null;

  constructor(network: SimulatedNetwork, site: SiteId, epoch: number, random: RandomSource) {
    this.network = network;
    this.site = site;
    this.epoch = epoch;
    this.random = random;
    this.address = `simulated://${site}`;
  }

  get clock(): Clock {
    return this;
  }

  get transport(): Transport {
    return this;
  }

  now(): number {
    return START_MS + this.network.now();
  }

  monotonic(): number {
    return this.network.now();
  }

  setTimer(delayMs: number, fn: () => void): () => void {
    return this.network.at(delayMs, () => {
      if (this.alive) fn();
    });
  }

  defer(fn: () => void): void {
    this.setTimer(0, fn);
  }

  listen(listener: TransportListener): void {
    this.listener = listener;
    this.network.announce(this);
  }

  send(to: SiteId, frames: readonly Uint8Array[]): void {
    if (this.alive) this.network.carry(this.site, to, frames);
  }

  hear(from: SiteId, frames: readonly Uint8Array[]): void {
    this.listener?.onFrames(from, frames);
  }

  tell(site: SiteId, reachable: boolean): void {
    if (this.alive) this.listener?.onPeer(site, reachable);
  }

  connect(): void {
    // Every machine of the network is reachable, unless it is cut off.
  }

  peers(): readonly SiteId[] {
    return this.network.sites().filter((site) => site !== this.site);
  }

  async close(): Promise<void> {
    this.listener = null;
    this.network.crash(this.site);
  }
}
