/**
 * The protocols of IPC Managers and of the Key Manager.
 *
 * A queue, semaphore set or shared segment lives on the IPC Manager of the site where it was made; its
 * identifier says which (`ipcSiteOf`), so whoever has the identifier reaches it. Keys are one space of the
 * whole system, kept by the one Key Manager; only IPC Managers ask it. Who may do what is judged by the
 * protection identifier stamped on the message.
 *
 * Bytes of a shared segment: the IPC Manager is their mapper (`mapper` of the nucleus), at a port of its own.
 * How often a segment is attached is known by the Process Managers, which keep the address spaces.
 */
import { SITE_MAX } from '../../nucleus/ids/ui.ts';
import { staticGroup } from '../../nucleus/ipc/group.ts';
import type { Destination } from '../../nucleus/ipc/message.ts';
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import {
  bool,
  bytes,
  int,
  key,
  list,
  num,
  oneOf,
  opt,
  rec,
  str,
  ui,
  uint,
} from '../../nucleus/ipc/schema.ts';
import { type IpcKind, IpcLimits } from '../../subsystems/unix/ipc.ts';
import { unixFaults } from './faults.ts';

export const IPC_MANAGERS = staticGroup('staticSystem', 0x4950);
export const KEY_MANAGER = staticGroup('staticSystem', 0x4b4d);
export const KEY_SERVER: Destination = { target: KEY_MANAGER.ui, mode: 'functional' };

/** Identifiers: {site − 1, number 18 bits}, so those of site 1 are small. */
const NUMBER_BITS = 18;
export const IPC_NUMBERS = 1 << NUMBER_BITS;
export const ipcId = (site: number, number: number): number => ((site - 1) << NUMBER_BITS) | number;
export const ipcSiteOf = (id: number): number => (id >>> NUMBER_BITS) + 1;
export const isIpcId = (id: number): boolean => id >= 0 && id < ipcId(SITE_MAX + 1, 0);

const kind = oneOf('msg', 'sem', 'shm');
const permissions = rec({ key: int, uid: uint, gid: uint, cuid: uint, cgid: uint, mode: uint });

const name = str(300);
/** Keys of System V IPC and names of POSIX message queues, as the Key Manager knows them. */
export const keyName = (of: IpcKind, value: number): string => `${of}:${value}`;
export const queueName = (path: string): string => `mq:${path}`;

/** Key Manager: which identifier a name has. */
export const KeyProtocol = protocol('ipc-key', unixFaults, {
  find: operation({ name }, { id: opt(uint) }),
  /** Gives the name to `id` unless another has it already: the reply says whose it is. */
  enter: operation({ name, id: uint }, { id: uint }),
  /** The object is gone, or was unlinked: the name is free, if it was its. */
  forget: operation({ name, id: uint }, {}),
});
export type KeySpecs = (typeof KeyProtocol)['specs'];

const target = { kind, id: uint };

export const IpcProtocol = protocol('ipc', unixFaults, {
  /** msgget, semget, shmget, at the manager of the caller's site. `size`: semaphores, or bytes. */
  get: operation({ kind, value: int, flags: uint, size: uint, pid: uint }, { id: uint }),
  /** From another IPC Manager: may they get this object so? EINVAL (size), EACCES. */
  check: operation({ ...target, flags: uint, size: uint, uid: uint, gid: uint, groups: opt(list(uint)) }, {}),
  /** Identifiers of this site. */
  list: operation({ kind }, { ids: list(uint) }),
  set: operation({ ...target, uid: uint, gid: uint, mode: uint, qbytes: opt(uint) }, {}),
  remove: operation(target, {}),

  // --- message queues --------------------------------------------------------------------------------------
  /** Waits while the queue is full, unless IPC_NOWAIT. */
  send: operation({ id: uint, type: int, data: bytes, flags: uint, pid: uint }, {}),
  receive: operation({ id: uint, max: uint, type: int, flags: uint, pid: uint }, { type: int, data: bytes }),
  /** `any`: without the right to read (MSG_STAT_ANY). */
  queueStat: operation(
    { id: uint, any: bool },
    {
      permissions,
      sendMs: num,
      receiveMs: num,
      changeMs: num,
      bytes: uint,
      count: uint,
      maxBytes: uint,
      lastSender: uint,
      lastReceiver: uint,
    },
  ),

  // --- semaphores ------------------------------------------------------------------------------------------
  /** All operations at once, or a wait of at most `limitMs` (-1: for ever). */
  operate: operation(
    {
      id: uint,
      operations: list(rec({ index: uint, op: int, flags: uint }), IpcLimits.SEMOPM),
      limitMs: num,
      pid: uint,
    },
    {},
  ),
  semaphoreStat: operation(
    { id: uint, any: bool },
    { permissions, operationMs: num, changeMs: num, count: uint },
  ),
  /** One semaphore: value, last pid, those who wait for more, and for zero. */
  semaphore: operation({ id: uint, index: uint }, { value: uint, pid: uint, more: uint, zero: uint }),
  values: operation({ id: uint }, { values: list(uint) }),
  /** SETVAL of `index`, or SETALL. */
  setValues: operation({ id: uint, index: opt(uint), values: list(uint), pid: uint }, {}),

  // --- shared memory ---------------------------------------------------------------------------------------
  /** The segment's capability, for a process that may attach it so. */
  attach: operation(
    { id: uint, flags: uint, pid: uint },
    { segment: rec({ ui, key }), bytes: uint, value: int },
  ),
  detached: operation({ id: uint, pid: uint }, {}),
  memoryStat: operation(
    { id: uint, any: bool },
    {
      permissions,
      bytes: uint,
      attachMs: num,
      detachMs: num,
      changeMs: num,
      creator: uint,
      lastUser: uint,
      attaches: uint,
    },
  ),

  // --- processes -------------------------------------------------------------------------------------------
  /** An address space with attached segments is gone (exec): removed ones may go too. */
  reap: operation({}, {}),
  /** A process that had undo values or attached segments here has ended. */
  exited: operation({ pid: uint }, {}),
});
export type IpcSpecs = (typeof IpcProtocol)['specs'];

/**
 * POSIX message queues, mq_overview(7), at the same port. An open queue is an open object; `key` names it.
 * Waits last at most `limitMs` (-1: for ever).
 */
export const QueueProtocol = protocol('mq', unixFaults, {
  /** Where a queue is; asked of the manager of the caller's site. */
  find: operation({ name }, { site: opt(uint) }),
  /** At the manager that has the queue, or shall make it (O_CREAT); `site`: another has it by now. */
  open: operation(
    { name, flags: uint, mode: uint, messages: uint, bytes: uint },
    { key: opt(key), site: opt(uint) },
  ),
  unlink: operation({ name }, {}),
  send: operation({ key, data: bytes, priority: uint, limitMs: num }, {}),
  receive: operation({ key, max: uint, limitMs: num }, { data: bytes, priority: uint }),
  attributes: operation({ key }, { flags: uint, messages: uint, bytes: uint, count: uint }),
  /** Tells `pid` by signal (0: silently) of the next message in an empty queue; without `on`: no longer. */
  notify: operation({ key, on: bool, pid: uint, signal: uint, value: opt(bytes) }, {}),
});
export type QueueSpecs = (typeof QueueProtocol)['specs'];
