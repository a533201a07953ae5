/**
 * A caller for tests: arguments as numbers, strings and buffers, memory a plain array with a hole at its
 * start and end, and the Sys of a booted system. `run` makes a call as a guest would and gives its result,
 * or the negated errno.
 */

import { SysError } from '../../../../subsystems/unix/errno.ts';
import { UNDISCIPLINED } from '../../../../subsystems/unix/linux/adjtimex.ts';
import type { Caller, LinuxCalls, UserMemory } from '../../../../subsystems/unix/linux/caller.ts';
import type { Sys } from '../../../../subsystems/unix/sys.ts';

/** The only mapped addresses. */
const START = 0x10000;
const SIZE = 4 * 1024 * 1024;

class PlainMemory implements UserMemory {
  readonly bytes = new Uint8Array(SIZE);
  private readonly view = new DataView(this.bytes.buffer);

  place(va: number, length: number): number {
    if (va < START || va + length > START + SIZE) throw new SysError('EFAULT');
    return va - START;
  }
  u8(va: number): number {
    return this.bytes[this.place(va, 1)]!;
  }
  u16(va: number): number {
    return this.view.getUint16(this.place(va, 2), true);
  }
  u32(va: number): number {
    return this.view.getUint32(this.place(va, 4), true);
  }
  i32(va: number): number {
    return this.view.getInt32(this.place(va, 4), true);
  }
  u64(va: number): number {
    return Number(this.view.getBigUint64(this.place(va, 8), true));
  }
  i64(va: number): number {
    return Number(this.view.getBigInt64(this.place(va, 8), true));
  }
  read(va: number, length: number): Uint8Array {
    const at = this.place(va, length);
    return this.bytes.slice(at, at + length);
  }
  string(va: number, max = 4096): string {
    const at = this.place(va, 1);
    const end = this.bytes.indexOf(0, at);
    if (end - at >= max) throw new SysError('ENAMETOOLONG');
    return new TextDecoder().decode(this.bytes.subarray(at, end));
  }
  setU8(va: number, value: number): void {
    this.bytes[this.place(va, 1)] = value;
  }
  setU16(va: number, value: number): void {
    this.view.setUint16(this.place(va, 2), value, true);
  }
  setU32(va: number, value: number): void {
    this.view.setUint32(this.place(va, 4), value, true);
  }
  setU64(va: number, value: number): void {
    this.view.setBigInt64(this.place(va, 8), BigInt(value), true);
  }
  write(va: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, this.place(va, bytes.length));
  }
  prepareWrite(va: number, length: number): void {
    this.place(va, length);
  }
  recycle(): void {}
  store(va: number, bytes: Uint8Array): void {
    this.write(va, bytes);
  }
}

/** A number, a string (placed in memory), or a buffer of this test's own. */
export type Argument = number | string | Buffer64;

/** A piece of the caller's memory. */
export class Buffer64 {
  readonly va: number;
  readonly length: number;
  private readonly memory: PlainMemory;

  constructor(memory: PlainMemory, va: number, length: number) {
    this.memory = memory;
    this.va = va;
    this.length = length;
  }
  get bytes(): Uint8Array {
    const at = this.memory.place(this.va, this.length);
    return this.memory.bytes.subarray(at, at + this.length);
  }
  get view(): DataView {
    const { bytes } = this;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  i32(at: number): number {
    return this.view.getInt32(at, true);
  }
  u32(at: number): number {
    return this.view.getUint32(at, true);
  }
  u16(at: number): number {
    return this.view.getUint16(at, true);
  }
  i64(at: number): number {
    return Number(this.view.getBigInt64(at, true));
  }
  text(length = this.length): string {
    return new TextDecoder().decode(this.bytes.slice(0, length));
  }
}

export class Guest {
  private readonly sys: Sys;
  private readonly calls: LinuxCalls;
  private memory = new PlainMemory();
  private next = START;

  constructor(sys: Sys, calls: LinuxCalls) {
    this.sys = sys;
    this.calls = calls;
  }

  /** Room of `length` bytes, aligned to 8 and zeroed; or with these contents. */
  buffer(contents: number | string | Uint8Array | readonly number[]): Buffer64 {
    const bytes =
      typeof contents === 'number'
        ? new Uint8Array(contents)
        : typeof contents === 'string'
          ? new TextEncoder().encode(contents)
          : Uint8Array.from(contents);
    if (this.next + bytes.length > START + SIZE - 4096) this.next = START;
    const made = new Buffer64(this.memory, this.next, bytes.length);
    this.next += (bytes.length + 8) & ~7;
    this.memory.write(made.va, bytes);
    return made;
  }

  /** 64-bit words. */
  words(...values: readonly (number | Buffer64)[]): Buffer64 {
    const made = this.buffer(values.length * 8);
    for (const [i, value] of values.entries()) {
      made.view.setBigInt64(i * 8, BigInt(typeof value === 'number' ? value : value.va), true);
    }
    return made;
  }

  /** Makes a call: its result, or -errno. */
  async run(name: string, ...args: readonly Argument[]): Promise<number> {
    const registers = args.map((value) => {
      if (typeof value === 'number') return BigInt.asUintN(64, BigInt(value));
      return BigInt(typeof value === 'string' ? this.buffer(`${value}\0`).va : value.va);
    });
    const register = (i: number): bigint => registers[i] ?? 0n;
    const caller = {
      sys: this.sys,
      memory: this.memory,
      int: (i: number) => Number(BigInt.asIntN(32, register(i))),
      uint: (i: number) => Number(BigInt.asUintN(32, register(i))),
      ptr: (i: number) => Number(register(i)),
      long: (i: number) => Number(BigInt.asIntN(64, register(i))),
      // No signals reach these calls: a mask changes nothing.
      task: {
        signals: { withMask: (_mask: unknown, work: () => unknown) => work() },
        tid: 1,
        pid: 1,
        cpuTime: () => 1500,
        setTime: () => {},
        sleepUntil: async (ms: number) => this.sys.sleep(ms - this.sys.now()),
        setName: () => {},
        barriers: 0,
        discipline: UNDISCIPLINED,
        traits: { personality: 0, noNewPrivileges: false },
      },
    };
    const handler = this.calls[name];
    if (!handler) return -38;
    try {
      return await handler(caller as unknown as Caller);
    } catch (error) {
      if (error instanceof SysError) return -error.errno;
      throw error;
    }
  }
}
