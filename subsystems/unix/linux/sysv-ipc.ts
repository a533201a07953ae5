/** System V IPC: message queues, semaphores, shared memory. */
import { type Awaitable, isPromise } from '../../../nucleus/awaitable.ts';
import { isSysError, SysError } from '../errno.ts';
import { type IpcKind, IpcLimits, SHM, type SharedSegment } from '../ipc.ts';
import { done } from './answers.ts';
import type { Caller, LinuxCalls } from './caller.ts';
import { readTimespec } from './structs.ts';
import {
  type InUse,
  memoryInfo,
  memoryLimits,
  memoryStruct,
  queueInfo,
  queueStruct,
  readChange,
  readOperations,
  readShorts,
  semaphoreInfo,
  semaphoreStruct,
  shortsStruct,
} from './structs-ipc.ts';

/** Commands of msgctl, semctl and shmctl. */
const Command = {
  RMID: 0,
  SET: 1,
  STAT: 2,
  INFO: 3,
  MSG_STAT: 11,
  MSG_INFO: 12,
  MSG_STAT_ANY: 13,
  GETPID: 11,
  GETVAL: 12,
  GETALL: 13,
  GETNCNT: 14,
  GETZCNT: 15,
  SETVAL: 16,
  SETALL: 17,
  SEM_STAT: 18,
  SEM_INFO: 19,
  SEM_STAT_ANY: 20,
  SHM_LOCK: 11,
  SHM_UNLOCK: 12,
  SHM_STAT: 13,
  SHM_INFO: 14,
  SHM_STAT_ANY: 15,
} as const;

const PAGE = 4096;

function then<T, R>(value: Awaitable<T>, use: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(use) : use(value);
}

function store(c: Caller, va: number, bytes: Uint8Array, result: number): Awaitable<number> {
  return then(c.memory.store(va, bytes), () => result);
}

// --- what the three have in common

/** A structure of IPC_STAT, of an identifier; or of the nth there is, whose identifier is the result. */
function stat(
  c: Caller,
  kind: IpcKind,
  va: number,
  nth: boolean,
  ask: (id: number) => Awaitable<Uint8Array>,
): Awaitable<number> {
  if (!nth) return then(ask(c.int(0)), (bytes) => store(c, va, bytes, 0));
  return then(c.sys.ipclist(kind), (ids) => {
    const id = ids[c.int(0)];
    if (id === undefined) throw new SysError('EINVAL');
    return then(ask(id), (bytes) => store(c, va, bytes, id));
  });
}

/** IPC_INFO and its kin: the result is the index of the last object. */
function info(
  c: Caller,
  kind: IpcKind,
  va: number,
  bytesOf: (ids: readonly number[]) => Awaitable<Uint8Array>,
): Awaitable<number> {
  return then(c.sys.ipclist(kind), (ids) =>
    then(bytesOf(ids), (bytes) => store(c, va, bytes, Math.max(0, ids.length - 1))),
  );
}

/** Sums over all objects; those that vanish meanwhile do not count. */
async function inUse(
  ids: readonly number[],
  one: (id: number) => Awaitable<{ items: number; bytes: number }>,
): Promise<InUse> {
  const sum = { objects: 0, items: 0, bytes: 0 };
  for (const id of ids) {
    try {
      const { items, bytes } = await one(id);
      sum.objects += 1;
      sum.items += items;
      sum.bytes += bytes;
    } catch (error) {
      if (!isSysError(error)) throw error;
    }
  }
  return sum;
}

const remove = (c: Caller, kind: IpcKind): Awaitable<number> => done(c.sys.ipcremove(kind, c.int(0)));

const change = (c: Caller, kind: IpcKind, va: number): Awaitable<number> =>
  done(c.sys.ipcset(kind, c.int(0), readChange(c.memory, va, kind === 'msg')));

// --- message queues

function msgsnd(c: Caller): Awaitable<number> {
  const [va, size] = [c.ptr(1), c.ptr(2)];
  if (c.int(0) < 0 || size > IpcLimits.MSGMAX) throw new SysError('EINVAL');
  const type = c.memory.i64(va);
  return done(c.sys.msgsnd(c.int(0), type, c.memory.read(va + 8, size), c.uint(3)));
}

