/**
 * A machine for tests of the processor alone: one address space that is a plain map of pages, and the system
 * calls write and exit. Programs are flat code or static ELF files without a C library.
 */

import { Access, Fault, PAGE_BYTES, SiteMemory } from '../../../../nucleus/memory/site-memory.ts';
import {
  TLB_BYTES,
  TLB_READ,
  TLB_WRITE,
  tlbDrop,
  tlbFill,
  tlbFlush,
} from '../../../../nucleus/memory/tlb.ts';
import { Engine } from '../../../../nucleus/supervisor/cpu/engine.ts';
import * as cpu from '../../../../nucleus/supervisor/cpu/state.ts';
import type { TranslatorOptions } from '../../../../nucleus/supervisor/cpu/translator/translator.ts';

export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;

interface Page {
  readonly frame: number;
  protection: number;
}

/** An address space: pages by page number. */
export class Space {
  readonly memory: SiteMemory;
  readonly tlb: number;
  readonly pages = new Map<number, Page>();
  /** Called instead of answering "unmapped": may map the page. */
  absent: (va: number, access: number) => number = () => Fault.unmapped;
  touches = 0;

  constructor(memory: SiteMemory) {
    this.memory = memory;
    this.tlb = memory.allocateRun(TLB_BYTES);
    tlbFlush(memory, this.tlb);
  }

  touch(va: number, access: number): number {
    this.touches += 1;
    const page = this.pages.get(Math.floor(va / PAGE_BYTES));
    if (!page) return this.absent(va, access);
    if ((page.protection & access) === 0) return Fault.protection;
    const { frames } = this.memory;
    if (access === Access.write && frames.code[page.frame]) frames.codeChanged(page.frame);
    const physical = page.frame * PAGE_BYTES + (va % PAGE_BYTES);
    if (access !== Access.execute)
      tlbFill(this.memory, this.tlb, access === Access.read ? TLB_READ : TLB_WRITE, va, (physical - va) | 0);
    return physical;
  }

  /** Maps zeroed pages over va … va + bytes. */
  map(va: number, bytes: number, protection: number): void {
    for (let at = va - (va % PAGE_BYTES); at < va + bytes; at += PAGE_BYTES)
      this.mapFrame(at, this.memory.frames.allocate(), protection);
  }

  mapFrame(va: number, frame: number, protection: number): void {
    this.pages.set(Math.floor(va / PAGE_BYTES), { frame, protection });
    tlbDrop(this.memory, this.tlb, va);
  }

  unmap(va: number): void {
    this.pages.delete(Math.floor(va / PAGE_BYTES));
    tlbDrop(this.memory, this.tlb, va);
  }

  protect(va: number, protection: number): void {
    this.pages.get(Math.floor(va / PAGE_BYTES))!.protection = protection;
    tlbDrop(this.memory, this.tlb, va);
  }

  /** Writes as a kernel would. */
  write(va: number, bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; ) {
      const at = va + i;
      const page = this.pages.get(Math.floor(at / PAGE_BYTES))!;
      const count = Math.min(bytes.length - i, PAGE_BYTES - (at % PAGE_BYTES));
      if (this.memory.frames.code[page.frame]) this.memory.frames.codeChanged(page.frame);
      this.memory.u8.set(bytes.subarray(i, i + count), page.frame * PAGE_BYTES + (at % PAGE_BYTES));
      i += count;
    }
  }

  read(va: number, count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const page = this.pages.get(Math.floor((va + i) / PAGE_BYTES))!;
      out[i] = this.memory.u8[page.frame * PAGE_BYTES + ((va + i) % PAGE_BYTES)]!;
    }
    return out;
  }
}

/** Nothing is translated; everything is, when it is executed for the first time. */
const never = 1_000_000_000;
export const NEVER: TranslatorOptions = {
  sampleInstructions: never,
  samples: never,
  quietInstructions: never,
  atOnce: false,
};
export const AT_ONCE: TranslatorOptions = {
  sampleInstructions: 1,
  samples: 1,
  quietInstructions: never,
  atOnce: true,
};

/** How machines translate that are not told. */
let machineOptions = NEVER;
export function translating(options: TranslatorOptions): void {
  machineOptions = options;
}

const SYS_WRITE = 64;
const SYS_EXIT = 93;
const SYS_EXIT_GROUP = 94;

export class Machine {
  readonly memory: SiteMemory;
  readonly space: Space;
  readonly engine: Engine<Space>;
  readonly state: cpu.ThreadState;
  readonly output: Uint8Array[] = [];
  status: number | undefined;
  /** Replaces the system calls. */
  ecall: () => number = () => this.systemCall();

  constructor(bytes = 64 * 1024 * 1024, options: TranslatorOptions = machineOptions) {
    this.memory = new SiteMemory(bytes);
    this.space = new Space(this.memory);
    this.engine = new Engine<Space>(
      this.memory,
      {
        touch: (space, va, access) => space.touch(va, access),
        ecall: () => this.ecall(),
        timeNs: () => performance.now() * 1e6,
      },
      options,
    );
    this.state = cpu.allocateState(this.memory);
  }

  /** Puts code at va, in pages with these rights, and the pc on it. */
  loadCode(va: number, code: Uint8Array, protection = READ | EXECUTE): void {
    this.space.map(va, code.length, protection);
    this.space.write(va, code);
    cpu.setPc(this.state, va);
  }

  /** Loads the PT_LOAD segments of a static ELF file and makes a stack. */
  loadElf(file: Uint8Array, stackBytes = 1024 * 1024): void {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const word = (at: number): number => Number(view.getBigUint64(at, true));
    const headers = word(32);
    for (let i = 0; i < view.getUint16(56, true); i++) {
      const header = headers + i * 56;
      if (view.getUint32(header, true) !== 1) continue;
      const [offset, va, fileBytes, memoryBytes] = [8, 16, 32, 40].map((at) => word(header + at)) as [
        number,
        number,
        number,
        number,
      ];
      const flags = view.getUint32(header + 4, true);
      const protection = (flags & 4 ? READ : 0) | (flags & 2 ? WRITE : 0) | (flags & 1 ? EXECUTE : 0);
      this.space.map(va, memoryBytes, protection);
      this.space.write(va, file.subarray(offset, offset + fileBytes));
    }
    const top = 0x3f_ffff_0000;
    this.space.map(top - stackBytes, stackBytes, READ | WRITE);
    cpu.setX(this.state, 2, top - 64);
    cpu.setPc(this.state, word(24));
  }

  /** Runs in slices until an exit other than the budget's, or until `limit` instructions. */
  run(limit = Number.POSITIVE_INFINITY, slice = 1_000_000): cpu.Exit {
    let left = limit;
    for (;;) {
      const exit = this.engine.run(this.state, this.space, Math.min(slice, left));
      left -= this.engine.executed;
      if (exit !== cpu.Exit.budget || left <= 0) return exit;
    }
  }

  get text(): string {
    return Buffer.concat(this.output).toString('latin1');
  }

  private systemCall(): number {
    const number = cpu.getX(this.state, 17);
    if (number === SYS_WRITE) {
      const bytes = this.space.read(cpu.getX(this.state, 11), cpu.getX(this.state, 12));
      this.output.push(bytes);
      cpu.setX(this.state, 10, bytes.length);
      return 0;
    }
    if (number === SYS_EXIT || number === SYS_EXIT_GROUP) {
      this.status = cpu.getXLow(this.state, 10) & 0xff;
      return 1;
    }
    cpu.setX(this.state, 10, -38);
    return 0;
  }
}
