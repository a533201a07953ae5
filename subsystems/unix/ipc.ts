/**
 * The vocabulary of System V IPC, svipc(7): Linux's numbers (asm-generic, as on riscv64), limits, and the
 * shapes that the calls of `Sys` take and give. Times are ms since 1970, 0 = never.
 */
import type { Pid } from './sys.ts';

export const IPC = { PRIVATE: 0, CREAT: 0o1000, EXCL: 0o2000, NOWAIT: 0o4000 } as const;
export const MSGFLAG = { NOERROR: 0o10000, EXCEPT: 0o20000, COPY: 0o40000 } as const;
export const SEM_UNDO = 0x1000;
export const SHM = { RDONLY: 0o10000, RND: 0o20000, REMAP: 0o40000, EXEC: 0o100000 } as const;
/** Bits of a mode beside the permissions. */
export const SHM_DEST = 0o1000;
export const SHM_LOCKED = 0o2000;

/** Limits, with the error that passing one gives. */
export const IpcLimits = {
  /** Message queues of one site: ENOSPC. */
  MSGMNI: 32_000,
  /** Bytes of one message: EINVAL. */
  MSGMAX: 8192,
  /** Bytes of one queue: EAGAIN, or a wait. Root may set more. */
  MSGMNB: 16_384,
  /** Semaphore sets of one site: ENOSPC. */
  SEMMNI: 32_000,
  /** Semaphores of one set: EINVAL. */
  SEMMSL: 32_000,
  /** Semaphores of one site: ENOSPC. */
  SEMMNS: 1_024_000,
  /** Operations of one semop: E2BIG. */
  SEMOPM: 500,
  /** Value of a semaphore: ERANGE. */
  SEMVMX: 32_767,
  /** POSIX message queues: messages and their bytes when mq_open does not say; what root may say: EINVAL. */
  MQ_MESSAGES: 10,
  MQ_BYTES: 8192,
  MQ_MESSAGES_MAX: 65_536,
  MQ_BYTES_MAX: 16 * 1024 * 1024,
  /** Priorities, MQ_PRIO_MAX: EINVAL. */
  MQ_PRIORITIES: 32_768,
  /** Shared memory segments of one site: ENOSPC. */
  SHMMNI: 4096,
  /** Bytes of one segment: EINVAL. */
  SHMMAX: 2 ** 37,
} as const;

export type IpcKind = 'msg' | 'sem' | 'shm';

export interface IpcPermissions {
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  /** Permission bits; SHM_DEST and SHM_LOCKED. */
  mode: number;
}

/** What IPC_SET changes. */
export interface IpcChange {
  uid: number;
  gid: number;
  mode: number;
  /** Of a queue. */
  qbytes?: number | undefined;
}

export interface QueueStat {
  permissions: IpcPermissions;
  sendMs: number;
  receiveMs: number;
  changeMs: number;
  bytes: number;
  count: number;
  maxBytes: number;
  lastSender: Pid;
  lastReceiver: Pid;
}

export interface SemaphoreStat {
  permissions: IpcPermissions;
  operationMs: number;
  changeMs: number;
  count: number;
}

export interface SharedMemoryStat {
  permissions: IpcPermissions;
  bytes: number;
  attachMs: number;
  detachMs: number;
  changeMs: number;
  creator: Pid;
  lastUser: Pid;
  attaches: number;
}

export interface SemaphoreOperation {
  index: number;
  op: number;
  /** IPC.NOWAIT, SEM_UNDO. */
  flags: number;
}

export interface IpcMessage {
  type: number;
  data: Uint8Array;
}

/** struct mq_attr; `flags`: O.NONBLOCK or 0. */
export interface QueueAttributes {
  flags: number;
  messages: number;
  bytes: number;
  count: number;
}

/** How mq_notify(3) tells of a message: by signal, with a value of 8 bytes; signal 0: not at all. */
export interface QueueNotice {
  signal: number;
  value?: Uint8Array | undefined;
}

/** A segment that a process may attach: a capability of its mapper. */
export interface SharedSegment {
  ui: string;
  key: string;
  bytes: number;
  /** The key_t that it was made with. */
  value: number;
}
