/**
 * An address space as its processes share it: the memory context, the landmarks that exec set, and the open
 * files that its regions show.
 */
import type { MemoryContext } from '../../../nucleus/memory/context.ts';
import { Access, USER_TOP } from '../../../nucleus/memory/site-memory.ts';
import type { VirtualMemory } from '../../../nucleus/memory/virtual-memory.ts';
import type { ObjectTable, OpenObject } from '../objects.ts';
import { FileMapping } from './mapping.ts';

export class Space {
  readonly vm: VirtualMemory;
  readonly context: MemoryContext;
  /** Processes that run in it: more than one between vfork and exec. */
  users = 1;
  brkStart = 0;
  brk = 0;
  /** mmap places downwards from here. */
  mapTop = 0;
  /** mlockall(MCL_FUTURE): what is mapped from now on stays in memory. */
  lockFuture = false;
  /** Code that a signal handler returns to. */
  trampoline = 0;
  /** Lowest address of the program's own segments. */
  startCode = 0;
  /** The auxiliary vector that the program started with: /proc/PID/auxv. */
  auxiliary: readonly number[] = [];
  private readonly objects: ObjectTable;
  /** One reference to each one's object. */
  private readonly mappings = new Set<FileMapping>();

  constructor(vm: VirtualMemory, context: MemoryContext, objects: ObjectTable) {
    this.vm = vm;
    this.context = context;
    this.objects = objects;
  }

  /** The mapping that regions of a file get; a new one takes a reference to the object. */
  mapping(
    object: OpenObject,
    how: Pick<FileMapping, 'dev' | 'ino' | 'shared' | 'maxProtection'>,
  ): FileMapping {
    for (const known of this.mappings) {
      const same = known.object === object && known.shared === how.shared;
      if (same && known.maxProtection === how.maxProtection) return known;
    }
    const mapping = new FileMapping(object, how);
    object.refs += 1;
    this.mappings.add(mapping);
    return mapping;
  }

  /** Whether regions may write to a file itself. */
  mayWriteTo(dev: number, ino: number): boolean {
    for (const mapping of this.mappings) {
      const writes = mapping.shared && (mapping.maxProtection & Access.write) !== 0;
      if (writes && mapping.dev === dev && mapping.ino === ino) return true;
    }
    return false;
  }

  /** Frees a range, and the files that no region shows any more. */
  free(va: number, bytes: number): void {
    const { context } = this;
    const files = context.regions.within(va, va + bytes).some(({ opaque }) => opaque instanceof FileMapping);
    this.vm.rgnFree(context, va, bytes);
    if (files) this.sweep();
  }

  /** Drops the objects of mappings that no region has. */
  sweep(): void {
    const shown = new Set<unknown>();
    for (const { opaque } of this.context.regions.all) shown.add(opaque);
    for (const mapping of this.mappings) if (!shown.has(mapping)) this.drop(mapping);
  }

  private drop(mapping: FileMapping): void {
    this.mappings.delete(mapping);
    void this.objects.drop(mapping.object);
  }

  /** A copy of the landmarks for a forked child, whose context has the same regions. */
  fork(context: MemoryContext): Space {
    const copy = new Space(this.vm, context, this.objects);
    copy.brkStart = this.brkStart;
    copy.brk = this.brk;
    copy.mapTop = this.mapTop;
    copy.trampoline = this.trampoline;
    copy.startCode = this.startCode;
    copy.auxiliary = this.auxiliary;
    for (const mapping of this.mappings) {
      mapping.object.refs += 1;
      copy.mappings.add(mapping);
    }
    return copy;
  }

  /** A process leaves it; with the last one everything goes. */
  leave(): void {
    this.users -= 1;
    if (this.users > 0) return;
    if (!this.context.deleted) this.vm.rgnFree(this.context, 0, USER_TOP);
    for (const mapping of this.mappings) this.drop(mapping);
  }
}
