/**
 * System V IPC: each call is an operation at the IPC Manager that has the object, which its identifier names;
 * new objects are made at the manager of the caller's site.
 */
import type { Awaitable } from '../../../nucleus/awaitable.ts';
import { isKError } from '../../../nucleus/errors.ts';
import type { Destination } from '../../../nucleus/ipc/message.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import {
  type IpcChange,
  type IpcKind,
  IpcLimits,
  type IpcMessage,
  type QueueStat,
  SEM_UNDO,
  type SemaphoreOperation,
  type SemaphoreStat,
  type SharedMemoryStat,
  type SharedSegment,
} from '../../../subsystems/unix/ipc.ts';
import { IPC_MANAGERS, ipcSiteOf, isIpcId } from '../../protocols/ipc.ts';
import { andThen } from '../and-then.ts';
import { ipcManagerOf, noteIpcUse } from '../ipc-use.ts';
import { asVoid, type Manager } from '../manager.ts';
import type { UThread } from '../process.ts';

const KINDS: ReadonlySet<string> = new Set(['msg', 'sem', 'shm']);

/** The manager that an identifier names. Throws EINVAL: no such site, or no such number. */
function managerOf({ process: { pm } }: UThread, id: number): Destination {
  if (!isIpcId(id)) throw new SysError('EINVAL');
  const site = ipcSiteOf(id);
  const known = pm.nucleus.ipc.allMembers(IPC_MANAGERS.ui).some((member) => member.site === site);
  if (!known) throw new SysError('EINVAL');
  return ipcManagerOf(site);
}

