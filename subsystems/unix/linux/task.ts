/**
 * What the Linux interface needs of its process and thread beyond the calls of `Sys`: the address space,
 * clone, signals with frames, futexes. The Process Manager implements it; the handlers of this folder
 * translate registers and structs into it.
 */

import type { SigInfo } from '../siginfo.ts';
import type { SignalSet } from '../signal-set.ts';
import type { Awaitable, Fd, Pid } from '../sys.ts';
import type { ClockDiscipline } from './adjtimex.ts';

export interface MapRequest {
  /** Where: a wish, unless `fixed`. */
  readonly va: number;
  readonly bytes: number;
  /** 1 read, 2 write, 4 execute. */
  readonly protection: number;
  readonly shared: boolean;
  readonly fixed: 'no' | 'replace' | 'noreplace';
  /** undefined: anonymous memory. */
  readonly fd: Fd | undefined;
  readonly offset: number;
  readonly populate: boolean;
  /** MAP_LOCKED: brought in, and kept in memory. */
  readonly locked: boolean;
  /** MAP_GROWSDOWN: faults below it extend it. */
  readonly growsDown: boolean;
  /** MAP_DROPPABLE: its contents may go; a child's is empty. */
  readonly droppable: boolean;
}

/** What madvise(2) says of a range and fork: left out, or emptied, or as usual again. */
export type ForkAdvice = 'dontfork' | 'dofork' | 'wipeonfork' | 'keeponfork';

/** The address space of the calling process. Sizes and addresses are checked: EINVAL, ENOMEM, EFAULT. */
export interface AddressSpace {
  map(request: MapRequest): Awaitable<number>;
  unmap(va: number, bytes: number): void;
  protect(va: number, bytes: number, protection: number): void;
  /** Where the mapping that holds `va` begins if it grows downwards. */
  growingFrom(va: number): number | undefined;
  /** mremap(2): `to` undefined: anywhere if it may move. */
  remap(
    va: number,
    bytes: number,
    newBytes: number,
    options: { mayMove: boolean; to: number | undefined; keep: boolean },
  ): Awaitable<number>;
  /** Sets the program break; returns the break in force. */
  brk(va: number): number;
  sync(va: number, bytes: number, invalidate: boolean): Awaitable<void>;
  /** MADV_DONTNEED and its kin: the pages' contents are given up. */
  discard(va: number, bytes: number): void;
  /** Throws ENOMEM for holes; EINVAL where it cannot be. */
  adviseFork(va: number, bytes: number, advice: ForkAdvice): void;
  /** Brings pages in (MADV_WILLNEED, MADV_POPULATE, mlock). Throws ENOMEM for unmapped ones. */
  populate(va: number, bytes: number, access: number): Awaitable<void>;
  /**
   * mlock(2), munlock(2): pages that are in memory, or come into it, stay. `bring`: all of them come now.
   * Throws ENOMEM for holes; ENOMEM, EPERM at RLIMIT_MEMLOCK.
   */
  lock(va: number, bytes: number, locked: boolean, bring: boolean): Awaitable<void>;
  /** mlockall(2), munlockall(2): what is mapped now, and what will be. Throws as `lock`. */
  lockAll(what: { present: boolean; future: boolean; bring: boolean }): Awaitable<void>;
  /** 1 for each page that is in memory. Throws ENOMEM for unmapped ones. */
  resident(va: number, bytes: number): Uint8Array;
  isMapped(va: number, bytes: number): boolean;
  /** Whether some of it is kept in memory by mlock. */
  isLocked(va: number, bytes: number): boolean;
  /** Attaches a segment of another manager (System V shared memory); returns where. */
  attach(
    segment: { readonly ui: string; readonly key: string },
    bytes: number,
    va: number,
    options: {
      readonly fixed: 'no' | 'replace' | 'noreplace';
      readonly protection: number;
      readonly label: string;
      /** Identifier of the segment. */
      readonly id: number;
    },
  ): Awaitable<number>;
  /** Undoes the attach that begins at `va`; returns the identifier. Throws EINVAL. */
  detach(va: number): number;
}

