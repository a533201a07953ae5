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
import { operation, protocol } from '../../nucleus/ipc/protocol.ts';
import { bool, bytes, int, key, list, num, oneOf, opt, rec, ui, uint } from '../../nucleus/ipc/schema.ts';
import { IpcLimits } from '../../subsystems/unix/ipc.ts';
import { unixFaults } from './faults.ts';

export const IPC_MANAGERS = staticGroup('staticSystem', 0x4950);
export const KEY_MANAGER = staticGroup('staticSystem', 0x4b4d);

/** Identifiers: {site − 1, number 18 bits}, so those of site 1 are small. */
const NUMBER_BITS = 18;
export const IPC_NUMBERS = 1 << NUMBER_BITS;
export const ipcId = (site: number, number: number): number => ((site - 1) << NUMBER_BITS) | number;
export const ipcSiteOf = (id: number): number => (id >>> NUMBER_BITS) + 1;
export const isIpcId = (id: number): boolean => id >= 0 && id < ipcId(SITE_MAX + 1, 0);

const kind = oneOf('msg', 'sem', 'shm');
const permissions = rec({ key: int, uid: uint, gid: uint, cuid: uint, cgid: uint, mode: uint });

/** Key Manager: which identifier a key has. `value` is the key_t. */
export const KeyProtocol = protocol('ipc-key', unixFaults, {
  find: operation({ kind, value: int }, { id: opt(uint) }),
  /** Gives the key to `id` unless another has it already: the reply says whose it is. */
  enter: operation({ kind, value: int, id: uint }, { id: uint }),
  /** The object is gone: the key is free, if it was its. */
  forget: operation({ kind, value: int, id: uint }, {}),
});
export type KeySpecs = (typeof KeyProtocol)['specs'];

const target = { kind, id: uint };

export const IpcProtocol = protocol('ipc', unixFaults, {
  /** msgget, semget, shmget, at the manager of the caller's site. `size`: semaphores, or bytes. */
  get: operation({ kind, value: int, flags: uint, size: uint, pid: uint }, { id: uint }),
  /** From another IPC Manager: may `uid`, `gid` get this object so? EINVAL (size), EACCES. */
  check: operation({ ...target, flags: uint, size: uint, uid: uint, gid: uint }, {}),
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
