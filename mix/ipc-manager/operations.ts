/** The `ipc` protocol: each operation finds its object, demands the right, and lets the object act. */
import { type Awaitable, isPromise } from '../../nucleus/awaitable.ts';
import type { Implementation } from '../../nucleus/ipc/protocol.ts';
import { SysError } from '../../subsystems/unix/errno.ts';
import { SHM } from '../../subsystems/unix/ipc.ts';
import type { IpcSpecs } from '../protocols/ipc.ts';
import type { IpcManager } from './ipc-manager.ts';
import { READ, WRITE } from './ipc-object.ts';

const EMPTY_REPLY = {};

const done = (result: Awaitable<unknown>): Awaitable<Record<never, never>> =>
  isPromise(result) ? result.then(() => EMPTY_REPLY) : EMPTY_REPLY;

export function ipcOperations(manager: IpcManager): Implementation<IpcSpecs> {
  return {
    ...commonOperations(manager),
    ...queueOperations(manager),
    ...semaphoreOperations(manager),
    ...memoryOperations(manager),
  };
}

type Common = 'get' | 'check' | 'list' | 'set' | 'remove' | 'reap' | 'exited';
type Queues = 'send' | 'receive' | 'queueStat';
type Semaphores = 'operate' | 'semaphoreStat' | 'semaphore' | 'values' | 'setValues';
type Memory = 'attach' | 'detached' | 'memoryStat';

function commonOperations(manager: IpcManager): Pick<Implementation<IpcSpecs>, Common> {
  return {
    get: (request, { thread, actorPi }) => {
      const id = manager.get(thread, actorPi, request);
      return isPromise(id) ? id.then((found) => ({ id: found })) : { id };
    },
    check: ({ kind, id, flags, size, ...who }, { actorPi }) => {
      if (actorPi.domain !== 0) throw new SysError('EPERM');
      if (!manager.list(kind).includes(id)) throw new SysError('EIDRM');
      const object = manager.object(kind, id);
      object.checkSize(size);
      object.demand(who, flags & 0o777);
      return EMPTY_REPLY;
    },
    list: ({ kind }) => ({ ids: manager.list(kind) }),
    set: ({ kind, id, ...change }, { actorPi }) => {
      manager.object(kind, id).change(actorPi, change, manager.now());
      return EMPTY_REPLY;
    },
    remove: ({ kind, id }, { actorPi }) => done(manager.remove(manager.object(kind, id), actorPi)),
    reap: () => {
      manager.reapAll();
      return EMPTY_REPLY;
    },
    exited: ({ pid }, { actorPi }) => {
      if (actorPi.domain !== 0) throw new SysError('EPERM');
      manager.exited(pid);
      return EMPTY_REPLY;
    },
  };
}

function queueOperations(manager: IpcManager): Pick<Implementation<IpcSpecs>, Queues> {
  return {
    send: ({ id, ...message }, { thread, actorPi }) =>
      done(manager.queue(id).send(thread, actorPi, message, manager.nucleus.clock)),
    receive: ({ id, ...request }, { thread, actorPi }) =>
      manager.queue(id).receive(thread, actorPi, request, manager.nucleus.clock),
    queueStat: ({ id, any: anybody }, { actorPi }) => {
      const queue = manager.queue(id);
      if (!anybody) queue.demand(actorPi, READ);
      return queue.stat();
    },
  };
}

function semaphoreOperations(manager: IpcManager): Pick<Implementation<IpcSpecs>, Semaphores> {
  return {
    operate: ({ id, ...request }, { thread, actorPi, srcSite }) =>
      done(manager.set(id).operate(thread, actorPi, { ...request, site: srcSite }, manager.nucleus.clock)),
    semaphoreStat: ({ id, any: anybody }, { actorPi }) => {
      const set = manager.set(id);
      if (!anybody) set.demand(actorPi, READ);
      return set.stat();
    },
    semaphore: ({ id, index }, { actorPi }) => {
      const set = manager.set(id);
      set.demand(actorPi, READ);
      return set.one(index);
    },
    values: ({ id }, { actorPi }) => {
      const set = manager.set(id);
      set.demand(actorPi, READ);
      return { values: set.all() };
    },
    setValues: ({ id, index, values, pid }, { actorPi }) => {
      const set = manager.set(id);
      set.demand(actorPi, WRITE);
      set.setValues(index, values, pid, manager.now());
      return EMPTY_REPLY;
    },
  };
}

function memoryOperations(manager: IpcManager): Pick<Implementation<IpcSpecs>, Memory> {
  return {
    attach: ({ id, flags, pid }, { actorPi }) => {
      const memory = manager.memory(id);
      const writes = (flags & SHM.RDONLY) === 0 ? WRITE : 0;
      memory.demand(actorPi, READ | writes | (flags & SHM.EXEC ? 0o111 : 0));
      memory.attachMs = manager.now();
      memory.lastUser = pid;
      const segment = { ui: manager.mapperPort(), key: memory.key };
      return { segment, bytes: memory.bytes, value: memory.permissions.key };
    },
    detached: ({ id, pid }) => {
      const memory = manager.memory(id);
      memory.detachMs = manager.now();
      memory.lastUser = pid;
      return done(manager.reap(memory));
    },
    memoryStat: async ({ id, any: anybody }, { actorPi }) => {
      const memory = manager.memory(id);
      if (!anybody) memory.demand(actorPi, READ);
      const { permissions, bytes, attachMs, detachMs, changeMs, creator, lastUser } = memory;
      const attaches = await manager.attaches(memory);
      return { permissions, bytes, attachMs, detachMs, changeMs, creator, lastUser, attaches };
    },
  };
}
