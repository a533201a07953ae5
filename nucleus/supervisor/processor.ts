/**
 * The processor of a site: runs the threads of user actors, one after another, each for a time slice.
 *
 * Ready threads wait in one queue per priority; within one, round robin, or first in, first out. A turn of
 * the event loop gives user code at most TURN_MS, in which code is translated too; then the loop has its own
 * turn, so a program that spins delays no message by much more than that. Slices are counted in instructions,
 * because that is what the engine counts; how many make a slice follows from how fast the last ones were.
 * Under a clock that stands still during a turn (the simulator's) a turn is bounded by TURN_SLICES instead.
 */
import { PRIORITY_DEFAULT } from '../executive/scheduler.ts';
import type { Nucleus } from '../nucleus.ts';
import { Engine } from './cpu/engine.ts';
import * as cpu from './cpu/state.ts';
import { Exit } from './cpu/state.ts';
import { Trap, type TrapOutcome, type UserThread } from './user-thread.ts';

/** User code runs at most this long in one turn of the event loop, ms. */
export const TURN_MS = 1;
/** And at most so many slices. */
const TURN_SLICES = 64;
/** Before them code is translated for so long, and the piece that it then is at; at most so many pieces. */
const TRANSLATE_MS = 0.4;
const TURN_PIECES = 8;
/** Length of one slice, ms. */
const SLICE_MS = 0.5;
/** Instructions in the first slice, and the bounds of what later ones may have. */
const SLICE_FIRST = 50_000;
const SLICE_MIN = 10_000;
const SLICE_MAX = 1_000_000;
/** A syscall-heavy slice looks at the clock once in so many system calls. */
const CLOCK_STRIDE = 32;
/** Of each period, real-time threads have at most so much while others are ready, ms (sched(7)). */
const REAL_TIME_PERIOD_MS = 1000;
const REAL_TIME_MS = 950;

export class Processor {
  readonly engine: Engine;
  /** The thread whose code, or trap, runs now. */
  current: UserThread | null = null;
  private readonly nucleus: Nucleus;
  private readonly queues = new Map<number, UserThread[]>();
  private queued = 0;
  private turnPlanned = false;
  private turnEndsMs = 0;
  /** A thread of higher priority than the current one's is ready: the current one is the next of its own. */
  private preempted = false;
  /** There have been real-time threads. */
  realTime = false;
  /** The period in which the share of real-time threads is bounded, and what they have had of it. */
  private periodEndsMs = 0;
  private realTimeMs = 0;
  /** When the slice that runs began; Infinity between slices. */
  private sliceStartMs = Number.POSITIVE_INFINITY;
  private sliceInstructions = SLICE_FIRST;
  private calls = 0;

  constructor(nucleus: Nucleus) {
    this.nucleus = nucleus;
    this.engine = new Engine(nucleus.vm.site, {
      touch: (context, va, access) => context.touch(va, access),
      ecall: () => this.ecall(),
      timeNs: () => nucleus.clock.monotonic() * 1e6,
    });
  }

  /** Puts a thread into the queue of those that can run. Idempotent. */
  ready(user: UserThread): void {
    if (user.queued || user.thread.deleted) return;
    user.queued = true;
    this.enqueue(user, false);
    this.planTurn();
  }

  private enqueue(user: UserThread, first: boolean): void {
    const { priority } = user.thread;
    const queue = this.queues.get(priority);
    if (!queue) this.queues.set(priority, [user]);
    else if (first) queue.unshift(user);
    else queue.push(user);
    this.queued += 1;
    if (this.current && priority < this.current.thread.priority) this.preempted = true;
  }

  /** Threads of another priority than the usual one make the processor look at priorities. */
  setPriority(user: UserThread, priority: number, firstInFirstOut: boolean): void {
    user.firstInFirstOut = firstInFirstOut;
    const before = user.thread.priority;
    if (before === priority) return;
    if (user.queued) this.dequeue(user);
    user.thread.priority = priority;
    this.realTime ||= priority < PRIORITY_DEFAULT;
    // One of higher priority may be ready.
    this.preempted = true;
    // Who is lowered is the first of the new priority, who is raised the last.
    if (user.queued) this.enqueue(user, priority > before);
  }

  private dequeue(user: UserThread): void {
    const { priority } = user.thread;
    const queue = this.queues.get(priority)!;
    queue.splice(queue.indexOf(user), 1);
    if (queue.length === 0) this.queues.delete(priority);
    this.queued -= 1;
  }

  /** How long the current thread has run in its slice, ms: not charged yet. */
  get unchargedMs(): number {
    return Math.max(0, this.nucleus.clock.monotonic() - this.sliceStartMs);
  }

  private planTurn(): void {
    if (this.turnPlanned || this.current) return;
    this.turnPlanned = true;
    this.nucleus.scheduler.ready(128, this.turn);
  }

  private readonly turn = (): void => {
    const { clock } = this.nucleus;
    const startMs = clock.monotonic();
    this.turnEndsMs = startMs + TURN_MS;
    let pieces = 0;
    while (pieces < TURN_PIECES && this.engine.translate() && clock.monotonic() < startMs + TRANSLATE_MS)
      pieces += 1;
    let slices = 0;
    // Planned until it ends: threads that become ready meanwhile are of this turn or of one after the loop's.
    try {
      for (let user = this.next(); user; user = this.next()) {
        this.slice(user);
        slices += 1;
        if (slices >= TURN_SLICES || clock.monotonic() >= this.turnEndsMs) break;
      }
    } finally {
      this.turnPlanned = this.queued > 0;
      if (this.turnPlanned) clock.defer(this.turn);
    }
  };

