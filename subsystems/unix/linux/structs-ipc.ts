/** Layouts of System V IPC on riscv64 Linux (asm-generic, 64 bits). Sizes in bytes; times are seconds. */
import {
  type IpcChange,
  IpcLimits,
  type IpcPermissions,
  type QueueStat,
  type SemaphoreOperation,
  type SemaphoreStat,
  type SharedMemoryStat,
} from '../ipc.ts';
import type { UserMemory } from './caller.ts';

/** struct ipc64_perm comes first in every structure of IPC_STAT. */
const PERM_BYTES = 48;
const MSQID_BYTES = 120;
const SEMID_BYTES = 88;
const SHMID_BYTES = 112;

/** Writes fields of a structure one after another: [offset, bytes, value]. */
function structure(bytes: number, fields: readonly (readonly [number, 2 | 4 | 8, number])[]): Uint8Array {
  const result = new Uint8Array(bytes);
  const view = new DataView(result.buffer);
  for (const [at, size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value >>> 0, true);
    if (size === 8) view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
  }
  return result;
}

type Fields = (readonly [number, 2 | 4 | 8, number])[];

const permissionFields = ({ key, uid, gid, cuid, cgid, mode }: IpcPermissions): Fields => [
  [0, 4, key],
  [4, 4, uid],
  [8, 4, gid],
  [12, 4, cuid],
  [16, 4, cgid],
  [20, 4, mode],
];

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** struct msqid64_ds. */
export const queueStruct = (stat: QueueStat): Uint8Array =>
  structure(MSQID_BYTES, [
    ...permissionFields(stat.permissions),
    [PERM_BYTES, 8, seconds(stat.sendMs)],
    [56, 8, seconds(stat.receiveMs)],
    [64, 8, seconds(stat.changeMs)],
    [72, 8, stat.bytes],
    [80, 8, stat.count],
    [88, 8, stat.maxBytes],
    [96, 4, stat.lastSender],
    [100, 4, stat.lastReceiver],
  ]);

/** struct semid64_ds. */
export const semaphoreStruct = (stat: SemaphoreStat): Uint8Array =>
  structure(SEMID_BYTES, [
    ...permissionFields(stat.permissions),
    [PERM_BYTES, 8, seconds(stat.operationMs)],
    [56, 8, seconds(stat.changeMs)],
    [64, 8, stat.count],
  ]);

/** struct shmid64_ds. */
export const memoryStruct = (stat: SharedMemoryStat): Uint8Array =>
  structure(SHMID_BYTES, [
    ...permissionFields(stat.permissions),
    [PERM_BYTES, 8, stat.bytes],
    [56, 8, seconds(stat.attachMs)],
    [64, 8, seconds(stat.detachMs)],
    [72, 8, seconds(stat.changeMs)],
    [80, 4, stat.creator],
    [84, 4, stat.lastUser],
    [88, 8, stat.attaches],
  ]);

/** What IPC_SET takes out of any of them; `queue`: msg_qbytes too. */
export function readChange(memory: UserMemory, va: number, queue: boolean): IpcChange {
  const change: IpcChange = { uid: memory.u32(va + 4), gid: memory.u32(va + 8), mode: memory.u32(va + 20) };
  if (queue) change.qbytes = memory.u64(va + 88);
  return change;
}

const { MSGMAX, MSGMNB, MSGMNI, SEMMNI, SEMMNS, SEMMSL, SEMOPM, SEMVMX, SHMMAX, SHMMNI } = IpcLimits;

/** Numbers of what there is, for MSG_INFO, SEM_INFO and SHM_INFO. */
export interface InUse {
  readonly objects: number;
  /** Messages, semaphores; of shared segments their pages. */
  readonly items: number;
  readonly bytes: number;
}

/** struct msginfo. */
export const queueInfo = (used: InUse | null): Uint8Array =>
  structure(32, [
    [0, 4, used ? used.objects : (MSGMNI * MSGMNB) / 1024],
    [4, 4, used ? used.items : MSGMNB],
    [8, 4, MSGMAX],
    [12, 4, MSGMNB],
    [16, 4, MSGMNI],
    [20, 4, 16],
    [24, 4, used ? used.bytes : MSGMNB],
    [28, 2, 0xffff],
  ]);

/** struct seminfo. */
export const semaphoreInfo = (used: InUse | null): Uint8Array =>
  structure(40, [
    [0, 4, SEMMNS],
    [4, 4, SEMMNI],
    [8, 4, SEMMNS],
    [12, 4, SEMMNS],
    [16, 4, SEMMSL],
    [20, 4, SEMOPM],
    [24, 4, SEMOPM],
    [28, 4, used ? used.objects : 20],
    [32, 4, SEMVMX],
    [36, 4, used ? used.items : SEMVMX],
  ]);

const PAGE = 4096;

/** struct shminfo64. */
export const memoryLimits = (): Uint8Array =>
  structure(72, [
    [0, 8, SHMMAX],
    [8, 8, 1],
    [16, 8, SHMMNI],
    [24, 8, SHMMNI],
    [32, 8, SHMMAX / PAGE],
  ]);

/** struct shm_info. */
export const memoryInfo = ({ objects, items }: InUse): Uint8Array =>
  structure(48, [
    [0, 4, objects],
    [8, 8, items],
    [16, 8, items],
  ]);

const SEMBUF_BYTES = 6;

/** struct sembuf[count]. */
export function readOperations(memory: UserMemory, va: number, count: number): SemaphoreOperation[] {
  const bytes = memory.read(va, SEMBUF_BYTES * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => ({
    index: view.getUint16(SEMBUF_BYTES * i, true),
    op: view.getInt16(SEMBUF_BYTES * i + 2, true),
    flags: view.getUint16(SEMBUF_BYTES * i + 4, true),
  }));
}

/** unsigned short[], as GETALL and SETALL have it. */
export const shortsStruct = (values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint16Array.from(values).buffer);

export function readShorts(memory: UserMemory, va: number, count: number): number[] {
  const bytes = memory.read(va, 2 * count);
  return Array.from({ length: count }, (_, i) => bytes[2 * i]! | (bytes[2 * i + 1]! << 8));
}
