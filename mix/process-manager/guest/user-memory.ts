/**
 * The memory of a guest as system calls reach it. Every access goes through `touch`, so it obeys the same
 * regions, protections and deferred copies as the program's own; a bad address is EFAULT.
 */

import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { Access, Fault, PAGE_BYTES, USER_TOP } from '../../../nucleus/memory/site-memory.ts';
import { SysError } from '../../../subsystems/unix/errno.ts';
import { decodeName } from '../../../subsystems/unix/file-names.ts';
import { PageAbsent, type UserMemory } from '../../../subsystems/unix/linux/caller.ts';

const HIGH = 0x1_0000_0000;
const PATH_MAX = 4096;
/**
 * Arrays of the length that pipes move at a time, which serve again and again: else every transfer leaves one
 * to the collector, which costs more than the copying.
 */
const SPARE_BYTES = 65536;
const SPARES_MAX = 16;
const spares: Uint8Array[] = [];

/** What is not read before its end is known to be there. */
const LONG_BYTES = 1024 * 1024;

/** Longest single transfer, bytes: what one argument may name. */
const TRANSFER_MAX = 0x7ffff000;

export class GuestMemory implements UserMemory {
  context: MemoryContext;
  private readonly thread: Thread;
  /** Whether an access where nothing is mapped made a stack reach there. */
  private readonly grow: (va: number) => boolean;

  constructor(context: MemoryContext, thread: Thread, grow: (va: number) => boolean) {
    this.context = context;
    this.thread = thread;
    this.grow = grow;
  }

  /** The physical address, or an exception. */
  private at(va: number, access: number): number {
    const address = va >= 0 && va < USER_TOP ? this.context.touch(va, access) : Fault.unmapped;
    if (address > 0) return address;
    if (address === Fault.absent) throw new PageAbsent(va, access);
    if (address === Fault.unmapped && this.grow(va)) return this.at(va, access);
    throw new SysError(address === Fault.memory ? 'ENOMEM' : 'EFAULT');
  }

  /** Whether `bytes` at `va` are in one page. */
  private static whole(va: number, bytes: number): boolean {
    return (va % PAGE_BYTES) + bytes <= PAGE_BYTES;
  }

  u8(va: number): number {
    return this.context.site.u8[this.at(va, Access.read)]!;
  }

  u16(va: number): number {
    return this.u8(va) | (this.u8(va + 1) << 8);
  }

  u32(va: number): number {
    if (GuestMemory.whole(va, 4)) return this.context.site.view.getUint32(this.at(va, Access.read), true);
    return (this.u16(va) | (this.u16(va + 2) << 16)) >>> 0;
  }

  i32(va: number): number {
    return this.u32(va) | 0;
  }

  u64(va: number): number {
    return this.u32(va) + this.u32(va + 4) * HIGH;
  }

  i64(va: number): number {
    return this.u32(va) + this.i32(va + 4) * HIGH;
  }

  read(va: number, length: number): Uint8Array {
    checkLength(length);
    const { u8 } = this.context.site;
    if (length > 0 && GuestMemory.whole(va, length)) {
      const address = this.at(va, Access.read);
      return u8.slice(address, address + length);
    }
    // No room is made for what a wild length names.
    if (length > LONG_BYTES) this.at(va + length - 1, Access.read);
    const bytes = (length === SPARE_BYTES && spares.pop()) || new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const address = this.at(va + done, Access.read);
      const count = this.runOf(va + done, address, length - done, Access.read);
      bytes.set(u8.subarray(address, address + count), done);
      done += count;
    }
    return bytes;
  }

  recycle(bytes: Uint8Array): void {
    if (bytes.length !== SPARE_BYTES || bytes.buffer.byteLength !== SPARE_BYTES) return;
    if (spares.length < SPARES_MAX) spares.push(bytes);
  }

  /** How many of `length` bytes at `va` lie in one piece from `address` on: pages that happen to adjoin. */
  private runOf(va: number, address: number, length: number, access: number): number {
    let count = Math.min(PAGE_BYTES - (va % PAGE_BYTES), length);
    while (
      count < length &&
      va + count < USER_TOP &&
      this.context.touch(va + count, access) === address + count
    ) {
      count += Math.min(PAGE_BYTES, length - count);
    }
    return count;
  }

  string(va: number, max = PATH_MAX, cut = false): string {
    const { site } = this.context;
    const parts: Buffer[] = [];
    let found = 0;
    for (let from = va; found < max; ) {
      const address = this.at(from, Access.read);
      const count = Math.min(PAGE_BYTES - (from % PAGE_BYTES), max - found);
      const end = site.u8.subarray(address, address + count).indexOf(0);
      parts.push(Buffer.from(site.u8.buffer, address, end < 0 ? count : end));
      if (end >= 0) return textOf(parts);
      found += count;
      from += count;
    }
    if (!cut) throw new SysError('ENAMETOOLONG');
    return textOf(parts);
  }

  setU8(va: number, value: number): void {
    this.context.site.u8[this.at(va, Access.write)] = value;
  }

  setU16(va: number, value: number): void {
    this.setU8(va, value);
    this.setU8(va + 1, value >>> 8);
  }

  setU32(va: number, value: number): void {
    if (GuestMemory.whole(va, 4)) this.context.site.view.setUint32(this.at(va, Access.write), value, true);
    else {
      this.setU16(va, value);
      this.setU16(va + 2, value >>> 16);
    }
  }

  setU64(va: number, value: number): void {
    this.setU32(va, value >>> 0);
    this.setU32(va + 4, Math.floor(value / HIGH) >>> 0);
  }

  write(va: number, bytes: Uint8Array): void {
    const { u8 } = this.context.site;
    const { length } = bytes;
    for (let done = 0; done < length; ) {
      const address = this.at(va + done, Access.write);
      const count = this.runOf(va + done, address, length - done, Access.write);
      u8.set(count === length ? bytes : bytes.subarray(done, done + count), address);
      done += count;
    }
  }

  prepareWrite(va: number, length: number): void {
    checkLength(length);
    for (let done = 0; done < length; done += PAGE_BYTES - ((va + done) % PAGE_BYTES)) {
      this.at(va + done, Access.write);
    }
  }

  store(va: number, bytes: Uint8Array): void | Promise<void> {
    try {
      this.write(va, bytes);
    } catch (error) {
      if (!(error instanceof PageAbsent)) throw error;
      return this.storeWaiting(va, bytes, error);
    }
  }

  /** Writing again is harmless: the same bytes go to the same places. */
  private async storeWaiting(va: number, bytes: Uint8Array, first: PageAbsent): Promise<void> {
    let absent: unknown = first;
    for (;;) {
      if (!(absent instanceof PageAbsent)) throw absent;
      await this.bring(absent);
      try {
        this.write(va, bytes);
        return;
      } catch (error) {
        absent = error;
      }
    }
  }

  /** Waits for an absent page. Throws EFAULT when it cannot be had. */
  async bring(absent: PageAbsent): Promise<void> {
    const result = await this.context.fault(absent.va, absent.access, this.thread);
    if (result < 0) throw new SysError(result === Fault.memory ? 'ENOMEM' : 'EFAULT');
  }
}

function checkLength(length: number): void {
  if (!(length >= 0 && length <= TRANSFER_MAX)) throw new SysError('EFAULT');
}

/** The replacement character stands for bytes that are no UTF-8, or for itself: then with care. */
function textOf(parts: readonly Buffer[]): string {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? decodeName(new Uint8Array(bytes)) : text;
}