  /** The first thread of the highest priority; threads that ended meanwhile are passed over. */
  private next(): UserThread | undefined {
    while (this.queued > 0) {
      const priority = this.queues.size === 1 ? this.queues.keys().next().value! : this.highest();
      const queue = this.queues.get(priority)!;
      const user = queue.shift()!;
      if (queue.length === 0) this.queues.delete(priority);
      this.queued -= 1;
      user.queued = false;
      if (!user.thread.deleted) return user;
    }
    return undefined;
  }

  /** The priority that is served now. A real-time thread that never waits leaves some time to the others. */
  private highest(): number {
    const priorities = [...this.queues.keys()];
    const nowMs = this.nucleus.clock.monotonic();
    if (nowMs >= this.periodEndsMs) {
      this.periodEndsMs = nowMs + REAL_TIME_PERIOD_MS;
      this.realTimeMs = 0;
    }
    const others = priorities.filter((priority) => priority >= PRIORITY_DEFAULT);
    return Math.min(...(this.realTimeMs > REAL_TIME_MS && others.length > 0 ? others : priorities));
  }

  private slice(user: UserThread): void {
    this.current = user;
    this.preempted = false;
    if (user.attention !== 0) {
      const outcome = user.traps.boundary(user);
      if (outcome !== Trap.resume || user.thread.deleted) {
        this.leave(user, outcome);
        return;
      }
    }
    const { clock } = this.nucleus;
    const startMs = clock.monotonic();
    this.sliceStartMs = startMs;
    const budget = Math.min(Math.ceil(this.sliceInstructions * user.weight), user.quota.left);
    const exit = this.engine.run(user.state, user.context, budget);
    const elapsedMs = clock.monotonic() - startMs;
    this.sliceStartMs = Number.POSITIVE_INFINITY;
    if (user.thread.priority < PRIORITY_DEFAULT) this.realTimeMs += elapsedMs;
    user.quota.left -= this.engine.executed;
    if (exit === Exit.budget) this.calibrate(budget, elapsedMs);
    user.traps.charge(user, elapsedMs);
    if (exit === Exit.left) {
      this.leave(user, this.outcome);
    } else if (user.quota.left <= 0) {
      user.traps.spent(user);
      this.leave(user, Trap.park);
    } else if (exit === Exit.budget) this.leave(user, Trap.yield);
    else this.leave(user, this.exceptional(user, exit));
  }

  private leave(user: UserThread, outcome: TrapOutcome): void {
    this.current = null;
    if (outcome !== Trap.park && !user.queued && !user.thread.deleted) {
      user.queued = true;
      this.enqueue(user, (this.preempted || user.firstInFirstOut) && !user.gaveWay);
    }
    user.gaveWay = false;
    if (this.queued > 0) this.planTurn();
  }

  private calibrate(instructions: number, elapsedMs: number): void {
    if (elapsedMs <= 0) return;
    const ideal = (instructions / elapsedMs) * SLICE_MS;
    const next = (this.sliceInstructions * 3 + ideal) / 4;
    this.sliceInstructions = Math.max(SLICE_MIN, Math.min(SLICE_MAX, next));
  }

  // --- traps -----------------------------------------------------------------------------------------------

  private outcome: TrapOutcome = Trap.resume;

  /** Called by the engine at ECALL, in the middle of a slice: 0 lets the program go on. */
  private ecall(): number {
    const user = this.current!;
    const outcome = user.traps.ecall(user);
    if (outcome === Trap.resume) {
      this.calls += 1;
      if (this.realTime) this.heedWoken();
      const unasked = this.calls % CLOCK_STRIDE !== 0 && !this.preempted;
      if (unasked || (!this.preempted && this.nucleus.clock.monotonic() < this.turnEndsMs)) return 0;
      this.outcome = Trap.yield;
      return 1;
    }
    this.outcome = outcome;
    return 1;
  }

  /** Whom the call woke is ready when the turn is over: it may be of higher priority. */
  private heedWoken(): void {
    if (this.nucleus.scheduler.readyThreads === 0) return;
    this.preempted = true;
    this.turnEndsMs = 0;
  }

  /** A page fault that the engine could not resolve, or another exception. */
  private exceptional(user: UserThread, exit: number): TrapOutcome {
    const address = cpu.faultAddress(user.state);
    const access = cpu.faultAccess(user.state);
    const fault = exit === Exit.fault ? cpu.faultCause(user.state) : 0;
    if (exit === Exit.fault && fault === 0) return this.bringIn(user, address, access);
    return user.traps.exception(user, { cause: exit, fault, access, address });
  }

  /** The page is with its mapper: the thread waits for it, then begins the instruction again. */
  private bringIn(user: UserThread, address: number, access: number): TrapOutcome {
    const waited = user.context.fault(address, access, user.thread);
    const done = (fault: number): TrapOutcome =>
      fault > 0 ? Trap.yield : user.traps.exception(user, { cause: Exit.fault, fault, access, address });
    if (typeof waited === 'number') return done(waited);
    waited.then(
      (fault) => {
        if (user.thread.deleted) return;
        if (done(fault) !== Trap.park) this.ready(user);
      },
      // Aborted: a signal wants the thread; the page is asked for again when the program goes on.
      () => this.ready(user),
    );
    return Trap.park;
  }
}