function msgrcv(c: Caller): Awaitable<number> {
  const [va, size] = [c.ptr(1), c.ptr(2)];
  if (c.int(0) < 0 || c.long(2) < 0) throw new SysError('EINVAL');
  c.memory.prepareWrite(va, 8);
  const max = Math.min(size, IpcLimits.MSGMAX);
  return then(c.sys.msgrcv(c.int(0), max, c.long(3), c.uint(4)), ({ type, data }) => {
    const message = new Uint8Array(8 + data.length);
    new DataView(message.buffer).setBigInt64(0, BigInt(type), true);
    message.set(data, 8);
    return store(c, va, message, data.length);
  });
}

function msgctl(c: Caller): Awaitable<number> {
  const [command, va] = [c.int(1), c.ptr(2)];
  const asked = (anybody: boolean) => (id: number) => then(c.sys.msgstat(id, anybody), queueStruct);
  switch (command) {
    case Command.RMID:
      return remove(c, 'msg');
    case Command.SET:
      return change(c, 'msg', va);
    case Command.STAT:
    case Command.MSG_STAT:
    case Command.MSG_STAT_ANY:
      return stat(c, 'msg', va, command !== Command.STAT, asked(command === Command.MSG_STAT_ANY));
    case Command.INFO:
      return info(c, 'msg', va, () => queueInfo(null));
    case Command.MSG_INFO: {
      const one = (id: number) =>
        then(c.sys.msgstat(id, true), ({ count, bytes }) => ({ items: count, bytes }));
      return info(c, 'msg', va, async (ids) => queueInfo(await inUse(ids, one)));
    }
    default:
      throw new SysError('EINVAL');
  }
}

// --- semaphores

function semop(c: Caller, timeout: number): Awaitable<number> {
  const count = c.uint(2);
  if (c.int(0) < 0 || count < 1) throw new SysError('EINVAL');
  if (count > IpcLimits.SEMOPM) throw new SysError('E2BIG');
  const limitMs = timeout === 0 ? -1 : readTimespec(c.memory, timeout);
  return done(c.sys.semop(c.int(0), readOperations(c.memory, c.ptr(1), count), limitMs));
}

function semctl(c: Caller): Awaitable<number> {
  const [id, index, command, va] = [c.int(0), c.int(1), c.int(2), c.ptr(3)];
  const one = (field: 'value' | 'pid' | 'more' | 'zero'): Awaitable<number> =>
    then(c.sys.semvalue(id, index), (semaphore) => semaphore[field]);
  switch (command) {
    case Command.GETVAL:
      return one('value');
    case Command.GETPID:
      return one('pid');
    case Command.GETNCNT:
      return one('more');
    case Command.GETZCNT:
      return one('zero');
    case Command.GETALL:
      return then(c.sys.semvalues(id), (values) => store(c, va, shortsStruct(values), 0));
    case Command.SETVAL:
      return done(c.sys.semset(id, [c.int(3)], index));
    case Command.SETALL:
      return then(c.sys.semstat(id, true), ({ count }) =>
        done(c.sys.semset(id, readShorts(c.memory, va, count))),
      );
    default:
      return semaphoreControl(c, command, va);
  }
}

function semaphoreControl(c: Caller, command: number, va: number): Awaitable<number> {
  const asked = (anybody: boolean) => (id: number) => then(c.sys.semstat(id, anybody), semaphoreStruct);
  switch (command) {
    case Command.RMID:
      return remove(c, 'sem');
    case Command.SET:
      return change(c, 'sem', va);
    case Command.STAT:
    case Command.SEM_STAT:
    case Command.SEM_STAT_ANY:
      return stat(c, 'sem', va, command !== Command.STAT, asked(command === Command.SEM_STAT_ANY));
    case Command.INFO:
      return info(c, 'sem', va, () => semaphoreInfo(null));
    case Command.SEM_INFO: {
      const one = (id: number) => then(c.sys.semstat(id, true), ({ count }) => ({ items: count, bytes: 0 }));
      return info(c, 'sem', va, async (ids) => semaphoreInfo(await inUse(ids, one)));
    }
    default:
      throw new SysError('EINVAL');
  }
}

