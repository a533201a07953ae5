/**
 * Threads: the unit of execution. A thread's home actor is constant for life; its *execution actor* changes
 * while it runs a trap or message handler of another actor.
 *
 * States. A thread is ACTIVE, or WAITING in one `block`. SUSPENDED (threadSuspend, counted) and STOPPED (it
 * or its whole actor was stopped) are independent reasons to stand still: a thread of ours cannot be
 * interrupted between two nucleus calls, so it stands still where its wait ends, or at its next `settle()`.
 * Both reasons must clear.
 *
 * Abort (threadAbort(2K)): a thread blocked in an ABORTABLE call gets K_EABORT and the abort is consumed;
 * else the thread enters the ABORTED state, consumed by its next abortable block, by `threadAborted()`, or
 * when it returns into its home actor, where the home actor's abort handlers run.
 */
import type { Actor } from '../actors/actor.ts';
import type { Clock } from '../clock.ts';
import { KError } from '../errors.ts';
import type { Transaction } from '../ipc/transaction.ts';
import { PRIORITY_DEFAULT, type Scheduler } from './scheduler.ts';

export type ThreadState = 'active' | 'waiting' | 'suspended' | 'stopped' | 'deleted';

/** How a blocking call may end early. delayMs < 0 or undefined: never by time. */
export interface BlockOptions {
  abortable?: boolean;
  delayMs?: number;
  /**
   * Asked at an abort: true lets the wait go on to an end of its own (the server was told, and its answer
   * says whether the work was done; the abort is consumed either way); false or no such function ends it with
   * K_EABORT.
   */
  onAbort?: (wait: { fail(error: Error): void }) => boolean;
}

export interface Executive {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/** One wait of one thread. `wake` and `fail` are idempotent: the first outcome counts. */
export interface Wait<T> {
  readonly thread: Thread;
  wake(value: T): void;
  fail(error: Error): void;
  readonly done: boolean;
}

/** Shared by all threads that hold nothing back: threads are made for every call from another site. */
const NOTHING_HELD: (() => void)[] = [];

export class Thread {
  readonly home: Actor;
  readonly li: number;
  name: string;
  /** 0 (highest) … 255. */
  priority: number;
  /** Whose code this thread runs now: the home actor, or the actor of a handler. Decides the stamped PI. */
  execution: Actor;
  /** The current message: what ipcReply, ipcGetData and ipcSysInfo act on. */
  current: Transaction | null = null;
  deleted = false;
  private registerTable: Map<Actor, [unknown, unknown]> | null = null;
  private readonly executive: Executive;
  private suspendCount = 0;
  private stoppedAlone = false;
  private aborted = false;
  private waiting: ThreadWait<unknown> | null = null;
  /** Outcomes and settle() callers held back while the thread is suspended or stopped. */
  private held: (() => void)[] = NOTHING_HELD;

  constructor(executive: Executive, home: Actor, li: number, name: string, priority = PRIORITY_DEFAULT) {
    this.executive = executive;
    this.home = home;
    this.execution = home;
    this.li = li;
    this.name = name;
    this.priority = priority;
  }

  /** threadLoadR / threadStoreR: two software registers per execution actor. */
  get registers(): Map<Actor, [unknown, unknown]> {
    this.registerTable ??= new Map();
    return this.registerTable;
  }

  get state(): ThreadState {
    if (this.deleted) return 'deleted';
    if (this.home.stopped || this.stoppedAlone) return 'stopped';
    if (this.suspendCount > 0) return 'suspended';
    return this.waiting ? 'waiting' : 'active';
  }

  get busy(): boolean {
    return this.waiting !== null;
  }

  /**
   * Blocks until `start`'s wait is woken. `start` may wake at once, and may return a function that undoes its
   * registration, called when the wait ends in any other way. Rejects with K_EABORT, K_ETIMEOUT, or
   * K_EUNKNOWN when the thread is deleted.
   */
  block<T>(start: (wait: Wait<T>) => (() => void) | undefined, options: BlockOptions = {}): Promise<T> {
    if (this.deleted) return Promise.reject(new KError('K_EUNKNOWN'));
    if (options.abortable && this.aborted) {
      this.aborted = false;
      return Promise.reject(new KError('K_EABORT'));
    }
    if (this.waiting) throw new Error(`thread ${this.name} of ${this.home.name} blocks twice`);
    return new Promise<T>((resolve, reject) => {
      const wait = new ThreadWait<T>(this, options, resolve, reject);
      this.waiting = wait as ThreadWait<unknown>;
      try {
        wait.begin(start(wait), options.delayMs, this.executive.clock);
      } catch (error) {
        wait.fail(error as Error);
      }
    });
  }