/** clone(2), sorted out. */
export interface CloneRequest {
  /** A thread of this process; else a new process. */
  readonly thread: boolean;
  /** Shares the address space (vfork, threads). */
  readonly shareMemory: boolean;
  /** The caller waits until the child has left its memory. */
  readonly vfork: boolean;
  readonly shareFiles: boolean;
  /** The child is one of the caller's parent. */
  readonly parent: boolean;
  /** 0: the caller's. */
  readonly stack: number;
  readonly tls: number | undefined;
  /** Addresses for the new tid, 0 = none: in the parent's memory, in the child's. */
  readonly parentTid: number;
  readonly childTid: number;
  /** Zeroed, and a futex there woken, when the thread ends; 0 = none. */
  readonly clearTid: number;
  /** Sent to the parent when the child ends; 0 = none. */
  readonly exitSignal: number;
  /** CLONE_PIDFD: a descriptor of the child goes here. */
  readonly pidfd: number;
  /** CLONE_CLEAR_SIGHAND. */
  readonly clearHandlers: boolean;
}

/** struct sigaction of a guest: handler 0 = default, 1 = ignore. */
export interface GuestAction {
  readonly handler: number;
  readonly flags: number;
  readonly mask: SignalSet;
}

export interface AlternateStack {
  readonly sp: number;
  readonly flags: number;
  readonly bytes: number;
}

/** Signals as one thread sees them. */
export interface ThreadSignals {
  action(sig: number): GuestAction;
  setAction(sig: number, action: GuestAction): void;
  readonly mask: SignalSet;
  setMask(mask: SignalSet): void;
  /** Pending for the thread or its process, blocked or not. */
  pending(): SignalSet;
  altStack: AlternateStack;
  /** Whether the thread runs on its alternate stack now. */
  readonly onAltStack: boolean;
  /** rt_sigreturn(2): everything as the frame at the stack pointer has it. */
  restoreFrame(): void;
  /** Runs a call under another mask, which the first handler that runs puts back (ppoll, sigsuspend). */
  withMask<R>(mask: SignalSet, work: () => Awaitable<R>): Awaitable<R>;
  /** Waits until a handler is to run: ends with EINTR. */
  pause(): Promise<never>;
  /** rt_sigtimedwait(2): takes one of `signals`; undefined after timeoutMs (-1 = never). */
  take(signals: SignalSet, timeoutMs: number): Awaitable<SigInfo | undefined>;
  /** To a thread (of this process group or any: rights are checked). Throws ESRCH, EPERM, EAGAIN. */
  sendToThread(tgid: Pid, tid: Pid, sig: number, info: SigInfo): void;
  sendToProcess(pid: Pid, sig: number, info: SigInfo): Awaitable<void>;
}

export interface FutexWait {
  readonly va: number;
  readonly shared: boolean;
  readonly expected: number;
  readonly bitset: number;
  /** Monotonic ms at which to give up; Infinity = never. */
  readonly deadlineMs: number;
}

/** futex(2) on words of this process' memory. */
export interface Futexes {
  /** Throws EAGAIN when the word is not `expected`, ETIMEDOUT. */
  wait(request: FutexWait): Promise<number>;
  wake(va: number, shared: boolean, count: number, bitset: number): Awaitable<number>;
  requeue(
    va: number,
    to: number,
    shared: boolean,
    wake: number,
    requeue: number,
    expected: number | undefined,
  ): Awaitable<number>;
  /** FUTEX_WAITV: index of the word that woke. */
  waitAny(waits: readonly Omit<FutexWait, 'deadlineMs'>[], deadlineMs: number): Promise<number>;
  lockPi(va: number, shared: boolean, deadlineMs: number, tryOnly: boolean): Awaitable<number>;
  unlockPi(va: number, shared: boolean): number;
}

/** How a timer tells of its expiry (struct sigevent). */
export interface TimerEvent {
  readonly notify: 'none' | 'signal' | 'thread';
  readonly sig: number;
  readonly value: Uint8Array | undefined;
  readonly tid: Pid;
}

export interface TimerSetting {
  /** ms until the next expiry; 0 = disarmed. */
  readonly valueMs: number;
  readonly intervalMs: number;
}

/** The CPU time of a process, or of one thread. */
export interface CpuClock {
  readonly id: Pid;
  readonly thread: boolean;
}

export type TimerClock = 'real' | 'monotonic' | CpuClock;

