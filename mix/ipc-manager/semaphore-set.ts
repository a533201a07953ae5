/**
 * A semaphore set, semop(2): several operations take effect at once or not at all.
 *
 * What operations with SEM_UNDO changed is kept per process, and given back when it ends, or when its site is
 * lost; setting a value forgets what was to be undone of it.
 */
import type { Awaitable } from '../../nucleus/awaitable.ts';
import type { Clock } from '../../nucleus/clock.ts';
import { isKError } from '../../nucleus/errors.ts';
import type { Thread } from '../../nucleus/executive/thread.ts';
import type { SiteId } from '../../nucleus/ids/ui.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import {
  IPC,
  IpcLimits,
  SEM_UNDO,
  type SemaphoreOperation,
  type SemaphoreStat,
} from '../../subsystems/unix/ipc.ts';
import type { Pid } from '../../subsystems/unix/sys.ts';
import { IpcObject, READ, type Who, WRITE } from './ipc-object.ts';

/** What a process gives back when it ends, by semaphore; and where it was last. */
interface Undo {
  site: SiteId;
  readonly values: Map<number, number>;
}

/** An operation that cannot be done now; waiting callers are counted by it. */
interface Blocked {
  readonly index: number;
  readonly zero: boolean;
  readonly nowait: boolean;
}

export interface Operate {
  readonly operations: readonly SemaphoreOperation[];
  /** -1: for ever. */
  readonly limitMs: number;
  readonly pid: Pid;
  readonly site: SiteId;
}

export class SemaphoreSet extends IpcObject {
  readonly kind = 'sem';
  private readonly values: Int32Array;
  private readonly pids: Int32Array;
  private readonly undos = new Map<Pid, Undo>();
  private readonly waiting = new Set<Blocked>();
  private operationMs = 0;

  constructor(id: number, key: number, mode: number, who: Who, nowMs: number, count: number) {
    super(id, key, mode, who, nowMs);
    this.values = new Int32Array(count);
    this.pids = new Int32Array(count);
  }

  get count(): number {
    return this.values.length;
  }

  checkSize(size: number): void {
    if (size > this.count) throw new SysError('EINVAL');
  }

  /** Throws EFBIG, EACCES, EAGAIN, ERANGE, EIDRM, K_EABORT. */
  operate(thread: Thread, who: Who, request: Operate, clock: Clock): Awaitable<void> {
    const { operations, limitMs } = request;
    if (operations.some(({ index }) => index >= this.count)) throw new SysError('EFBIG');
    this.demand(who, operations.some(({ op }) => op !== 0) ? WRITE : READ);
    const blocked = this.perform(request, clock);
    if (!blocked) return;
    if (blocked.nowait || limitMs === 0) throw new SysError('EAGAIN');
    return this.operateWaiting(thread, request, blocked, clock);
  }

  private async operateWaiting(
    thread: Thread,
    request: Operate,
    first: Blocked,
    clock: Clock,
  ): Promise<void> {
    const { limitMs } = request;
    const deadlineMs = clock.monotonic() + limitMs;
    for (let blocked: Blocked | undefined = first; blocked; ) {
      this.waiting.add(blocked);
      try {
        const delayMs = limitMs < 0 ? -1 : Math.max(0, deadlineMs - clock.monotonic());
        await this.changed.wait(thread, { abortable: true, delayMs });
      } catch (error) {
        throw isKError(error, 'K_ETIMEOUT') ? new SysError('EAGAIN') : error;
      } finally {
        this.waiting.delete(blocked);
      }
      this.checkThere();
      blocked = this.perform(request, clock);
      if (blocked?.nowait) throw new SysError('EAGAIN');
    }
  }

  /** Does all operations, or tells which one must wait. Throws ERANGE. */
  private perform({ operations, pid, site }: Operate, clock: Clock): Blocked | undefined {
    const { values } = this;
    const before = operations.map(({ index }) => values[index]!);
    const takeBack = (count: number): void => {
      for (let i = count - 1; i >= 0; i--) values[operations[i]!.index] = before[i]!;
    };
    for (const [i, { index, op, flags }] of operations.entries()) {
      // Operations on one semaphore build on each other.
      before[i] = values[index]!;
      const next = before[i]! + op;
      if (op === 0 ? before[i] !== 0 : next < 0) {
        takeBack(i);
        return { index, zero: op === 0, nowait: (flags & IPC.NOWAIT) !== 0 };
      }
      if (next > IpcLimits.SEMVMX) {
        takeBack(i);
        throw new SysError('ERANGE');
      }
      values[index] = next;
    }
    if (!this.noteUndo(operations, pid, site)) {
      takeBack(operations.length);
      throw new SysError('ERANGE');
    }
    for (const { index } of operations) this.pids[index] = pid;
    this.operationMs = clock.now();
    if (operations.some(({ op }) => op !== 0)) this.changed.wakeAll();
    return undefined;
  }

  /** False when a process would have too much to give back. */
  private noteUndo(operations: readonly SemaphoreOperation[], pid: Pid, site: SiteId): boolean {
    if (!operations.some(({ flags, op }) => flags & SEM_UNDO && op !== 0)) return true;
    const undo = this.undos.get(pid) ?? { site, values: new Map<number, number>() };
    const sums = new Map(undo.values);
    for (const { index, op, flags } of operations) {
      if (!(flags & SEM_UNDO)) continue;
      const sum = (sums.get(index) ?? 0) - op;
      if (Math.abs(sum) > IpcLimits.SEMVMX) return false;
      sums.set(index, sum);
    }
    undo.site = site;
    for (const [index, sum] of sums) undo.values.set(index, sum);
    this.undos.set(pid, undo);
    return true;
  }

  /** A process has ended: its operations with SEM_UNDO are taken back. */
  exited(pid: Pid): void {
    const undo = this.undos.get(pid);
    if (!undo) return;
    this.undos.delete(pid);
    for (const [index, sum] of undo.values) {
      this.values[index] = Math.min(IpcLimits.SEMVMX, Math.max(0, this.values[index]! + sum));
      this.pids[index] = pid;
    }
    this.changed.wakeAll();
  }

  siteLost(site: SiteId): void {
    for (const [pid, undo] of [...this.undos]) if (undo.site === site) this.exited(pid);
  }

  /** Throws EINVAL. */
  one(index: number): { value: number; pid: Pid; more: number; zero: number } {
    const value = this.values[index];
    if (value === undefined) throw new SysError('EINVAL');
    let more = 0;
    let zero = 0;
    for (const blocked of this.waiting) {
      if (blocked.index !== index) continue;
      if (blocked.zero) zero += 1;
      else more += 1;
    }
    return { value, pid: this.pids[index]!, more, zero };
  }

  all(): number[] {
    return [...this.values];
  }

  /** SETVAL of `index`, or SETALL. Throws EINVAL, ERANGE. */
  setValues(index: number | undefined, values: readonly number[], pid: Pid, nowMs: number): void {
    if (index === undefined ? values.length !== this.count : index >= this.count || values.length !== 1) {
      throw new SysError('EINVAL');
    }
    if (values.some((value) => value > IpcLimits.SEMVMX)) throw new SysError('ERANGE');
    const first = index ?? 0;
    this.values.set(values, first);
    this.pids.fill(pid, first, first + values.length);
    for (const undo of this.undos.values()) {
      for (let i = first; i < first + values.length; i++) undo.values.delete(i);
    }
    this.changeMs = nowMs;
    this.changed.wakeAll();
  }

  stat(): SemaphoreStat {
    const { permissions, operationMs, changeMs, count } = this;
    return { permissions: { ...permissions }, operationMs, changeMs, count };
  }
}
