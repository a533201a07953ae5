/**
 * A guest: what the image of an ELF program has beyond a native one. Its address space, which a vfork child
 * may share for a while, and its threads.
 *
 * A guest's thread is a thread of its process' actor that the site's processor runs; its system calls are
 * made in the same thread (`t`), one at a time. `attention` of a thread makes it look at signals, stops and
 * its end before it goes on: whoever changes one of these sets it (`attend`, `wanted`).
 */
import {
  allocateState,
  freeState,
  getX,
  getXLow,
  type ThreadState,
} from '../../../nucleus/supervisor/cpu/state.ts';
import { type Quota, UserThread, type UserTraps } from '../../../nucleus/supervisor/user-thread.ts';
import type { Tracer } from '../../../nucleus/trace/tracer.ts';
import type { Caller } from '../../../subsystems/unix/linux/caller.ts';
import type { AlternateStack, Scheduling } from '../../../subsystems/unix/linux/task.ts';
import type { SigInfo } from '../../../subsystems/unix/siginfo.ts';
import { SignalSet } from '../../../subsystems/unix/signal-set.ts';
import type { Pid, Sys } from '../../../subsystems/unix/sys.ts';
import { leftSegments } from '../ipc-use.ts';
import { PendingSignals } from '../pending-signals.ts';
import { type Image, type Process, UThread } from '../process.ts';
import { TIME_SHARING, weightOf } from '../scheduling.ts';
import { leaveMemory } from './end-thread.ts';
import { type GuestInfo, guestInfo } from './guest-info.ts';
import { GuestSys } from './guest-sys.ts';
import { type MemoryFile, memoryFile } from './memory-map.ts';
import type { RseqArea } from './rseq.ts';
import type { GuestRuntime } from './runtime.ts';
import type { Space } from './space.ts';
import { growStack } from './stack-growth.ts';
import type { GuestTask } from './task.ts';
import { postToThread } from './thread-signals.ts';
import { GuestTimers } from './timers.ts';
import { GuestMemory } from './user-memory.ts';

const A0 = 10;
const HIGH = 0x1_0000_0000;

export class Guest {
  readonly image: Image;
  readonly space: Space;
  readonly quota: Quota;
  private readonly granted: number;
  /** By thread id; the first has the process' id. */
  readonly threads = new Map<Pid, GuestThread>();
  /** Wakes the parent that waits in vfork. */
  leftMemory: (() => void) | null = null;
  ended = false;
  /** See Task. */
  barriers = 0;
  readonly timers: GuestTimers;

  constructor(image: Image, space: Space, quota: Quota) {
    this.image = image;
    this.space = space;
    this.quota = quota;
    this.granted = quota.left;
    this.timers = new GuestTimers(this);
  }

  get process(): Process {
    return this.image.process;
  }

  /** For /proc and crash reports. */
  describe(): GuestInfo {
    return guestInfo(this);
  }

  /** A file of /proc/PID about its memory, from a byte offset on. */
  memoryFile(name: MemoryFile, offset: number, max: number): Uint8Array {
    return memoryFile(this.space, name, offset, max);
  }

  /** Every thread looks at the process' state before it goes on. */
  attend(): void {
    for (const thread of this.threads.values()) thread.attention = 1;
  }

  /** A signal for the process has a handler: one thread that does not block it comes for it. */
  wanted(sig: number): void {
    const first = this.threads.get(this.process.pid);
    const thread = first && !first.mask.has(sig) ? first : this.firstWithout(sig);
    thread?.interrupt();
  }

  /** What its threads and timers take of RLIMIT_SIGPENDING. */
  get queuedSignals(): number {
    let count = this.timers.count;
    for (const { pending } of this.threads.values()) count += pending.queued;
    return count;
  }

  /** Makes a signal pending for one thread; false when there is no such thread. Throws EAGAIN. */
  post(tid: Pid, sig: number, info: SigInfo): boolean {
    const thread = this.threads.get(tid);
    if (thread) postToThread(thread, sig, info);
    return thread !== undefined;
  }

  private firstWithout(sig: number): GuestThread | undefined {
    for (const thread of this.threads.values()) if (!thread.mask.has(sig)) return thread;
    return undefined;
  }

  /** What no thread takes: see SignalState.mask. */
  updateMask(): void {
    if (this.threads.size === 1) {
      for (const { mask } of this.threads.values()) this.process.signals.mask = mask;
      return;
    }
    let all: SignalSet | null = null;
    for (const { mask } of this.threads.values()) {
      if (all) all.meet(mask);
      else all = mask.clone();
    }
    this.process.signals.mask = all ?? new SignalSet();
  }

