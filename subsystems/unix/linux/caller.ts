/**
 * What a handler of the Linux interface is called with: the registers of the calling thread, its memory, and
 * the system calls of its process.
 *
 * User memory and waiting. A read that meets a page which is not in memory throws PageAbsent: the dispatcher
 * waits for the page and calls the handler again from its start, as a processor restarts a faulting
 * instruction. So a handler reads all of its arguments, and prepares the places of its results, before its
 * first side effect. `store` is for results that are known only after one: it waits instead.
 */
import type { Awaitable, Sys } from '../sys.ts';
import type { Task } from './task.ts';

/** A page that an argument needs must be brought in first. */
export class PageAbsent extends Error {
  readonly va: number;
  /** 1 read, 2 write. */
  readonly access: number;

  constructor(va: number, access: number) {
    super('page absent');
    this.va = va;
    this.access = access;
  }
}

/** Memory of the calling process, by guest address. All but `store` throw EFAULT or PageAbsent. */
export interface UserMemory {
  u8(va: number): number;
  u16(va: number): number;
  u32(va: number): number;
  i32(va: number): number;
  /** 64 bits, unsigned; exact below 2^53. */
  u64(va: number): number;
  /** 64 bits, signed; exact within ±2^53. */
  i64(va: number): number;
  /** A copy. */
  read(va: number, length: number): Uint8Array;
  /**
   * Bytes up to NUL, as UTF-8. When there is none within `max` bytes: ENAMETOOLONG, or cut there if `cut`.
   */
  string(va: number, max?: number, cut?: boolean): string;
  setU8(va: number, value: number): void;
  setU16(va: number, value: number): void;
  setU32(va: number, value: number): void;
  /** Any integer number, also negative, as 64 bits. */
  setU64(va: number, value: number): void;
  write(va: number, bytes: Uint8Array): void;
  /** Makes sure that `length` bytes can be written now: before an operation that cannot be repeated. */
  prepareWrite(va: number, length: number): void;
  /** Takes an array that nobody uses any more: a later `read` may return it, so that none need be made. */
  recycle(bytes: Uint8Array): void;
  /** Writes, waiting for pages: after such an operation. Throws EFAULT. */
  store(va: number, bytes: Uint8Array): Awaitable<void>;
}

export interface Caller {
  readonly sys: Sys;
  readonly task: Task;
  readonly memory: UserMemory;
  /** Argument register a0 … a5 as a signed 32-bit integer. */
  int(index: number): number;
  /** As an unsigned 32-bit integer. */
  uint(index: number): number;
  /** As an address or size: 64 bits, unsigned; exact below 2^53. */
  ptr(index: number): number;
  /** As a signed 64-bit integer; exact within ±2^53. */
  long(index: number): number;
}

/** The result of a call that has set all registers itself (rt_sigreturn). */
export const KEEP_REGISTERS = Number.NaN;

/** A system call's body. The result goes to a0; a thrown SysError goes there as -errno. */
export type LinuxCall = (c: Caller) => Awaitable<number>;
export type LinuxCalls = Readonly<Record<string, LinuxCall>>;
