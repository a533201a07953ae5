/**
 * A thread of a user actor: a nucleus thread with a user-mode context, which the site's processor runs.
 *
 * The subsystem that made it connects its traps (svTrapConnect(2K), svExcHandler(2K)): a system call and an
 * exception come to it in the thread that caused them. While a trap waits, the thread is not in the
 * processor's queue; `Processor.ready` puts it back.
 */
import type { Thread } from '../executive/thread.ts';
import type { MemoryContext } from '../memory/context.ts';
import type { ThreadState } from './cpu/state.ts';

/** What a trap handler tells the processor. */
export const Trap = {
  /** Back to the program at once. */
  resume: 0,
  /** The thread waits, or is gone: whoever ends the wait calls `Processor.ready`. */
  park: 1,
  /** Others first: the thread stays ready. */
  yield: 2,
} as const;
export type TrapOutcome = (typeof Trap)[keyof typeof Trap];

/** Why a program cannot go on: `cause` is an Exit of the engine, `fault` a Fault code for page faults. */
export interface Exception {
  readonly cause: number;
  readonly fault: number;
  /** Of the access: 1 read, 2 write, 4 execute. */
  readonly access: number;
  readonly address: number;
}

export interface UserTraps {
  /** A system call: arguments and results are in the thread's registers. */
  ecall(user: UserThread): TrapOutcome;
  exception(user: UserThread, exception: Exception): TrapOutcome;
  /** Before each time slice while `user.attention` is not 0. */
  boundary(user: UserThread): TrapOutcome;
  /** A time slice ended: `elapsedMs` of the processor went to the thread. */
  charge(user: UserThread, elapsedMs: number): void;
  /** The quota is used up: the subsystem ends the actor. */
  spent(user: UserThread): void;
}

/** Instructions that the threads of an actor may execute, together. */
export interface Quota {
  left: number;
}

export class UserThread {
  readonly thread: Thread;
  readonly traps: UserTraps;
  /** Its registers: see cpu/state. */
  readonly state: ThreadState;
  context: MemoryContext;
  /** Not 0: `boundary` must be asked before the program goes on. */
  attention = 0;
  /** Length of its time slices as a share of the usual one. */
  weight = 1;
  /** Runs until it waits or gives way: its slices end, and it is the first of its priority again. */
  firstInFirstOut = false;
  /** It wants others of its priority to run before it. */
  gaveWay = false;
  /** In the processor's queue. */
  queued = false;
  /** Shared by the threads of an actor. */
  readonly quota: Quota;

  constructor(thread: Thread, traps: UserTraps, state: ThreadState, context: MemoryContext, quota: Quota) {
    this.quota = quota;
    this.thread = thread;
    this.traps = traps;
    this.state = state;
    this.context = context;
  }
}