// --- shared memory

/** Where an attach goes: an address is a whole page, or rounded down by SHM_RND. Throws EINVAL. */
function placeOf(va: number, flags: number): { va: number; fixed: 'no' | 'replace' | 'noreplace' } {
  const replaces = (flags & SHM.REMAP) !== 0;
  if (va === 0) {
    if (replaces) throw new SysError('EINVAL');
    return { va, fixed: 'no' };
  }
  const offset = va % PAGE;
  if (offset !== 0 && (!(flags & SHM.RND) || (replaces && va === offset))) throw new SysError('EINVAL');
  return { va: va - offset, fixed: replaces ? 'replace' : 'noreplace' };
}

function shmat(c: Caller): Awaitable<number> {
  const [id, flags] = [c.int(0), c.uint(2)];
  if (id < 0) throw new SysError('EINVAL');
  const { va, fixed } = placeOf(c.ptr(1), flags);
  const protection = (flags & SHM.RDONLY ? 1 : 3) | (flags & SHM.EXEC ? 4 : 0);
  return then(c.sys.shmat(id, flags), async (segment: SharedSegment) => {
    const label = `/SYSV${(segment.value >>> 0).toString(16).padStart(8, '0')} (deleted)`;
    const bytes = Math.ceil(segment.bytes / PAGE) * PAGE;
    try {
      return await c.task.space.attach(segment, bytes, va, { fixed, protection, label, id });
    } catch (error) {
      await c.sys.shmdt(id);
      throw isSysError(error, 'EEXIST') ? new SysError('EINVAL') : error;
    }
  });
}

function shmdt(c: Caller): Awaitable<number> {
  const id = c.task.space.detach(c.ptr(0));
  const ignore = (error: unknown): number => {
    // Removed, or lost with its site: there is nobody to tell.
    if (isSysError(error)) return 0;
    throw error;
  };
  try {
    const told = done(c.sys.shmdt(id));
    return isPromise(told) ? told.catch(ignore) : told;
  } catch (error) {
    return ignore(error);
  }
}

function shmctl(c: Caller): Awaitable<number> {
  const [command, va] = [c.int(1), c.ptr(2)];
  const asked = (anybody: boolean) => (id: number) => then(c.sys.shmstat(id, anybody), memoryStruct);
  switch (command) {
    case Command.RMID:
      return remove(c, 'shm');
    case Command.SET:
      return change(c, 'shm', va);
    case Command.STAT:
    case Command.SHM_STAT:
    case Command.SHM_STAT_ANY:
      return stat(c, 'shm', va, command !== Command.STAT, asked(command === Command.SHM_STAT_ANY));
    case Command.SHM_LOCK:
    case Command.SHM_UNLOCK:
      // Pages of shared segments are never lost: nothing to lock.
      return then(c.sys.shmstat(c.int(0), true), ({ permissions: { uid, cuid } }) => {
        const user = c.sys.geteuid();
        if (user !== 0 && user !== uid && user !== cuid) throw new SysError('EPERM');
        return 0;
      });
    case Command.INFO:
      return info(c, 'shm', va, () => memoryLimits());
    case Command.SHM_INFO: {
      const one = (id: number) =>
        then(c.sys.shmstat(id, true), ({ bytes }) => ({ items: Math.ceil(bytes / PAGE), bytes }));
      return info(c, 'shm', va, async (ids) => memoryInfo(await inUse(ids, one)));
    }
    default:
      throw new SysError('EINVAL');
  }
}

export const sysvIpcCalls: LinuxCalls = {
  msgget: (c) => c.sys.msgget(c.int(0), c.uint(1)),
  msgsnd,
  msgrcv,
  msgctl,
  semget: (c) => {
    if (c.int(1) < 0) throw new SysError('EINVAL');
    return c.sys.semget(c.int(0), c.int(1), c.uint(2));
  },
  semop: (c) => semop(c, 0),
  semtimedop: (c) => semop(c, c.ptr(3)),
  semctl,
  shmget: (c) => c.sys.shmget(c.int(0), c.ptr(1), c.uint(2)),
  shmat,
  shmdt,
  shmctl,
};