  /** A thread execs: what the next image begins with is that thread's. */
  prepareExec(t: UThread): void {
    for (const thread of this.threads.values()) {
      if (thread.t !== t) continue;
      this.process.signals.mask = thread.mask.clone();
      this.process.scheduling = thread.scheduling;
    }
  }

  /** What it has now may be the most that it has had (ru_maxrss). */
  noteResident(): void {
    const { usage } = this.process;
    const residentKiB = this.space.context.residentBytes / 1024;
    if (residentKiB > usage.residentKiB) usage.residentKiB = residentKiB;
  }

  /** The image ended or is replaced: its threads are gone, and what they leave in memory is left. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.timers.end();
    this.noteResident();
    const used = this.granted - this.quota.left;
    if (used > 0) this.process.instructionsUsed += used;
    for (const thread of this.threads.values()) leaveMemory(thread);
    for (const thread of this.threads.values()) {
      if (thread.tid !== this.process.pid) thread.runtime.threadIds.delete(thread.tid);
      freeState(thread.state);
    }
    this.threads.clear();
    this.space.leave();
    if (this.process.state === 'running') leftSegments(this.process);
    this.leftMemory?.();
    this.leftMemory = null;
  }
}

export class GuestThread extends UserThread implements Caller {
  readonly guest: Guest;
  readonly process: Process;
  readonly tracer: Tracer;
  readonly tid: Pid;
  readonly t: UThread;
  readonly sys: Sys;
  readonly memory: GuestMemory;
  task!: GuestTask;
  mask = new SignalSet();
  /** Set while a call runs under another mask: what a handler's return puts back. */
  savedMask: SignalSet | null = null;
  readonly pending = new PendingSignals();
  /** Changed by `schedule`. */
  scheduling: Scheduling;
  /** Of the processor, up to the slice that runs. */
  cpuMs = 0;
  altStack: AlternateStack = { sp: 0, flags: 0, bytes: 0 };
  clearTid = 0;
  rseq: RseqArea | null = null;
  robustList = 0;
  name: string;
  /** The system call in progress, and its first argument: what a restart needs. */
  callNumber = -1;
  /** For the sampling of system time: calls since the last sample, and time not yet charged. */
  calls = 0;
  systemMs = 0;
  private argumentLow = 0;
  private argumentHigh = 0;

  constructor(guest: Guest, traps: UserTraps, tid: Pid, state?: ThreadState) {
    const { image } = guest;
    const { pm, actor } = image.process;
    const thread = pm.nucleus.threadCreate(actor, { name: `u_thread ${tid}` });
    super(thread, traps, state ?? allocateState(pm.nucleus.vm.site), guest.space.context, guest.quota);
    this.guest = guest;
    this.process = image.process;
    this.tracer = pm.nucleus.tracer;
    this.tid = tid;
    this.t = new UThread(thread, image);
    this.sys = new GuestSys(this.t);
    const { space } = guest;
    this.memory = new GuestMemory(space.context, thread, (va) => growStack(this.process, space, va));
    this.name = image.process.comm;
    this.scheduling = TIME_SHARING;
    this.weight = weightOf(image.process.nice);
    guest.threads.set(tid, this);
    image.busy.add(this.t);
  }

  get runtime(): GuestRuntime {
    return this.process.pm.guests!;
  }

  int(index: number): number {
    return getXLow(this.state, A0 + index);
  }

  uint(index: number): number {
    return getXLow(this.state, A0 + index) >>> 0;
  }

  ptr(index: number): number {
    const value = getX(this.state, A0 + index);
    return value < 0 ? value + HIGH * HIGH : value;
  }

  long(index: number): number {
    return getX(this.state, A0 + index);
  }

  /** Remembers what a restart of the call that begins needs. */
  beginCall(number: number): void {
    const { i32 } = this.state.memory;
    const a0 = (this.state.address + A0 * 8) >>> 2;
    this.callNumber = number;
    this.argumentLow = i32[a0]!;
    this.argumentHigh = i32[a0 + 1]!;
    this.t.again = false;
    this.t.progress = 0;
    // An abort that came between two calls has set `attention`, and has been looked after.
    this.thread.takeAborted();
  }

  /** The first argument of the call in progress, as two words. */
  get firstArgument(): readonly [number, number] {
    return [this.argumentLow, this.argumentHigh];
  }

  /** Looks at signals before it goes on; a wait that may be ended is. */
  interrupt(): void {
    this.attention = 1;
    this.thread.abort();
  }
}