/** An object whose site is lost is removed. */
function there<R>(work: () => Awaitable<R>): Awaitable<R> {
  const failed = (error: unknown): never => {
    throw isKError(error, 'K_ELINKFAILURE') || isKError(error, 'K_EUNREACHABLE')
      ? new SysError('EIDRM')
      : error;
  };
  try {
    const result = work();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

function get(t: UThread, kind: IpcKind, value: number, size: number, flags: number): Awaitable<number> {
  const { pm, pid } = t.process;
  if (size < 0 || flags < 0) throw new SysError('EINVAL');
  const request = { kind, value: value | 0, flags, size, pid };
  return andThen(pm.ipc.get(t.thread, ipcManagerOf(pm.site), request), ({ id }) => id);
}

export const ipcCalls = {
  // --- message queues
  msgget: (t: UThread, key: number, flags = 0): Awaitable<number> => get(t, 'msg', key, 0, flags),
  msgsnd: (t: UThread, id: number, type: number, data: Uint8Array, flags = 0): Awaitable<void> => {
    const { pm, pid } = t.process;
    if (data.length > IpcLimits.MSGMAX || flags < 0) throw new SysError('EINVAL');
    const manager = managerOf(t, id);
    return asVoid(there(() => pm.ipc.send(t.thread, manager, { id, type, data, flags, pid })));
  },
  msgrcv: (t: UThread, id: number, max: number, type: number, flags = 0): Awaitable<IpcMessage> => {
    const { pm, pid } = t.process;
    if (max < 0 || flags < 0) throw new SysError('EINVAL');
    const manager = managerOf(t, id);
    return there(() => pm.ipc.receive(t.thread, manager, { id, max, type, flags, pid }));
  },
  msgstat: (t: UThread, id: number, anybody = false): Awaitable<QueueStat> =>
    there(() => t.process.pm.ipc.queueStat(t.thread, managerOf(t, id), { id, any: anybody === true })),

  // --- semaphores
  semget: (t: UThread, key: number, count: number, flags = 0): Awaitable<number> =>
    get(t, 'sem', key, count, flags),
  semop: (
    t: UThread,
    id: number,
    operations: readonly SemaphoreOperation[],
    limitMs = -1,
  ): Awaitable<void> => {
    const { process, thread } = t;
    const { pm, pid } = process;
    if (!Array.isArray(operations)) throw new SysError('EFAULT');
    if (operations.length === 0) throw new SysError('EINVAL');
    if (operations.length > IpcLimits.SEMOPM) throw new SysError('E2BIG');
    const manager = managerOf(t, id);
    if (!operations.every((one) => one instanceof Object)) throw new SysError('EFAULT');
    const list = operations.map(({ index, op, flags }) => ({ index, op, flags }));
    const whole = list.every(({ index, op, flags }) => [index, op, flags].every(Number.isSafeInteger));
    if (!whole || list.some(({ index, flags }) => index < 0 || flags < 0)) throw new SysError('EINVAL');
    if (list.some(({ flags }) => flags & SEM_UNDO)) noteIpcUse(process, ipcSiteOf(id));
    return asVoid(there(() => pm.ipc.operate(thread, manager, { id, operations: list, limitMs, pid })));
  },
  semstat: (t: UThread, id: number, anybody = false): Awaitable<SemaphoreStat> =>
    there(() => t.process.pm.ipc.semaphoreStat(t.thread, managerOf(t, id), { id, any: anybody === true })),
  semvalue: (t: UThread, id: number, index: number) => {
    if (index < 0) throw new SysError('EINVAL');
    return there(() => t.process.pm.ipc.semaphore(t.thread, managerOf(t, id), { id, index }));
  },
  semvalues: (t: UThread, id: number): Awaitable<number[]> =>
    there(() => andThen(t.process.pm.ipc.values(t.thread, managerOf(t, id), { id }), ({ values }) => values)),
  semset: (t: UThread, id: number, values: readonly number[], index?: number): Awaitable<void> => {
    const { pm, pid } = t.process;
    if (!Array.isArray(values) || !values.every(Number.isSafeInteger)) throw new SysError('EINVAL');
    if (values.some((value) => value < 0 || value > IpcLimits.SEMVMX)) throw new SysError('ERANGE');
    if (index !== undefined && index < 0) throw new SysError('EINVAL');
    const request = { id, values: [...values], pid, ...(index === undefined ? {} : { index }) };
    return asVoid(there(() => pm.ipc.setValues(t.thread, managerOf(t, id), request)));
  },

  // --- shared memory
  shmget: (t: UThread, key: number, bytes: number, flags = 0): Awaitable<number> =>
    get(t, 'shm', key, bytes, flags),
  shmat: (t: UThread, id: number, flags = 0): Awaitable<SharedSegment> => {
    const { process, thread } = t;
    if (flags < 0) throw new SysError('EINVAL');
    const request = { id, flags, pid: process.pid };
    return there(() =>
      andThen(process.pm.ipc.attach(thread, managerOf(t, id), request), ({ segment, bytes, value }) => {
        noteIpcUse(process, ipcSiteOf(id));
        return { ...segment, bytes, value };
      }),
    );
  },
  shmdt: (t: UThread, id: number): Awaitable<void> => {
    const { pm, pid } = t.process;
    return asVoid(there(() => pm.ipc.detached(t.thread, managerOf(t, id), { id, pid })));
  },
  shmstat: (t: UThread, id: number, anybody = false): Awaitable<SharedMemoryStat> =>
    there(() => t.process.pm.ipc.memoryStat(t.thread, managerOf(t, id), { id, any: anybody === true })),

  // --- all of them
  ipclist: (t: UThread, kind: IpcKind): Awaitable<number[]> => ipcIds(t.process.pm, kind),
  ipcset: (t: UThread, kind: IpcKind, id: number, change: IpcChange): Awaitable<void> => {
    const { uid, gid, mode, qbytes } = change ?? {};
    const numbers = [uid, gid, mode, qbytes ?? 0];
    if (!KINDS.has(kind) || !numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new SysError('EINVAL');
    }
    const request = { kind, id, uid, gid, mode, ...(qbytes === undefined ? {} : { qbytes }) };
    return asVoid(there(() => t.process.pm.ipc.set(t.thread, managerOf(t, id), request)));
  },
  ipcremove: (t: UThread, kind: IpcKind, id: number): Awaitable<void> => {
    if (!KINDS.has(kind)) throw new SysError('EINVAL');
    return asVoid(there(() => t.process.pm.ipc.remove(t.thread, managerOf(t, id), { kind, id })));
  },
};

/** The identifiers of the whole system, in order: what the index of SHM_STAT and its kin counts. */
export async function ipcIds(pm: Manager, kind: IpcKind): Promise<number[]> {
  if (!KINDS.has(kind)) throw new SysError('EINVAL');
  const answers = await Promise.all(
    pm.nucleus.ipc.allMembers(IPC_MANAGERS.ui).map(async ({ port }) => {
      try {
        return (await pm.withThread((thread) => pm.ipc.list(thread, { target: port }, { kind }))).ids;
      } catch {
        return [];
      }
    }),
  );
  return answers.flat().sort((a, b) => a - b);
}
