/** What the tests of memory share: guests that load and store, a mapper with its segments in memory. */
import type { Actor } from '../../../nucleus/actors/actor.ts';
import type { Thread } from '../../../nucleus/executive/thread.ts';
import type { Capability, Key } from '../../../nucleus/ids/capability.ts';
import { serve } from '../../../nucleus/ipc/stubs.ts';
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { MapperFault, MapperProtocol } from '../../../nucleus/memory/mapper-protocol.ts';
import { Access, PAGE_BYTES } from '../../../nucleus/memory/site-memory.ts';
import {
  TLB_OTHER,
  TLB_READ,
  TLB_TABLE_BYTES,
  TLB_WRITE,
  tlbEntryOffset,
} from '../../../nucleus/memory/tlb.ts';
import type { VirtualMemory } from '../../../nucleus/memory/virtual-memory.ts';
import { Nucleus, type NucleusOptions } from '../../../nucleus/nucleus.ts';

export const PAGE = PAGE_BYTES;
export const MIB = 1024 * 1024;

export function nucleusWith(memoryBytes: number, options: Partial<NucleusOptions> = {}): Nucleus {
  return new Nucleus({ site: 1, ...options, limits: { ...options.limits, memoryBytes } });
}

/** A user actor with its address space and a thread, as the processor would use them. */
export class Guest {
  readonly nucleus: Nucleus;
  readonly vm: VirtualMemory;
  readonly actor: Actor;
  readonly context: MemoryContext;
  readonly thread: Thread;

  constructor(nucleus: Nucleus, name = 'guest') {
    this.nucleus = nucleus;
    this.vm = nucleus.vm;
    this.actor = nucleus.actorCreate(null, { name });
    this.thread = nucleus.threadCreate(this.actor);
    this.context = this.vm.contextOf(this.actor);
  }

  /**
   * One access, waiting as a thread would. `use` gets the physical address in the turn in which it is valid,
   * as an instruction does. Its result, or a Fault code.
   */
  async access(va: number, access: number, use: (physical: number) => number = () => 1): Promise<number> {
    for (let tries = 0; tries < 1000; tries++) {
      const physical = this.tlb(va, access) ?? this.context.touch(va, access);
      if (physical > 0) return use(physical);
      if (physical < 0) return physical;
      const outcome = await this.context.fault(va, access, this.thread);
      if (outcome < 0) return outcome;
    }
    throw new Error('no progress');
  }

  /** What the processor finds in the TLB: the physical address, or undefined for a miss. */
  tlb(va: number, access: number): number | undefined {
    const { site, tlb } = this.context;
    const table = access === Access.write ? TLB_WRITE : TLB_READ;
    const page = va - (va % PAGE);
    const first = tlb + table + tlbEntryOffset(page);
    for (const entry of [first >>> 2, (first ^ TLB_OTHER) >>> 2]) {
      if (site.i32[entry] === (page | 0) && site.i32[entry + 1] === Math.floor(page / 2 ** 32))
        return ((va + site.i32[entry + 2]!) % 2 ** 32) >>> 0;
    }
    return undefined;
  }

  /** The byte at an address, or the Fault code. */
  load(va: number): Promise<number> {
    return this.access(va, Access.read, (physical) => this.context.site.u8[physical]!);
  }

  /** 1, or the Fault code. */
  store(va: number, byte: number): Promise<number> {
    return this.access(va, Access.write, (physical) => {
      this.context.site.u8[physical] = byte;
      return 1;
    });
  }

  exit(): void {
    this.nucleus.actorDelete(this.actor);
  }
}

/**
 * Every TLB entry of a context must show what the decision table would show now: a stale one would be a hole
 * in the walls between address spaces. Returns the addresses of those that do not.
 */
export function staleEntries(context: MemoryContext): string[] {
  const { site, tlb } = context;
  const stale: string[] = [];
  for (const [table, access] of [
    [TLB_READ, Access.read],
    [TLB_WRITE, Access.write],
  ] as const) {
    for (let at = tlb + table; at < tlb + table + TLB_TABLE_BYTES; at += 16) {
      const [low, high] = [site.u32[at >>> 2]!, site.i32[(at >>> 2) + 1]!];
      if (high === -1) continue;
      const va = high * 2 ** 32 + low;
      const shown = ((va + site.i32[(at >>> 2) + 2]!) % 2 ** 32) >>> 0;
      const now = context.touch(va, access);
      if (now !== shown)
        stale.push(`${access === Access.read ? 'r' : 'w'} ${va.toString(16)}: ${shown} ${now}`);
    }
  }
  return stale;
}

/** A mapper on one site whose segments are byte arrays: it grants whatever is asked for, to one site. */
export class PlainMapper {
  readonly segments = new Map<Key, Uint8Array>();
  readonly port;
  /** Calls by name, for tests that count them. */
  readonly calls: string[] = [];
  /** Set: every call fails with this diag. */
  broken = 0;
  /** Set: every call waits for it. */
  gate: Promise<void> | null = null;
  private next = 1;
  private ordinal = 0;

  constructor(nucleus: Nucleus) {
    const actor = nucleus.actorCreate(null, { name: 'mapper', privilege: 'supervisor' });
    this.port = serve(nucleus, actor, MapperProtocol, {
      create: ({ size }) => this.enter('create', () => ({ segment: this.segment(new Uint8Array(size)) })),
      getAccess: ({ access, offset, size }) =>
        this.enter('getAccess', () => ({ granted: access, ordinal: ++this.ordinal, offset, size })),
      pullIn: ({ key, access, offset, size }) =>
        this.enter('pullIn', () => {
          const bytes = this.bytes(key);
          const data = bytes.slice(offset, offset + size);
          const ordinal = ++this.ordinal;
          return { granted: access, ordinal, offset, size, data, end: bytes.length, pushed: false };
        }),
      pushOut: ({ key, offset, data }) =>
        this.enter('pushOut', () => {
          this.bytes(key).set(data, offset);
          return {};
        }),
      release: () => this.enter('release', () => ({})),
    });
  }

  segment(bytes: Uint8Array): Capability {
    const key = (this.next++).toString(16).padStart(16, '0') as Key;
    this.segments.set(key, bytes);
    return { ui: this.port.ui, key };
  }

  bytes(key: Key): Uint8Array {
    const bytes = this.segments.get(key);
    if (!bytes) throw new MapperFault(2);
    return bytes;
  }

  private enter<T>(name: string, work: () => T): T | Promise<T> {
    this.calls.push(name);
    const run = (): T => {
      if (this.broken !== 0) throw new MapperFault(this.broken);
      return work();
    };
    return this.gate ? this.gate.then(run) : run();
  }
}