/** Interval timers (setitimer(2)) and POSIX timers of the process. */
export interface Timers {
  interval(which: 'real' | 'virtual' | 'prof'): TimerSetting;
  setInterval(which: 'real' | 'virtual' | 'prof', setting: TimerSetting): TimerSetting;
  /** Throws EAGAIN beyond the limit, EINVAL. `event` undefined: SIGALRM with the timer's id. */
  create(clock: TimerClock, event: TimerEvent | undefined): number;
  /** Throws EINVAL for an id that there is not. */
  get(id: number): TimerSetting;
  /** `absolute`: valueMs is a time of the timer's clock. */
  set(id: number, setting: TimerSetting, absolute: boolean): TimerSetting;
  overrun(id: number): number;
  delete(id: number): void;
}

/** How a thread is scheduled (sched(7)). */
export interface Scheduling {
  readonly policy: number;
  /** Of the real-time policies: 1 … 99; else 0. */
  readonly priority: number;
  /** SCHED_RESET_ON_FORK. */
  readonly resetOnFork: boolean;
}

/** By thread; 0: the caller. Throws ESRCH. */
export interface ThreadScheduling {
  get(tid: Pid): Scheduling;
  /** Throws EPERM. */
  set(tid: Pid, scheduling: Scheduling): void;
  /** Whether the caller may change how the thread is scheduled at all. Throws EPERM. */
  demand(tid: Pid): void;
}

/** ioprio_set(2). Throw EINVAL, ESRCH. */
export interface IoPriorities {
  get(which: number, who: number): number;
  /** Throws EPERM. */
  set(which: number, who: number, priority: number): void;
}

/** What a process inherits from its parent, and keeps at exec. */
export interface Traits {
  /** personality(2): kept and told. */
  readonly personality: number;
  /** prctl(PR_SET_NO_NEW_PRIVS): set-id bits of programs mean nothing. */
  readonly noNewPrivileges: boolean;
}

export interface Task {
  readonly tid: Pid;
  readonly pid: Pid;
  readonly space: AddressSpace;
  readonly signals: ThreadSignals;
  readonly futexes: Futexes;
  readonly scheduling: ThreadScheduling;
  readonly ioPriorities: IoPriorities;
  /** Zeroed and woken at the thread's end (set_tid_address(2)); 0 = none. */
  clearTid: number;
  /** Head of the robust futex list; 0 = none. */
  robustList: number;
  clone(request: CloneRequest): Awaitable<Pid>;
  /** Never returns on success: throws Terminated. */
  execve(path: string, argv: readonly string[], env: readonly string[]): Promise<never>;
  exitThread(code: number): never;
  exitProcess(code: number): never;
  /** Thread name: prctl(PR_SET_NAME). */
  name: string;
  /** Others run first (sched_yield(2)). */
  yield(): void;
  /** rseq(2). Throws EBUSY, EINVAL, EPERM. */
  setRseq(va: number, bytes: number, signature: number, on: boolean): void;
  /** prctl(PR_SET_TIMERSLACK), nanoseconds: kept and told; timers are not coalesced. */
  timerSlackNs: number;
  /** What 0 sets it to: that of the creating thread. */
  readonly defaultSlackNs: number;
  /** prctl(PR_SET_PDEATHSIG): sent when the parent ends; 0 = none. */
  parentDeathSignal: number;
  readonly timers: Timers;
  /** What uname(2) says of this site. */
  setName(which: 'nodename' | 'domainname', name: string): void;
  /** Sets the time of day, ms since 1970, on all sites. Throws EPERM. */
  setTime(ms: number): void;
  /** Waits for a time of day, also while that is set. Throws K_EABORT. */
  sleepUntil(ms: number): Promise<void>;
  /** ms. A process of this site, or a thread of this process: else EINVAL. */
  cpuTime(clock: CpuClock): number;
  /** What the process registered for: commands of membarrier(2). */
  barriers: number;
  traits: Traits;
  /** Of this site's clock. */
  discipline: ClockDiscipline;
  /** Makes new code visible (riscv_flush_icache(2)). */
  flushInstructions(): void;
  /** Thread ids of a process of this site; undefined when it has no such thread. */
  findThread(tid: Pid): Pid | undefined;
}