  /** threadDelay(2K): waits delayMs. */
  delay(delayMs: number, abortable = true): Promise<void> {
    return this.block<void>((wait) => this.executive.clock.setTimer(delayMs, () => wait.wake(undefined)), {
      abortable,
    });
  }

  /** Where a suspended or stopped thread stands still between waits: undefined when it may go on. */
  settle(): undefined | Promise<void> {
    if (!this.standsStill) return undefined;
    return new Promise((resolve) => this.hold(resolve));
  }

  abort(): void {
    if (this.waiting?.abortable) this.waiting.abort();
    else this.aborted = true;
  }

  /** threadAborted(2K): true once after an abort that no wait consumed. */
  takeAborted(): boolean {
    const was = this.aborted;
    this.aborted = false;
    return was;
  }

  /** threadStop(2K): STOPPED until threadStart, like by actorStop of the whole actor; not counted. */
  stop(): void {
    this.stoppedAlone = true;
  }

  /** threadStart(2K): undoes threadStop; a stopped actor keeps its threads stopped all the same. */
  start(): void {
    this.stoppedAlone = false;
    this.releaseHeld();
  }

  suspend(): void {
    this.suspendCount += 1;
  }

  resume(): void {
    if (this.suspendCount > 0) this.suspendCount -= 1;
    this.releaseHeld();
  }

  /** Ends the thread: a pending wait fails with K_EUNKNOWN. */
  delete(): void {
    this.deleted = true;
    this.waiting?.fail(new KError('K_EUNKNOWN'));
    this.releaseHeld();
  }

  /** Runs what was held back, when neither SUSPENDED nor STOPPED holds any more. */
  releaseHeld(): void {
    if (this.standsStill || this.held.length === 0) return;
    const held = this.held;
    this.held = NOTHING_HELD;
    for (const fn of held) this.executive.scheduler.ready(this.priority, fn);
  }

  /** Called by a wait that has its outcome: dispatches it by priority, or holds it. */
  ended(wait: ThreadWait<never>, outcome: () => void): void {
    if (this.waiting === (wait as ThreadWait<unknown>)) this.waiting = null;
    if (this.standsStill) this.hold(outcome);
    else this.executive.scheduler.ready(this.priority, outcome);
  }

  private hold(fn: () => void): void {
    if (this.held.length === 0) this.held = [fn];
    else this.held.push(fn);
  }

  private get standsStill(): boolean {
    return !this.deleted && (this.suspendCount > 0 || this.stoppedAlone || this.home.stopped);
  }
}

class ThreadWait<T> implements Wait<T> {
  readonly thread: Thread;
  readonly abortable: boolean;
  done = false;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: Error) => void;
  private readonly onAbort: BlockOptions['onAbort'];
  private passedOn = false;
  private undo: (() => void) | undefined;
  private cancelTimer: (() => void) | undefined;

  constructor(
    thread: Thread,
    options: BlockOptions,
    resolve: (value: T) => void,
    reject: (error: Error) => void,
  ) {
    this.thread = thread;
    this.abortable = options.abortable === true;
    this.onAbort = options.onAbort;
    this.resolve = resolve;
    this.reject = reject;
  }

  begin(undo: (() => void) | undefined, delayMs: number | undefined, clock: Clock): void {
    if (this.done) return;
    if (undo) this.undo = undo;
    if (delayMs !== undefined && delayMs >= 0) {
      this.cancelTimer = clock.setTimer(delayMs, () => this.fail(new KError('K_ETIMEOUT')));
    }
  }

  abort(): void {
    if (this.passedOn) return;
    this.passedOn = this.onAbort?.(this) === true;
    if (!this.passedOn) this.fail(new KError('K_EABORT'));
  }

  wake(value: T): void {
    if (this.done) return;
    this.done = true;
    this.cancelTimer?.();
    this.thread.ended(this as unknown as ThreadWait<never>, () => this.resolve(value));
  }

  fail(error: Error): void {
    if (this.done) return;
    this.done = true;
    this.cancelTimer?.();
    this.undo?.();
    this.thread.ended(this as unknown as ThreadWait<never>, () => this.reject(error));
  }
}
